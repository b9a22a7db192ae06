"""Weather at the exchange: for a while all is well, or requests, answers or news fail at random, from a seed."""

import random
from dataclasses import dataclass

from tests.fakes.exchange import EventFault, ReadFault, Script, WriteFault
from tui_trader.core.order import Fill
from tui_trader.exchange.ports import AccountEvent

_WRITES = (
    WriteFault.EXECUTED,
    WriteFault.LOST,
    WriteFault.DELAYED,
    WriteFault.HANGS,
    WriteFault.NOT_SENT,
    WriteFault.REFUSED,
    WriteFault.RAISES,
)
_READS = (ReadFault.UNAVAILABLE, ReadFault.HANGS)


@dataclass(frozen=True, slots=True)
class Weather:
    """How often orders and cancels, questions and news go wrong, as fractions."""

    name: str
    writes: float = 0.0
    reads: float = 0.0
    news: float = 0.0

    def script(self, chance: random.Random) -> Script:
        """The faults of this weather."""
        return Script(
            submit=lambda _: self._write(chance),
            cancel=lambda _: self._write(chance),
            read=lambda _: self._read(chance),
            event=lambda event: self._event(event, chance),
            delay=chance.uniform(0.1, 1.8),
        )

    def _write(self, chance: random.Random) -> WriteFault:
        return chance.choice(_WRITES) if chance.random() < self.writes else WriteFault.NONE

    def _read(self, chance: random.Random) -> ReadFault:
        return chance.choice(_READS) if chance.random() < self.reads else ReadFault.NONE

    def _event(self, event: AccountEvent, chance: random.Random) -> EventFault:
        """A fill is always followed by its order's report, so a late one is never withheld for long."""
        if chance.random() >= self.news:
            return EventFault.NONE
        faults = [EventFault.TWICE, EventFault.LOST_AND_SAID]
        if isinstance(event, Fill):
            faults.append(EventFault.LATE)
        return chance.choice(faults)


CALM = Weather("calm")
WEATHERS = (
    CALM,
    Weather("a bad line", writes=0.1, reads=0.1, news=0.1),
    Weather("storm", writes=0.5, reads=0.4, news=0.3),
    Weather("no answers to questions", reads=1.0),
    Weather("no orders", writes=1.0),
    Weather("a broken stream", news=0.7),
)
