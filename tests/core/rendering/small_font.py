"""A font of one sign, made here: what print does with rare characters is tested without a font of somebody else's."""

import struct
from pathlib import Path

UNITS, WIDTH, SIDE = 1000, 1000, 700
FAMILY = "Small Test Font"


def _square() -> bytes:
    """A filled square as a simple glyph (glyf: one contour of four points)."""
    head = struct.pack(">hhhhh", 1, 100, 0, 100 + SIDE, SIDE)
    xs, ys = (100, SIDE, 0, -SIDE), (0, 0, SIDE, 0)
    body = struct.pack(">HH", 3, 0) + bytes([1] * 4)
    return head + body + struct.pack(">4h", *xs) + struct.pack(">4h", *ys) + b"\0\0"


def _cmap(code: int) -> bytes:
    group = struct.pack(">LLL", code, code, 1)
    table = struct.pack(">HHLLL", 12, 0, 16 + len(group), 0, 1) + group
    return struct.pack(">HHHHL", 0, 1, 3, 10, 12) + table


def _name() -> bytes:
    texts = {1: FAMILY, 2: "Regular", 4: FAMILY, 6: FAMILY.replace(" ", "")}
    records, storage = b"", b""
    for number, text in texts.items():
        encoded = text.encode("utf-16-be")
        records += struct.pack(">6H", 3, 1, 0x409, number, len(encoded), len(storage))
        storage += encoded
    return struct.pack(">HHH", 0, len(texts), 6 + len(records)) + records + storage


def write_font(path: Path, sign: str) -> None:
    """Write a TrueType font whose only sign is ``sign``."""
    square = _square()
    glyphs = square + b"\0" * (-len(square) % 4)
    tables = {
        b"OS/2": struct.pack(
            ">HhHHHhhhhhhhhhhh10sLLLL4sHHHhhhHHLLhhHHH",
            4, WIDTH, 400, 5, 0, *[100] * 10, 0, b"\0" * 10, 0, 0, 0, 0, b"TEST", 64, 0xFFFF, 0xFFFF,
            800, -200, 0, 900, 200, 0, 0, 500, 700, 0, 32, 1,
        ),
        b"cmap": _cmap(ord(sign)),
        b"glyf": glyphs + glyphs,
        b"head": struct.pack(
            ">LLLLHHqqhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 3, UNITS, 0, 0, 100, 0, 800, 700, 0, 8, 2, 1, 0
        ),
        b"hhea": struct.pack(">LhhhH11hH", 0x10000, 800, -200, 0, WIDTH, 100, 100, 800, 1, *[0] * 7, 2),
        b"hmtx": struct.pack(">HhHh", WIDTH, 100, WIDTH, 100),
        b"loca": struct.pack(">LLL", 0, len(glyphs), 2 * len(glyphs)),
        b"maxp": struct.pack(">L14H", 0x10000, 2, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": _name(),
        b"post": struct.pack(">LLhhLLLLL", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }  # fmt: skip
    place, directory, body = 12 + 16 * len(tables), b"", b""
    for tag, table in sorted(tables.items()):
        directory += struct.pack(">4sLLL", tag, _checksum(table), place + len(body), len(table))
        body += table + b"\0" * (-len(table) % 4)
    path.write_bytes(struct.pack(">LHHHH", 0x10000, len(tables), 128, 3, 32) + directory + body)


def _checksum(table: bytes) -> int:
    padded = table + b"\0" * (-len(table) % 4)
    return sum(struct.unpack(f">{len(padded) // 4}L", padded)) & 0xFFFFFFFF
