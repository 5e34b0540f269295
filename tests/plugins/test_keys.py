import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.forging import sample_pem
from tests.plugins.keys import once_each


def test_key_is_read_once() -> None:
    read = once_each(load_pem_private_key.__wrapped__)  # type: ignore[attr-defined]  # the plugin has wrapped it
    first = read(sample_pem("tool").encode(), None)
    assert read(sample_pem("tool").encode(), None) is first
    assert read(sample_pem("platform").encode(), None) is not first


def test_what_is_no_key_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="PEM"):
            load_pem_private_key(b"no key", None)
