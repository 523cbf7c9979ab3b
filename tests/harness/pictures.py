"""The smallest photos: real files, of any size, with or without what a telephone writes into them."""

import struct
import zlib


def png(width: int = 1, height: int = 1, told: bytes = b"") -> bytes:
    """A white PNG, with a text of where it was taken if there is one."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    text = chunk(b"tEXt", b"Comment\0" + told) if told else b""
    chunks = chunk(b"IHDR", head) + text + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def jpeg(width: int = 1, height: int = 1, told: bytes = b"") -> bytes:
    """A grey JPEG, with EXIF of where it was taken if there is any."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    exif = segment(0xE1, b"Exif\0\0" + told) if told else b""
    tables = segment(0xDB, bytes(65)) + segment(0xC4, bytes(1) + bytes(16))
    frame = segment(0xC0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0))
    scan = segment(0xDA, bytes((1, 1, 0, 0, 63, 0))) + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + exif + tables + frame + scan + b"\xff\xd9"
