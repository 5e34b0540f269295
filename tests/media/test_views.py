import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from werkzeug.test import TestResponse

from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.identity.actor import Carrier
from lti_tool.identity.models import Grant
from lti_tool.media.models import File, MediaReference
from lti_tool.media.rules import LIMITS
from lti_tool.media.storage import Storage
from tests.media import samples
from tests.school import ORIGIN, Person, School, SignedInClient


def send(client: SignedInClient, context_id: int, content: bytes, name: str = "a.bin", **headers: str) -> TestResponse:
    return client.post(
        "/media",
        data={"context": str(context_id), "file": (io.BytesIO(content), name)},
        headers={"Origin": ORIGIN, "Accept": "application/json", "X-CSRF-Token": client.csrf, **headers},
    )


def uploaded(school: School, content: bytes = samples.PNG, name: str = "a.png") -> dict[str, Any]:
    response = send(school.client(school.instructor), school.context_id, content, name)
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.get_json()
    return body


def test_an_instructor_uploads_and_members_of_the_course_see_it(school: School) -> None:
    body = uploaded(school, name="照片.exe")
    assert body | {"reference": "", "url": ""} == {
        "reference": "",
        "url": "",
        "name": "照片.png",
        "mime": "image/png",
        "size": len(samples.PNG),
        "width": 640,
        "height": 480,
    }
    assert body["url"] == f"/media/{body['reference']}"
    assert len(body["reference"]) == 22
    for person in (school.member, school.instructor):
        response = school.client(person).get(body["url"], buffered=True)
        assert (response.status_code, response.data, response.mimetype) == (200, samples.PNG, "image/png")


def test_WS_06_media_of_another_course_do_not_exist(school: School) -> None:
    url = uploaded(school)["url"]
    nowhere = f"/media/{'x' * 22}"
    for person in (*school.strangers, None):
        client = school.client(person)
        assert client.get(url, buffered=True).status_code == client.get(nowhere).status_code == 404


@pytest.mark.parametrize("path", ["/media/short", "/media/../etc/passwd", "/media/%2e%2e%2fx", "/media/" + "x" * 40])
def test_what_is_no_reference_does_not_exist(school: School, path: str) -> None:
    assert school.client(school.member).get(path).status_code == 404


def test_bytes_are_served_as_a_document_without_rights(school: School) -> None:
    response = school.client(school.member).get(uploaded(school)["url"], buffered=True)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "script-src" not in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "private, max-age=86400, immutable"
    response = school.client(school.member).get(uploaded(school, samples.PDF, "讲义.pdf")["url"], buffered=True)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.mimetype == "application/pdf"


def test_unchanged_bytes_are_not_sent_again(school: School) -> None:
    url = uploaded(school)["url"]
    client = school.client(school.member)
    etag = client.get(url, buffered=True).headers["ETag"]
    response = client.get(url, buffered=True, headers={"If-None-Match": etag})
    assert (response.status_code, response.data) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=0-99", 206, 0, 100),
        ("bytes=100-", 206, 100, None),
        ("bytes=-50", 206, -50, None),
        ("bytes=0-9999999", 206, 0, None),
        ("bytes=9999999-", 416, None, None),
        ("bytes=50-10", 200, 0, None),
        ("bytes=0-1,5-6", 200, 0, None),
        ("chapters=1-2", 200, 0, None),
    ],
)
def test_videos_are_sent_in_parts(school: School, asked: str, status: int, start: int | None, end: int | None) -> None:
    url = uploaded(school, samples.MP4, "a.mp4")["url"]
    response = school.client(school.member).get(url, buffered=True, headers={"Range": asked})
    assert response.status_code == status
    if status == 416:
        assert response.headers["Content-Range"] == f"bytes */{len(samples.MP4)}"
    else:
        assert response.data == samples.MP4[start:end]
        assert response.headers["Accept-Ranges"] == "bytes"


def test_only_authors_upload(school: School) -> None:
    for person in (school.member, school.assistant, *school.strangers):
        assert send(school.client(person), school.context_id, samples.PNG).status_code == 404
    with school.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(File)) == 0


def test_an_upload_needs_the_csrf_token(school: School) -> None:
    client = school.client(school.instructor)
    response = client.post(
        "/media",
        data={"context": str(school.context_id), "file": (io.BytesIO(samples.PNG), "a.png")},
        headers={"Origin": ORIGIN},
    )
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("content", "status"), [(samples.HTML, 400), (samples.SVG, 400), (b"", 400), (samples.VTT + b"x" * 1000, 413)]
)
def test_other_files_are_refused_with_a_sentence(
    school: School, monkeypatch: pytest.MonkeyPatch, content: bytes, status: int
) -> None:
    monkeypatch.setitem(LIMITS, "text/vtt", 1000)
    response = send(school.client(school.instructor), school.context_id, content, "a.png")
    assert response.status_code == status
    assert response.get_json()["message"]


@pytest.mark.parametrize("context", ["", "x", "99999999", "9" * 30, "-1"])
def test_an_upload_for_no_course_goes_nowhere(school: School, context: str) -> None:
    client = school.client(school.instructor)
    data = {"context": context, "file": (io.BytesIO(samples.PNG), "a.png")}
    response = client.post("/media", data=data, headers={"Origin": ORIGIN, "X-CSRF-Token": client.csrf})
    assert response.status_code == 404


def test_an_upload_without_a_file_says_so(school: School) -> None:
    client = school.client(school.instructor)
    response = client.post_form("/media", {"context": str(school.context_id)}, headers={"Accept": "application/json"})
    assert response.status_code == 400


def test_an_upload_without_javascript_shows_what_to_copy(school: School) -> None:
    client = school.client(school.instructor)
    response = client.post_form(
        "/media",
        {"context": str(school.context_id), "file": (io.BytesIO(samples.PNG + b"x" * 400_000), "a.png")},
        content_type="multipart/form-data",
    )
    assert response.status_code == 201
    assert "(/media/" in response.text


def test_large_bodies_are_only_read_for_those_who_may_send_them(school: School) -> None:
    body = {"context": str(school.context_id), "file": (io.BytesIO(samples.PNG + b"x" * 400_000), "a.png")}
    assert school.client(None).post("/media", data=body, headers={"Origin": ORIGIN}).status_code == 413


def test_the_same_bytes_have_one_reference_in_a_course_and_another_in_the_next(school: School) -> None:
    first, again = uploaded(school)["reference"], uploaded(school)["reference"]
    other = send(school.client(school.other_course_instructor), school.other_context_id, samples.PNG).get_json()
    foreign = send(school.client(school.other_tenant_instructor), school.foreign_context_id, samples.PNG).get_json()
    assert first == again
    assert len({first, other["reference"], foreign["reference"]}) == 3
    with school.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(File)) == 2
        assert session.scalar(select(func.count()).select_from(MediaReference)) == 3


def test_a_file_that_is_gone_from_the_disk_does_not_exist(school: School, runtime: Runtime) -> None:
    body = uploaded(school)
    with school.database.reading() as session:
        sha256 = session.scalars(select(File.sha256)).one()
    Storage(runtime.settings.data_dir).path(sha256).unlink()
    assert school.client(school.member).get(body["url"], buffered=True).status_code == 404


def tickets(school: School, person: Person, references: list[Any], carrier: Carrier = Carrier.bearer) -> TestResponse:
    return school.client(person, carrier=carrier).post_json("/media/tickets", {"references": references})


@pytest.mark.parametrize("carrier", list(Carrier))
def test_a_ticket_opens_its_reference_without_a_cookie(school: School, clock: FakeClock, carrier: Carrier) -> None:
    reference = uploaded(school)["reference"]
    url = tickets(school, school.member, [reference], carrier).get_json()["tickets"][reference]
    browser = school.client(None)
    response = browser.get(url, buffered=True)
    assert (response.status_code, response.data) == (200, samples.PNG)
    assert response.headers["Cache-Control"] == "private, max-age=600, immutable"
    clock.advance(timedelta(minutes=10))
    assert browser.get(url, buffered=True).status_code == 404


def test_a_ticket_opens_nothing_else(school: School) -> None:
    one, two = uploaded(school)["reference"], uploaded(school, samples.GIF, "b.gif")["reference"]
    url = tickets(school, school.member, [one]).get_json()["tickets"][one]
    assert school.client(None).get(url.replace(one, two)).status_code == 404
    assert school.client(school.member).get(f"/media/{one}?ticket=1.2.3").status_code == 404


def test_a_ticket_dies_with_its_grant(school: School) -> None:
    reference = uploaded(school)["reference"]
    url = tickets(school, school.member, [reference]).get_json()["tickets"][reference]
    with school.database.writing() as session:
        session.execute(delete(Grant).where(Grant.member_id == school.member.member_id))
    assert school.client(None).get(url, buffered=True).status_code == 404


def test_WS_06_strangers_get_no_tickets(school: School) -> None:
    reference = uploaded(school)["reference"]
    for person in school.strangers:
        assert tickets(school, person, [reference, "x" * 22, "../x"]).get_json()["tickets"] == {}


@pytest.mark.parametrize("body", [None, [], {}, {"references": "x"}, {"references": [1]}, {"references": ["x"] * 51}])
def test_ticket_requests_of_another_shape_are_refused(school: School, body: object) -> None:
    client = school.client(school.member, carrier=Carrier.bearer)
    assert client.post_json("/media/tickets", body).status_code == 400
