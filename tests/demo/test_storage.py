"""Platform storage as the demo LMS announces it; the storing itself is shown in tests/browser/test_demo_storage.py."""

import pytest

from tests.demo.test_login import auth_request
from tests.lms_client import LmsDriver

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("kind", "target"), [("none", None), ("parent", "_parent"), ("frame", "lti_storage_frame"), ("silent", "_parent")]
)
def test_login_request_names_the_target_when_storage_is_on(lms: LmsDriver, kind: str, target: str | None) -> None:
    lms.storage(kind)
    assert lms.login_form("member1", "link-quiz").get("lti_storage_target") == target
    assert ("data-storage-frame" in lms.page("member1", "/courses/course-1").text) == (kind == "frame")
    assert (lms.page(None, "/storage-frame").status == 200) == (kind == "frame")


@pytest.mark.parametrize("is_repeated", [False, True])
def test_launch_form_repeats_the_target_when_asked_to(lms: LmsDriver, is_repeated: bool) -> None:
    lms.storage("frame", is_repeated=is_repeated)
    _, values = lms.authorize(auth_request(lms.login_form("member1", "link-quiz")).url)
    assert ("lti_storage_target" in values) is is_repeated


def test_unknown_kind_of_storage_is_refused(lms: LmsDriver) -> None:
    with pytest.raises(AssertionError, match="400"):
        lms.storage("cloud")
