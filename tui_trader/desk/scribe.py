"""Writes down what has happened: into the journal, or into the emergency log while the journal cannot take it."""

from collections.abc import Sequence

from tui_trader.core.records import Record
from tui_trader.core.words import Actor
from tui_trader.desk.parts import Parts
from tui_trader.journal.codec import encode
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.ports import Entry, Journal, JournalUnwritable, Row


async def note(parts: Parts, record: Record, *, actor: Actor = Actor.SYSTEM, correlation: str = "") -> Row:
    """Record a fact. It is news of what the exchange has done already, so a full disk must not stop what follows."""
    return (await note_all(parts, (record,), actor=actor, correlation=correlation))[0]


async def note_all(
    parts: Parts, records: Sequence[Record], *, actor: Actor = Actor.SYSTEM, correlation: str = ""
) -> tuple[Row, ...]:
    """The same of several facts in one transaction: all of them are durable, or none."""
    entries = [Entry(record=record, actor=actor, correlation=correlation) for record in records]
    try:
        return await parts.journal.append(*entries)
    except JournalUnwritable:
        return tuple(put_aside(parts, record, actor=actor, correlation=correlation) for record in records)


def put_aside(parts: Parts, record: Record, *, actor: Actor, correlation: str = "") -> Row:
    """Halt, and keep the record in the emergency log, which the next start imports.

    Ledger and trading state take it in at once: exits that go on without a journal must know what they have closed
    already. The row's hash is that of the line, so an order's id commits the log here too.
    """
    parts.switch.trip()
    line = parts.emergency.append({"kind": record.KIND, "actor": actor.value, "record": encode(record)})
    row = Row(
        seq=parts.journal.head.seq,
        time=parts.clock.now(),
        actor=actor,
        correlation=correlation,
        record=record,
        hash=line,
    )
    parts.ledger.apply(row)
    parts.state.apply(row)
    for fold in parts.aside:
        fold.apply(row)
    return row


async def note_to(journal: Journal, emergency: EmergencyLog, record: Record, *, actor: Actor = Actor.SYSTEM) -> bool:
    """The same without a desk; False when only the emergency log took it."""
    try:
        await journal.append(Entry(record=record, actor=actor))
    except JournalUnwritable:
        emergency.append({"kind": record.KIND, "actor": actor.value, "record": encode(record)})
        return False
    return True
