"""Our trades by time, each under our id of its order; what was read once is not read again."""

from dataclasses import dataclass, field

from tui_trader.core.clock import DAY, Instant, later, to_milliseconds
from tui_trader.core.ids import PREFIX
from tui_trader.core.order import Fill
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.answers import AlgoAnswer, TradeAnswer, Unreadable
from tui_trader.exchange.binance.fees import Fees
from tui_trader.exchange.binance.governor import Urgency
from tui_trader.exchange.binance.names import Names
from tui_trader.exchange.binance.orders import fill_of
from tui_trader.exchange.binance.reading import Reader
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.ports import ExchangeUnavailable

_PAGE = 1000
"""Rows that Binance gives at most."""
_LONGEST_WINDOW = 6.9 * DAY
"""Seconds between start and end that one question may span: Binance allows seven days."""
_OLDEST = 89 * DAY
"""Seconds for which Binance keeps trades."""
_LAG = 60.0
"""Seconds by which a question reaches back before the last one: a trade may be listed late."""
_KEPT = 5_000
_VITAL = Urgency.VITAL


@dataclass(slots=True)
class _Read:
    """What of one symbol was read: all from `begins` to `ends`."""

    begins: Instant
    ends: Instant
    trades: dict[int, TradeAnswer] = field(default_factory=dict)


class Trades:
    """Reads userTrades, the one list in which price, fee and profit of a trade stand."""

    def __init__(self, session: Session, names: Names, reader: Reader, fees: Fees) -> None:
        """`reader` is asked for orders whose name is not known yet, `fees` for what a fee is worth."""
        self._rest = session.rest
        self._clock = session.clock
        self._names = names
        self._reader = reader
        self._fees = fees
        self._read: dict[Symbol, _Read] = {}

    async def since(self, symbol: Symbol, since: Instant) -> tuple[Fill, ...]:
        """Trades at or after `since`, oldest first. Raises ExchangeUnavailable."""
        now = self._clock.now()
        since = max(since, later(now, -_OLDEST))
        read = self._read.get(symbol)
        if read is None or since < read.begins:
            read = _Read(begins=since, ends=since)
        start = max(since, later(read.ends, -_LAG)) if read.trades or read.ends > read.begins else since
        for trade in await self._between(symbol, min(start, read.ends), now):
            read.trades[trade.id] = trade
        read.ends = max(read.ends, now)
        self._read[symbol] = _shortened(read)
        wanted = [read.trades[number] for number in sorted(read.trades)]
        first = to_milliseconds(since)
        await self._fees.learn(trade.commission_asset for trade in wanted if trade.time >= first)
        named = [(trade, await self._name_of(trade)) for trade in wanted if trade.time >= first]
        try:
            return tuple(fill_of(trade, name, self._fees) for trade, name in named)
        except Unreadable as error:
            raise ExchangeUnavailable(str(error)) from None

    async def _between(self, symbol: Symbol, start: Instant, now: Instant) -> list[TradeAnswer]:
        found: list[TradeAnswer] = []
        while True:
            end = later(start, _LONGEST_WINDOW)
            first, last = to_milliseconds(start), to_milliseconds(end)
            page = await self._page(symbol, startTime=str(first), endTime=str(last))
            found += page
            while len(page) == _PAGE:
                page = await self._page(symbol, fromId=str(page[-1].id + 1))
                found += page
            if end > now:
                return found
            start = end

    async def _page(self, symbol: Symbol, **window: str) -> tuple[TradeAnswer, ...]:
        kind = tuple[TradeAnswer, ...]
        return await self._rest.read(endpoints.TRADES, kind, urgency=_VITAL, symbol=symbol, limit=str(_PAGE), **window)

    async def _name_of(self, trade: TradeAnswer) -> ClientOrderId:
        """Our id of the order that traded: remembered, asked for, or found among the conditional ones."""
        if (known := self._names.of(trade.order_id)) is not None:
            return known
        symbol = Symbol(trade.symbol)
        order = await self._reader.order_by_number(symbol, trade.order_id)
        name = ClientOrderId(order.client_order_id if order else f"order-{trade.order_id}")
        if not name.startswith(PREFIX):
            kind = tuple[AlgoAnswer, ...]
            history = await self._rest.read(endpoints.ALGO_HISTORY, kind, urgency=_VITAL, symbol=symbol)
            name = next((ClientOrderId(a.client_algo_id) for a in history if a.child == trade.order_id), name)
        self._names.learn(trade.order_id, name)
        return name


def _shortened(read: _Read) -> _Read:
    """Without the oldest beyond `_KEPT`; it then begins after them."""
    for number in sorted(read.trades)[:-_KEPT]:
        read.begins = Instant(read.trades.pop(number).time * 1_000_000 + 1)
    return read
