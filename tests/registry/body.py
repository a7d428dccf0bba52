"""Bytes of an answer, in pieces that are compressed once and sent many times.

A page of 1,000 records has 29 MB. Each record keeps its bytes and their deflated form, made with a full flush at the
end, so that pieces can be put together to one gzip stream without compressing anything again (RFC 1951, 1952).
"""

import struct
import zlib

GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
LAST_BLOCK = b"\x03\x00"
WORTH_KEEPING_BYTES = 512


class Piece:
    __slots__ = ("plain", "_deflated")

    def __init__(self, plain):
        self.plain = plain
        self._deflated = None

    @property
    def deflated(self):
        if self._deflated is None:
            compressor = zlib.compressobj(3, zlib.DEFLATED, -15)
            self._deflated = compressor.compress(self.plain) + compressor.flush(zlib.Z_FULL_FLUSH)
        return self._deflated


def join_plain(pieces):
    return b"".join(piece.plain for piece in pieces)


def gather(pieces):
    """Neighbours that are too small to be worth a block of their own become one piece."""
    small = []
    for piece in pieces:
        if len(piece.plain) < WORTH_KEEPING_BYTES:
            small.append(piece.plain)
            continue
        if small:
            yield Piece(b"".join(small))
            small = []
        yield piece
    if small:
        yield Piece(b"".join(small))


def join_gzip(pieces):
    crc = size = 0
    parts = [GZIP_HEADER]
    for piece in gather(pieces):
        crc = zlib.crc32(piece.plain, crc)
        size += len(piece.plain)
        parts.append(piece.deflated)
    parts += [LAST_BLOCK, struct.pack("<II", crc, size & 0xFFFFFFFF)]
    return b"".join(parts)


def gzip_bomb(mebibytes):
    """A JSON string of that many MiB, in a thousandth of it."""
    filling = Piece(b"A" * (1 << 20))
    return join_gzip([Piece(b'{"studies":["'), *[filling] * mebibytes, Piece(b'"]}')])
