"""Writes down what has happened: into the journal, or into the emergency log while the journal cannot take it."""

from tui_trader.core.records import Record
from tui_trader.core.words import Actor
from tui_trader.desk.parts import Parts
from tui_trader.journal.codec import encode
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.ports import Entry, Journal, JournalUnwritable


async def note(parts: Parts, record: Record, *, actor: Actor = Actor.SYSTEM) -> None:
    """Record a fact. It is news of what the exchange has done already, so a full disk must not stop what follows."""
    if not await note_to(parts.journal, parts.emergency, record, actor=actor):
        parts.switch.trip()


async def note_to(journal: Journal, emergency: EmergencyLog, record: Record, *, actor: Actor = Actor.SYSTEM) -> bool:
    """The same; False when only the emergency log took it."""
    try:
        await journal.append(Entry(record=record, actor=actor))
    except JournalUnwritable:
        emergency.append({"kind": record.KIND, "actor": actor.value, "record": encode(record)})
        return False
    return True
