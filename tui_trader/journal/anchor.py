"""Heads that were written down elsewhere: what a log is compared with, because it cannot vouch for its own end.

An anchor is a line of JSON with `journal_entries` and `journal_head`: what the program writes to an anchor file, and
just as well any `status` or `summary` line that somebody kept.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tui_trader.core.records import JsonObject
from tui_trader.journal.layout import HASH_BYTES, StoredRow
from tui_trader.journal.ports import Head

_LONGEST_LINE = 1 << 20
"""Bytes. An anchor has two hundred, a status some thousands."""


class AnchorsUnusable(Exception):
    """The file holds no anchor, or something that is no line of JSON; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """Hashes of rows by their number, as somebody else kept them. `source` is how a person calls that place."""

    source: str
    heads: Mapping[int, frozenset[bytes]]

    @property
    def last(self) -> int:
        """The newest row that is anchored."""
        return max(self.heads, default=0)

    def contradict(self, row: StoredRow) -> bool:
        """Whether another row stood in this one's place when an anchor was made."""
        known = self.heads.get(row.seq)
        return known is not None and known != {row.hash}


def anchor_of(head: Head, time: str) -> JsonObject:
    """The line that anchors this head."""
    return {"event": "anchor", "time": time, "journal_entries": head.seq, "journal_head": head.hash.hex()}


def anchored_by(source: str, heads: Iterable[Head]) -> Anchors:
    """Anchors from heads."""
    found: dict[int, frozenset[bytes]] = {}
    for head in heads:
        if head.seq:
            found[head.seq] = found.get(head.seq, frozenset()) | {head.hash}
    return Anchors(source, found)


def read_anchors(path: Path) -> Anchors:
    """The anchors of a file, other lines of JSON passed over. Raises AnchorsUnusable."""
    heads: list[Head] = []
    number = 0
    try:
        with path.open("rb") as lines:
            while line := lines.readline(_LONGEST_LINE):
                number += 1
                head = _head(line)
                heads += [head] if head is not None else []
    except OSError as error:
        raise AnchorsUnusable(f"{path}: the anchors cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError):
        raise AnchorsUnusable(f"{path}, line {number}: this is no anchor, and no line of JSON.") from None
    if not heads:
        raise AnchorsUnusable(f"{path}: there is no anchor in it: no line has journal_entries and journal_head.")
    return anchored_by(str(path), heads)


def _head(line: bytes) -> Head | None:
    """What the line anchors; None for another line of JSON. Raises ValueError."""
    value = json.loads(line)
    if not isinstance(value, dict) or not {"journal_entries", "journal_head"} <= value.keys():
        return None
    seq, digest = value["journal_entries"], value["journal_head"]
    if not isinstance(seq, int) or isinstance(seq, bool) or seq < 0 or not isinstance(digest, str):
        raise ValueError("types")
    head = Head(seq, bytes.fromhex(digest))
    if len(head.hash) != HASH_BYTES:
        raise ValueError("length")
    return head
