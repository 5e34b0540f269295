"""A film whose end lies far behind its beginning, so that a browser has to ask for it by itself."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_HEAD: Final = 8
_PARENTS: Final = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def stretch(path: Path, gap: int) -> None:
    """Put `gap` bytes of nothing before the second key frame of an MP4 with one track in one chunk.

    The file has a hole there, so it takes no more room than before.
    """
    film = path.read_bytes()
    boxes = {name: place for name, place, _ in _boxes(film, 0, len(film))}
    first_of_second = _numbers(film, boxes[b"stss"])[1]
    sizes = _numbers(film, boxes[b"stsz"] + 4)
    (begin,) = _numbers(film, boxes[b"stco"])
    cut = begin + sum(sizes[: first_of_second - 1])
    # Two entries more in the tables below, so everything that follows them moves by this much.
    grown = 12 + 4
    runs = ((1, first_of_second - 1, 1), (2, len(sizes) - first_of_second + 1, 1))
    tables = {
        b"stsc": struct.pack(">IIII", 28 + 12, _word(b"stsc"), 0, 2)
        + b"".join(struct.pack(">III", *run) for run in runs),
        b"stco": struct.pack(">IIIIII", 20 + 4, _word(b"stco"), 0, 2, begin + grown, cut + grown + gap),
    }
    made, at = bytearray(), 0
    for name, place, size in _boxes(film, 0, len(film)):
        if name in tables:
            made += film[at:place] + tables[name]
            at = place + size
    made += film[at:cut]
    for name, place, size in _boxes(film, 0, len(film)):
        if name in _PARENTS:
            struct.pack_into(">I", made, place, size + grown)
    (length,) = struct.unpack_from(">I", film, boxes[b"mdat"])
    struct.pack_into(">I", made, boxes[b"mdat"] + grown, length + gap)
    with path.open("wb") as file:
        file.write(made)
        file.seek(gap, 1)
        file.write(film[cut:])


def _boxes(film: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, place, size) of each box, outer ones first."""
    while at < end:
        size, name = struct.unpack_from(">I4s", film, at)
        yield name, at, size
        if name in _PARENTS:
            yield from _boxes(film, at + _HEAD, at + size)
        at += size


def _numbers(film: bytes, place: int) -> tuple[int, ...]:
    """The numbers of a table whose count stands behind version and flags."""
    (count,) = struct.unpack_from(">I", film, place + 12)
    return struct.unpack_from(f">{count}I", film, place + 16)


def _word(name: bytes) -> int:
    return int.from_bytes(name, "big")
