"""The observer: writes down what an agent that may not act would have done, and what would have become of it."""

import asyncio

from tui_trader.core.clock import later
from tui_trader.core.ids import typed_id
from tui_trader.core.order import Intent, TimeInForce
from tui_trader.core.records import EntryObserved
from tui_trader.core.words import Actor
from tui_trader.desk.parts import Parts
from tui_trader.journal.ports import Entry, JournalUnwritable
from tui_trader.risk.observed import HORIZON, marked
from tui_trader.risk.sizing import expected_entry_price

_LOOK_EVERY = 1.0
"""Seconds between two looks at the marks; a price that came and went in between is not seen."""


class Observer:
    """The one writer of observations. It has no way to an exchange and sends nothing."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._observed = asyncio.Event()

    async def run(self) -> None:
        """Mark to market, until cancelled; costs nothing while nothing is observed."""
        while True:
            if not self._parts.observed.watched:
                self._observed.clear()
                await self._observed.wait()
            await self.look()
            await self._parts.clock.sleep(_LOOK_EVERY)

    async def look(self) -> None:
        """One look at the mark of each observed entry; a stale one says nothing."""
        now, oldest = self._parts.clock.now(), self._parts.policy.current.risk.max_quote_age
        for watched in self._parts.observed.watched:
            view = self._parts.prices.of(watched.entry.intent.symbol)
            if view.mark is None or view.mark_age is None or view.mark_age > oldest:
                continue
            change = marked(watched, view.mark, now)
            if change is None:
                continue
            try:
                await self._parts.journal.append(Entry(record=change, actor=Actor.SYSTEM))
            except JournalUnwritable:
                return  # the engine halts on it; the next start goes on from what is written

    async def observe(self, intent: Intent) -> EntryObserved:
        """Write the entry down with the prices of this instant. Raises ValueError without them, JournalUnwritable."""
        view = self._parts.prices.of(intent.symbol)
        if view.mark is None or intent.price is None:
            raise ValueError("the entry's prices are not known")
        pays_now = intent.time_in_force is TimeInForce.IOC
        observed = EntryObserved(
            id=typed_id(self._parts.journal.head.hash + intent.symbol.encode(), self._parts.observed.ids),
            intent=intent,
            mark=view.mark,
            entry_price=expected_entry_price(intent.side, intent.price, view) if pays_now else None,
            fee_rate=self._parts.fees.taker,
            ends=later(self._parts.clock.now(), HORIZON),
        )
        await self._parts.journal.append(Entry(record=observed, actor=intent.actor, correlation=intent.correlation))
        self._observed.set()
        return observed
