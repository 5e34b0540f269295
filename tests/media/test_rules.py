import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.media.rules import ENDINGS, LIMITS, Size, dimensions, is_too_large_a_picture, sniff
from tests.media import samples


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (samples.PNG, "image/png"),
        (samples.GIF, "image/gif"),
        (samples.JPEG, "image/jpeg"),
        (samples.WEBP, "image/webp"),
        (samples.MP4, "video/mp4"),
        (samples.M4A, "audio/mp4"),
        (samples.WEBM, "video/webm"),
        (samples.MP3, "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (samples.PDF, "application/pdf"),
        (samples.VTT, "text/vtt"),
        (b"\xef\xbb\xbfWEBVTT", "text/vtt"),
        (samples.HTML, None),
        (samples.SVG, None),
        (b"<?xml version='1.0'?><svg/>", None),
        (b"GIF89", None),
        (b"WEBVTTx", None),
        (b"%PDF-x", None),
        (b"\x00\x00\x00\x18ftypqt  ", None),
        (b"\x1aE\xdf\xa3\x9fB\x86matroska", None),
        (b"RIFF\x1a\x00\x00\x00WAVE", None),
        (b"PK\x03\x04", None),
        (b"\x7fELF", None),
        (b"MZ", None),
        (b"", None),
    ],
)
def test_kind_is_what_the_first_bytes_show(head: bytes, mime: str | None) -> None:
    assert sniff(head) == mime


def test_every_kind_has_a_limit_and_an_ending() -> None:
    assert set(LIMITS) == set(ENDINGS)


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (samples.PNG, Size(640, 480)),
        (samples.GIF, Size(3, 2)),
        (samples.JPEG, Size(30, 20)),
        (samples.WEBP, Size(100, 50)),
        (samples.WEBP_LOSSLESS, Size(100, 50)),
        (samples.WEBP_LOSSY, Size(100, 50)),
        (samples.PNG[:20], None),
        (samples.JPEG[:8], None),
        (samples.PDF, None),
    ],
)
def test_pixels_are_read_from_the_head(head: bytes, size: Size | None) -> None:
    assert dimensions(head, sniff(head) or "") == size


def test_pictures_that_would_fill_a_browser_s_memory_are_too_large() -> None:
    assert is_too_large_a_picture(Size(50_000, 50_000))
    assert not is_too_large_a_picture(Size(4000, 3000))
    assert not is_too_large_a_picture(None)


@given(st.binary(max_size=200), st.sampled_from(["", *LIMITS]), st.sampled_from([samples.JPEG, samples.WEBP, b""]))
def test_no_bytes_break_the_readers(tail: bytes, mime: str, head: bytes) -> None:
    sniff(head + tail)
    size = dimensions(head[:25] + tail, mime)
    assert size is None or (size.width > 0 and size.height > 0)


def test_a_loop_in_a_jpeg_ends() -> None:
    assert dimensions(b"\xff\xd8" + b"\xff\xe0" + struct.pack(">H", 0) * 1000, "image/jpeg") is None
