"""Settings of the account that somebody changed: set back where nothing is held or open, else left to the operator."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Protocol, TypeAlias

from tui_trader.core.reconciliation import MODES, Difference, DifferenceKind
from tui_trader.core.words import Symbol
from tui_trader.desk.comparison import TheirSide
from tui_trader.desk.parts import REQUEST_TIMEOUT, Parts
from tui_trader.exchange.ports import Refused, Uncertain

_Request: TypeAlias = Callable[[], Awaitable[Refused | Uncertain | None]]


class Comparer(Protocol):
    """Whoever reads back what was set."""

    async def compare(self, *, at_start: bool = False) -> bool:
        """Compare with the exchange."""
        ...


def leverage_limits(parts: Parts) -> Mapping[Symbol, int]:
    """The most that each symbol's leverage may be set to: the policy's limit, or the exchange's where that is less."""
    most = parts.policy.current.risk.max_leverage
    return {symbol: min(most, instrument.max_leverage) for symbol, instrument in parts.instruments.items()}


class Restorer:
    """One attempt at a time; the next comparison starts another where it did not come about."""

    def __init__(self, parts: Parts, comparer: Comparer) -> None:
        self._parts = parts
        self._comparer = comparer
        self._running: asyncio.Task[None] | None = None

    def put_right(self, found: Iterable[Difference], theirs: TheirSide) -> None:
        """Begin to set back what may be set back without touching anything that is held or open."""
        requests = list(self._requests(tuple(found), theirs))
        if requests and (self._running is None or self._running.done()):
            self._running = self._parts.tasks.spawn("set back", self._set_back(requests))

    def _requests(self, found: tuple[Difference, ...], theirs: TheirSide) -> Iterator[_Request]:
        exchange, limits = self._parts.exchange, leverage_limits(self._parts)
        if any(each.kind in MODES for each in found) and theirs.is_empty():
            yield exchange.set_modes
        for symbol in (each.symbol for each in found if each.kind is DifferenceKind.LEVERAGE):
            if theirs.is_empty(symbol):
                yield partial(exchange.set_leverage, symbol, limits[symbol])

    async def _set_back(self, requests: list[_Request]) -> None:
        """Whatever the answers are, a comparison reads back how it is."""
        for request in requests:
            try:
                async with asyncio.timeout(REQUEST_TIMEOUT):
                    await request()
            except Exception:  # noqa: BLE001 - whatever a client raises, the comparison says how it is
                continue
        await self._comparer.compare()
