import io
from pathlib import Path

import pytest

from lti_tool.core.database import Database
from lti_tool.core.errors import Invalid, TooLarge
from lti_tool.media import rules
from lti_tool.media.services import file_name
from lti_tool.media.storage import Storage
from tests.media import samples


def test_bytes_lie_under_their_hash_once(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    first = storage.keep(io.BytesIO(samples.MP4))
    assert storage.keep(io.BytesIO(samples.MP4)) == first
    assert storage.path(first.sha256).read_bytes() == samples.MP4
    assert (first.size, first.mime, first.pixels) == (len(samples.MP4), "video/mp4", None)
    assert list((tmp_path / "media" / "incoming").iterdir()) == []


def test_more_than_the_head_is_kept(tmp_path: Path) -> None:
    content = samples.MP4 + b"x" * (3 * rules.MEGABYTE)
    blob = Storage(tmp_path).keep(io.BytesIO(content))
    assert Storage(tmp_path).path(blob.sha256).read_bytes() == content


@pytest.mark.parametrize("content", [samples.HTML, samples.SVG, b"", b"x"])
def test_other_kinds_are_refused_and_leave_nothing(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Invalid):
        Storage(tmp_path).keep(io.BytesIO(content))
    assert not (tmp_path / "media").exists()


def test_too_large_files_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        Storage(tmp_path).keep(io.BytesIO(samples.VTT + b"x" * rules.MEGABYTE))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_pictures_of_too_many_pixels_are_refused(tmp_path: Path) -> None:
    bomb = samples.PNG[:16] + b"\x00\x01\x00\x00" * 2 + samples.PNG[24:]
    with pytest.raises(TooLarge):
        Storage(tmp_path).keep(io.BytesIO(bomb))


def test_files_are_not_written_inside_a_transaction(tmp_path: Path, database: Database) -> None:
    with database.writing(), pytest.raises(RuntimeError):
        Storage(tmp_path).keep(io.BytesIO(samples.PNG))


@pytest.mark.parametrize(
    ("claimed", "mime", "name"),
    [
        ("照片.jpeg", "image/jpeg", "照片.jpg"),
        ("../../etc/passwd", "image/png", "passwd.png"),
        ("C:\\x\\a.exe", "application/pdf", "a.pdf"),
        ("a\u202egpj.exe", "image/png", "agpj.png"),
        ('"a"\r\nX: y.png', "image/png", 'a" X: y.png'),
        (".png", "image/png", "png.png"),
        ("", "text/vtt", "file.vtt"),
        ("x" * 300 + ".mp4", "video/mp4", "x" * 110 + ".mp4"),
    ],
)
def test_names_are_harmless_and_end_as_the_bytes_say(claimed: str, mime: str, name: str) -> None:
    assert file_name(claimed, mime) == name
