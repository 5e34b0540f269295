"""What may be uploaded, decided by the first bytes: names and declared types are claims."""

import struct
from dataclasses import dataclass
from typing import Final

MEGABYTE: Final = 1024 * 1024
HEAD: Final = 64 * 1024
"""Bytes that `sniff` and `dimensions` look at."""
MOST_PIXELS: Final = 50_000_000
"""A larger image would need more than 200 MB in the member's browser."""

LIMITS: Final = {
    "image/png": 10 * MEGABYTE,
    "image/jpeg": 10 * MEGABYTE,
    "image/webp": 10 * MEGABYTE,
    "image/gif": 10 * MEGABYTE,
    "audio/mpeg": 60 * MEGABYTE,
    "audio/mp4": 60 * MEGABYTE,
    "video/mp4": 300 * MEGABYTE,
    "video/webm": 300 * MEGABYTE,
    "application/pdf": 30 * MEGABYTE,
    "text/vtt": MEGABYTE,
}
LARGEST: Final = max(LIMITS.values())
ENDINGS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "application/pdf": "pdf",
    "text/vtt": "vtt",
}

_VIDEO_BRANDS: Final = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash"}
)
_AUDIO_BRANDS: Final = frozenset({b"M4A ", b"M4B "})
_MP3_FRAMES: Final = frozenset({b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2"})


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels of an image."""

    width: int
    height: int


def sniff(head: bytes) -> str | None:
    """Return the media type that the first bytes show, or None if it is not one that we keep. SVG and HTML never are."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:12] in _AUDIO_BRANDS else "video/mp4" if head[8:12] in _VIDEO_BRANDS else None
    if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:64]:
        return "video/webm"
    if head.startswith(b"ID3") or head[:2] in _MP3_FRAMES:
        return "audio/mpeg"
    if head.startswith((b"%PDF-1.", b"%PDF-2.")):
        return "application/pdf"
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text.startswith(b"WEBVTT") and (len(text) == 6 or text[6:7] in b" \t\r\n"):
        return "text/vtt"
    return None


def dimensions(head: bytes, mime: str) -> Size | None:
    """Read the pixels of an image from its head; None if they cannot be found there."""
    try:
        match mime:
            case "image/png":
                return _size(*struct.unpack(">II", head[16:24]))
            case "image/gif":
                return _size(*struct.unpack("<HH", head[6:10]))
            case "image/webp":
                return _webp(head)
            case "image/jpeg":
                return _jpeg(head)
            case _:
                return None
    except struct.error:
        return None


def is_too_large_a_picture(size: Size | None) -> bool:
    return size is not None and size.width * size.height > MOST_PIXELS


def _size(width: int, height: int) -> Size | None:
    return Size(width, height) if width > 0 and height > 0 else None


def _webp(head: bytes) -> Size | None:
    match head[12:16]:
        case b"VP8 ":
            width, height = struct.unpack("<HH", head[26:30])
            return _size(width & 0x3FFF, height & 0x3FFF)
        case b"VP8L":
            (bits,) = struct.unpack("<I", head[21:25])
            return _size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8X":
            low, high = struct.unpack("<IH", head[24:30])
            return _size((low & 0xFFFFFF) + 1, (low >> 24 | high << 8) + 1)
    return None


def _jpeg(head: bytes) -> Size | None:
    at = 2
    while at + 9 < len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        # A frame header: SOF0 to SOF15 without the three that are tables.
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return _size(width, height)
        at += 2 + int.from_bytes(head[at + 2 : at + 4], "big")
    return None
