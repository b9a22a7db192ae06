"""The account's orders as Binance lists them afterwards: for comparing with the log. Reads only, sets nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tui_trader.core.clock import DAY, Instant, later, to_milliseconds
from tui_trader.core.words import Symbol
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.answers import AlgoAnswer, OrderAnswer, Unreadable
from tui_trader.exchange.binance.endpoints import Endpoint
from tui_trader.exchange.binance.governor import Urgency
from tui_trader.exchange.binance.orders import algo_report, order_report
from tui_trader.exchange.binance.rest import ReadFailed
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.ports import ExchangeUnavailable, Kept, OrderReport

_PAGE = 1000
"""Rows that Binance gives at most."""
_LONGEST_WINDOW = 6.9 * DAY
"""Seconds between start and end that one question may span: Binance allows seven days."""
_KEPT = Kept(traded=89 * DAY, unfilled=2.9 * DAY)
"""Binance says ninety and three days; what is about to go is not counted on."""
_PAUSE = 5.0
_PATIENCE = 130.0
"""Seconds for which a question that the exchange's limits hold back is tried again: two of their minutes."""

T = TypeVar("T")


class BinanceHistory:
    """One account's past orders. `opening.open_history` makes it."""

    def __init__(self, session: Session, account: str) -> None:
        """`session` stays the caller's."""
        self._rest = session.rest
        self._clock = session.clock
        self._account = account

    @property
    def account(self) -> str:
        """Mode and the account's own name at Binance."""
        return self._account

    @property
    def kept(self) -> Kept:
        """Three days without a trade, ninety with one."""
        return _KEPT

    async def orders_since(self, symbol: Symbol, since: Instant) -> tuple[OrderReport, ...]:
        """Orders made at or after `since`, as far as Binance lists them."""
        since = max(since, later(self._clock.now(), -_KEPT.traded))
        algos = await self._all(_ALGOS, symbol, since)
        orders = await self._all(_ORDERS, symbol, since)
        children = {algo.child for algo in algos}
        try:
            reports = [algo_report(algo) for algo in algos]
            reports += [order_report(order) for order in orders if order.order_id not in children]
        except Unreadable as error:
            raise ExchangeUnavailable(str(error)) from None
        return tuple(sorted(reports, key=lambda report: report.time))

    async def _all(self, listed: "_List[T]", symbol: Symbol, since: Instant) -> Sequence[T]:
        """Window after window."""
        found: dict[int, T] = {}
        start, now = since, self._clock.now()
        while start <= now:
            end = later(start, _LONGEST_WINDOW)
            for row in await self._between(listed, symbol, to_milliseconds(start), to_milliseconds(end)):
                found[listed.number(row)] = row
            start = end
        return tuple(found.values())

    async def _between(self, listed: "_List[T]", symbol: Symbol, first: int, last: int) -> Sequence[T]:
        """Rows of these milliseconds. A full page may lack either end of them: then each half is asked for."""
        page = await self._page(listed, symbol, startTime=str(first), endTime=str(last))
        if len(page) < _PAGE or first >= last:
            return page
        middle = (first + last) // 2
        earlier = await self._between(listed, symbol, first, middle)
        return (*earlier, *await self._between(listed, symbol, middle + 1, last))

    async def _page(self, listed: "_List[T]", symbol: Symbol, **asked: str) -> tuple[T, ...]:
        """One page; where the governor holds it back, later: an audit is in no hurry."""
        deadline = later(self._clock.now(), _PATIENCE)
        while True:
            try:
                return await self._rest.read(
                    listed.endpoint, listed.rows, urgency=Urgency.ROUTINE, symbol=symbol, limit=str(_PAGE), **asked
                )
            except ReadFailed:
                raise
            except ExchangeUnavailable:
                if self._clock.now() > deadline:
                    raise
                await self._clock.sleep(_PAUSE)


@dataclass(frozen=True, slots=True)
class _List(Generic[T]):
    """One of Binance's two lists, and what tells its rows apart."""

    endpoint: Endpoint
    rows: type[tuple[T, ...]]
    number: Callable[[T], int]


_ORDERS = _List(endpoints.ALL_ORDERS, tuple[OrderAnswer, ...], lambda order: order.order_id)
_ALGOS = _List(endpoints.ALGO_HISTORY, tuple[AlgoAnswer, ...], lambda algo: algo.algo_id)
