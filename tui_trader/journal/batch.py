"""What callers handed over, on its way to one transaction: rows with their places in the chain, and signatures."""

import asyncio
from dataclasses import dataclass

from tui_trader.core.chance import Chance
from tui_trader.core.records import Record
from tui_trader.core.words import Actor
from tui_trader.journal.canonical import canonical
from tui_trader.journal.codec import encode
from tui_trader.journal.layout import Draft, StoredRow, Tip, sealed
from tui_trader.journal.notary import Notary
from tui_trader.journal.ports import Row


@dataclass(frozen=True, slots=True)
class Handover:
    """What one caller handed over, and the future on which it waits."""

    drafts: tuple[tuple[Draft, Record], ...]
    written: "asyncio.Future[tuple[Row, ...]]"


class Batch:
    """What was handed over while it becomes rows: `groups` are the callers' own, `rows` these and the signatures."""

    def __init__(self, log: str, chance: Chance, tip: Tip) -> None:
        self.tip = tip
        self.stored: list[StoredRow] = []
        self.rows: list[Row] = []
        self.groups: list[tuple[Row, ...]] = []
        self._log = log
        self._chance = chance

    def take(self, handover: Handover, notary: Notary | None) -> None:
        """The rows of one caller, with a signature between them where no row may follow without one."""
        group: list[Row] = []
        for draft, record in handover.drafts:
            if notary is not None and notary.is_full(self.tip):
                self.sign(notary)
            group.append(self._add(draft, record))
        self.groups.append(tuple(group))

    def sign(self, notary: Notary) -> None:
        """A signature over all that is there."""
        place = self.tip.place(self._log, self.tip.time)
        record, key = notary.signature(self.tip, place)
        draft = Draft(
            time=place.time, kind=record.KIND, actor=Actor.SYSTEM, correlation="", body=canonical(encode(record))
        )
        self._add(draft, record, signed_by=key)

    def _add(self, draft: Draft, record: Record, *, signed_by: bytes | None = None) -> Row:
        salt = self._chance.salt(f"row:{self.tip.head.seq + 1}")
        stored, self.tip = sealed(self.tip, draft, log=self._log, salt=salt, signed_by=signed_by)
        row = Row(
            seq=stored.seq,
            time=self.tip.time,
            actor=draft.actor,
            correlation=draft.correlation,
            record=record,
            hash=stored.hash,
        )
        self.stored.append(stored)
        self.rows.append(row)
        return row
