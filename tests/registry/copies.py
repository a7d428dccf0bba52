"""Records in any number, each a copy of one of a few under an id of its own, with which it shares its bytes.

So a registry of 100,000 real-sized records fits into memory, and every record is compressed once for all its copies.
"""

import json

from body import Piece
from store import HOLDER_MARK, compact

ID_MARK = "\ue000nctId\ue000"


class Original:
    """A record's bytes, cut where its id and its versionHolder stand."""

    def __init__(self, record):
        record = json.loads(json.dumps(record))
        identification = record["protocolSection"]["identificationModule"]
        identification["nctId"] = ID_MARK
        identification.pop("nctIdAliases", None)
        record.setdefault("derivedSection", {}).setdefault("miscInfoModule", {})["versionHolder"] = HOLDER_MARK
        front, rest = compact(record).split(ID_MARK.encode(), 1)
        middle, back = rest.split(HOLDER_MARK.encode(), 1)
        self.front, self.middle, self.back = Piece(front), Piece(middle), Piece(back)


class Copy:
    """What the store and the API ask of a store.Version."""

    __slots__ = ("nct_id", "original")
    aliases = ()
    holder = None

    def __init__(self, nct_id, original):
        self.nct_id, self.original = nct_id, original

    @property
    def search(self):
        """Nothing is kept: what queries look at is made anew for each."""
        return {}

    def pieces(self, holder):
        original = self.original
        return [original.front, Piece(self.nct_id.encode()), original.middle, holder, original.back]

    def tree(self, holder):
        return json.loads(b"".join(piece.plain for piece in self.pieces(holder)))


def copy_id(number):
    return f"NCT{10_000_000 + number:08d}"


def make_copies(originals, count, first=0):
    return [Copy(copy_id(number), originals[number % len(originals)]) for number in range(first, first + count)]
