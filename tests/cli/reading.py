"""Reads a QR code as a phone does (ISO/IEC 18004): what is black in a picture, then what it says.

Written from the standard, not with the library that draws the codes. It reads what our links need:
one segment of bytes, versions 3 to 7, levels Q and H, nothing smudged.
"""

import re
import struct
import zlib

Modules = list[list[bool]]
"""Rows from the top; True is black. Without the quiet zone."""

BLOCKS = {
    (3, "Q"): (17, 17),
    (3, "H"): (13, 13),
    (4, "Q"): (24, 24),
    (4, "H"): (9, 9, 9, 9),
    (5, "Q"): (15, 15, 16, 16),
    (5, "H"): (11, 11, 12, 12),
    (6, "Q"): (19, 19, 19, 19),
    (6, "H"): (15, 15, 15, 15),
    (7, "Q"): (14, 14, 15, 15, 15, 15),
    (7, "H"): (13, 13, 13, 13, 14),
}
"""The data bytes of each block, by version and level."""

ALIGNMENT = {3: (6, 22), 4: (6, 26), 5: (6, 30), 6: (6, 34), 7: (6, 22, 38)}
LEVELS = {0b01: "L", 0b00: "M", 0b11: "Q", 0b10: "H"}
MASKS = (
    lambda r, c: (r + c) % 2,
    lambda r, c: r % 2,
    lambda r, c: c % 3,
    lambda r, c: (r + c) % 3,
    lambda r, c: (r // 2 + c // 3) % 2,
    lambda r, c: r * c % 2 + r * c % 3,
    lambda r, c: (r * c % 2 + r * c % 3) % 2,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2,
)
BYTES = 0b0100
QUIET_ZONE = 4
UP = 2
"""A line of a PNG that is told by its difference from the one above."""


def of_png(picture: bytes) -> Modules:
    """The modules of a PNG of black and white pixels, one bit each."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        chunks[picture[at + 4 : at + 8]] = picture[at + 8 : at + 8 + length]
        at += 12 + length
    width, height, depth, colours = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (width, depth, colours) == (height, 1, 0)  # square, one bit, greyscale
    data, line = zlib.decompress(chunks[b"IDAT"]), 1 + (width + 7) // 8
    lines = [bytes(line - 1)]
    for n in range(height):
        filtered, *own = data[n * line : (n + 1) * line]
        assert filtered in {0, UP}
        above = lines[-1] if filtered == UP else bytes(line - 1)
        lines.append(bytes((a + b) % 256 for a, b in zip(above, own, strict=True)))
    pixels = [[not each[x // 8] >> (7 - x % 8) & 1 for x in range(width)] for each in lines[1:]]
    edge = next(n for n in range(width) if pixels[n][n])
    assert edge % QUIET_ZONE == 0
    return _inside([row[:: edge // QUIET_ZONE] for row in pixels[:: edge // QUIET_ZONE]])


def of_svg(drawing: str) -> Modules:
    """The modules of an SVG that draws each run of black ones as a line, one unit high."""
    (path,) = re.findall(r'<path stroke="#000" d="([^"]+)"', drawing)
    ((width, height),) = re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawing)
    assert width == height
    black, x, y = set(), 0.0, 0.0
    for command, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?:[ ,]?(-?[\d.]+))?", path):
        if command == "h":
            black |= {(int(y), int(x) + n) for n in range(int(first))}
            x += float(first)
        elif command == "m":
            x, y = x + float(first), y + float(second)
        else:
            x, y = float(first), float(second)
    size = range(int(width))
    return _inside([[(row, column) in black for column in size] for row in size])


def _inside(modules: Modules) -> Modules:
    """Without the quiet zone, which must be white."""
    inner = slice(QUIET_ZONE, -QUIET_ZONE)
    outside = modules[:QUIET_ZONE] + modules[-QUIET_ZONE:]
    outside += [row[:QUIET_ZONE] + row[-QUIET_ZONE:] for row in modules]
    assert not any(any(row) for row in outside), "the quiet zone is not white"
    return [row[inner] for row in modules[inner]]


def read(modules: Modules) -> str:
    """What the code says."""
    size = len(modules)
    version = (size - 17) // 4
    level, mask = format_of(modules)
    bits = [
        modules[row][column] ^ (MASKS[mask](row, column) == 0) for row, column in _path(version)
    ]
    codewords = [_number(bits[n : n + 8]) for n in range(0, len(bits) - 7, 8)]
    data = _in_order(codewords, BLOCKS[version, level])
    stream = [bool(byte >> (7 - n) & 1) for byte in data for n in range(8)]
    assert _number(stream[:4]) == BYTES
    length = _number(stream[4:12])
    text = (_number(stream[12 + 8 * n : 20 + 8 * n]) for n in range(length))
    return bytes(text).decode("ascii")


def format_of(modules: Modules) -> tuple[str, int]:
    """The level of correction and the number of the mask, beside the finder at the top left."""
    places = [(8, column) for column in (0, 1, 2, 3, 4)]
    found = _number([modules[row][column] for row, column in places]) ^ 0b10101
    return LEVELS[found >> 3], found & 0b111


def _path(version: int) -> list[tuple[int, int]]:
    """Where the bits of the codewords lie, in their order: up and down in pairs of columns."""
    size = 17 + 4 * version
    reserved = _reserved(version, size)
    found, upwards = [], True
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        rows = range(size - 1, -1, -1) if upwards else range(size)
        found += [(row, column) for row in rows for column in (right, right - 1)]
        upwards = not upwards
    return [place for place in found if place not in reserved]


def _reserved(version: int, size: int) -> set[tuple[int, int]]:
    """Finders with their formats, timing, alignment, and from 7 on the version."""

    def block(row: int, column: int, height: int, width: int) -> set[tuple[int, int]]:
        return {(row + r, column + c) for r in range(height) for c in range(width)}

    found = block(0, 0, 9, 9) | block(0, size - 8, 9, 8) | block(size - 8, 0, 8, 9)
    found |= block(6, 0, 1, size) | block(0, 6, size, 1)
    first, last = ALIGNMENT[version][0], ALIGNMENT[version][-1]
    for row in ALIGNMENT[version]:
        for column in ALIGNMENT[version]:
            if (row, column) not in {(first, first), (first, last), (last, first)}:
                found |= block(row - 2, column - 2, 5, 5)
    if version >= 7:
        found |= block(0, size - 11, 6, 3) | block(size - 11, 0, 3, 6)
    return found


def _in_order(codewords: list[int], blocks: tuple[int, ...]) -> list[int]:
    """The data of the blocks one after the other: they lie interleaved, the longer ones last."""
    taken: list[list[int]] = [[] for _ in blocks]
    rest = iter(codewords)
    for n in range(max(blocks)):
        for block, length in zip(taken, blocks, strict=True):
            if n < length:
                block.append(next(rest))
    return [byte for block in taken for byte in block]


def _number(bits: list[bool]) -> int:
    return int("".join(str(int(bit)) for bit in bits), 2)
