"""The log as JSON lines, for whoever has no database at hand, and the check of such a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tui_trader.core.records import JsonValue
from tui_trader.journal.canonical import canonical, parse
from tui_trader.journal.layout import BrokenLink, StoredRow, Tip
from tui_trader.journal.ports import Head
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.verify import Broken, Verdict, Verified, follow

_LONGEST_LINE = 64 * 1024 * 1024
"""Bytes. No row is near it; it bounds what a hostile file can make the checker hold."""


def export(reader: JournalReader, to: BinaryIO, *, since: int = 1) -> int:
    """Write one object a row, `{"body","hash","leaf","salt"}`, in order; how many.

    Leaf and body are the very JSON text that was hashed, salt and hash hexadecimal, so that any tool can follow the
    chain. Raises JournalCorrupt, OSError, and ValueError for a row that is not text (then the log does not verify).
    """
    count = 0
    for row in reader.stored(since):
        to.write(
            canonical(
                {
                    "leaf": row.leaf.decode(),
                    "salt": row.salt.hex(),
                    "body": row.body.decode(),
                    "hash": row.hash.hex(),
                }
            )
            + b"\n"
        )
        count += 1
    return count


def verify_export(path: Path, head: Head | None = None) -> Verdict:
    """Check a whole export, from row one on; against `head`, too, if one is known. Never raises."""
    try:
        with path.open("rb") as lines:
            tip = follow(_stored(lines), head)
    except OSError as error:
        return Broken(0, f"{path} cannot be read ({error.strerror})")
    return tip if isinstance(tip, Broken) else _reaches(tip, head)


def _reaches(tip: Tip, head: Head | None) -> Verdict:
    last = tip.head.seq
    if head is not None and head.seq > last:
        return Broken(last + 1, f"the export ends here, though the head is row {head.seq}")
    return Verified(tip.log, tip.head, tip.time, 0 if head is None else last - head.seq, tip.trust)


def _stored(lines: BinaryIO) -> Iterator[StoredRow]:
    """Rows numbered by their place in the file; the header must agree."""
    number = 0
    while line := lines.readline(_LONGEST_LINE):
        number += 1
        yield _row(number, line)


def _row(number: int, line: bytes) -> StoredRow:
    if not line.endswith(b"\n"):
        raise BrokenLink("the line is cut off")
    try:
        texts = _texts(parse(line))
        row = StoredRow(
            number,
            texts["leaf"].encode(),
            bytes.fromhex(texts["salt"]),
            texts["body"].encode(),
            bytes.fromhex(texts["hash"]),
        )
    except (ValueError, KeyError):
        raise BrokenLink("the line is not what an export writes") from None
    return row


def _texts(value: JsonValue) -> dict[str, str]:
    """The four fields of a line. Raises ValueError where there are others."""
    texts = {key: text for key, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}
    if value != texts or texts.keys() != {"leaf", "salt", "body", "hash"}:
        raise ValueError("other fields")
    return texts
