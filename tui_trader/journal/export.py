"""The log as JSON lines, for whoever has no database at hand, and the check of such a file."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from tui_trader.core.records import JsonValue
from tui_trader.journal.anchor import Anchors
from tui_trader.journal.canonical import canonical, parse
from tui_trader.journal.layout import WITHHELD, BrokenLink, StoredRow, header_of
from tui_trader.journal.ports import Head
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.signing import SIGNATURES
from tui_trader.journal.verify import Broken, Verdict, Verified, follow, signed_as_it_must_be

_LONGEST_LINE = 64 * 1024 * 1024
"""Bytes. No row is near it; it bounds what a hostile file can make the checker hold."""


def export(reader: JournalReader, to: BinaryIO, *, since: int = 1, withheld: Collection[str] = ()) -> int:
    """Write one object a row, `{"body","hash","leaf","salt"}`, in order; how many.

    Leaf and body are the very JSON text that was hashed, salt and hash hexadecimal, so that any tool can follow the
    chain. Rows of the `withheld` kinds come without body and salt: the chain holds, and without the salt nobody can
    guess a short body from its hash. Raises JournalCorrupt, OSError, and ValueError for a row that is not text (then
    the log does not verify) and for withholding a signature.
    """
    if SIGNATURES & set(withheld):
        raise ValueError("Signatures cannot be left out: the export would prove nothing.")
    count = 0
    for row in reader.stored(since):
        line = {"leaf": row.leaf.decode(), "hash": row.hash.hex()}
        if not withheld or header_of(row.leaf).kind not in withheld:
            line |= {"salt": row.salt.hex(), "body": row.body.decode()}
        to.write(canonical(line) + b"\n")
        count += 1
    return count


def verify_export(
    path: Path, head: Head | None = None, *, public_key: bytes | None = None, anchors: Anchors | None = None
) -> Verdict:
    """Check a whole export, from row one on; against `head`, key and anchors, too, where they are known.

    Never raises.
    """
    try:
        with path.open("rb") as file:
            lines = _Lines(file)
            tip = follow(lines, head, anchors=anchors, may_withhold=True)
    except OSError as error:
        return Broken(0, f"{path} cannot be read ({error.strerror})")
    if isinstance(tip, Broken):
        return tip
    last = tip.head.seq
    if head is not None and head.seq > last:
        return Broken(last + 1, f"the export ends here, though the head is row {head.seq}")
    behind = 0 if head is None else last - head.seq
    return signed_as_it_must_be(Verified(tip.log, tip.head, tip.time, behind, tip.trust, lines.withheld), public_key)


class _Lines:
    """Rows numbered by their place in the file; the header must agree. Counts those without a body."""

    def __init__(self, file: BinaryIO) -> None:
        self.withheld = 0
        self._file = file

    def __iter__(self) -> Iterator[StoredRow]:
        """Raises BrokenLink for a line that no export writes."""
        number = 0
        while line := self._file.readline(_LONGEST_LINE):
            number += 1
            row = _row(number, line)
            self.withheld += (row.salt, row.body) == WITHHELD
            yield row


def _row(number: int, line: bytes) -> StoredRow:
    if not line.endswith(b"\n"):
        raise BrokenLink("the line is cut off")
    try:
        texts = _texts(parse(line))
        salt, body = WITHHELD if "body" not in texts else (bytes.fromhex(texts["salt"]), texts["body"].encode())
        row = StoredRow(number, texts["leaf"].encode(), salt, body, bytes.fromhex(texts["hash"]))
    except (ValueError, KeyError):
        raise BrokenLink("the line is not what an export writes") from None
    return row


def _texts(value: JsonValue) -> dict[str, str]:
    """The four fields of a line, or the two of one whose body is withheld. Raises ValueError where there are others."""
    texts = {key: text for key, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}
    if value != texts or texts.keys() not in ({"leaf", "salt", "body", "hash"}, {"leaf", "hash"}):
        raise ValueError("other fields")
    return texts
