"""What has been told already: trades and bookings, known again when they are told twice."""

from collections.abc import Container

from tui_trader.core.clock import Instant
from tui_trader.core.order import Fill
from tui_trader.core.recent import Recent
from tui_trader.core.words import ClientOrderId, Symbol, TradeId

_KEPT_TRADES = 10_000
"""Trades that are known again when they are told twice. Beside those of known orders, what is asked for reaches back a
minute or to the last trade before a stop; at the shipped policy's pace ten thousand are weeks."""
_KEPT_BOOKINGS = 10_000
"""Fundings and transfers: with three fundings a day and ten symbols, a year. They are asked for from the last one."""


class Told:
    """Trades by symbol and id, bookings by id, and when each symbol last traded."""

    def __init__(self) -> None:
        self._trades: dict[tuple[Symbol, TradeId], ClientOrderId] = {}
        self._bookings: Recent[str] = Recent(_KEPT_BOOKINGS)
        self._last_fills: dict[Symbol, Instant] = {}
        self.last_fill: Instant | None = None

    def knows_trade(self, symbol: Symbol, trade_id: TradeId) -> bool:
        """Whether this trade was told."""
        return (symbol, trade_id) in self._trades

    def knows_booking(self, booking: str) -> bool:
        """Whether this funding or transfer was told."""
        return booking in self._bookings

    def last_fill_of(self, symbol: Symbol) -> Instant | None:
        """The time of the symbol's last trade."""
        return self._last_fills.get(symbol)

    def trade(self, fill: Fill, known: Container[ClientOrderId]) -> None:
        """A trade that is new. Of too many the oldest goes, but none of a `known` order.

        The fills of a known order are asked for from its beginning.
        """
        self._trades[fill.symbol, fill.trade_id] = fill.client_order_id
        self.last_fill = max(fill.time, self.last_fill or fill.time)
        self._last_fills[fill.symbol] = max(fill.time, self._last_fills.get(fill.symbol, fill.time))
        if len(self._trades) > _KEPT_TRADES:
            old = next((key for key, order_id in self._trades.items() if order_id not in known), None)
            if old is not None:
                del self._trades[old]

    def booking(self, booking: str) -> None:
        """A funding or transfer that is new."""
        self._bookings.add(booking)
