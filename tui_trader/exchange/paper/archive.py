"""What the paper books keep for good: orders that have ended, trades, funding and transfers, by id and by time."""

from dataclasses import dataclass

from tui_trader.core.clock import Instant
from tui_trader.core.money import Money
from tui_trader.core.order import Fill
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.exchange.paper import rows
from tui_trader.exchange.paper.books import Books
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.state import DAWN

_EVER = Instant((1 << 63) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which rows are asked for: from an id on, created from `begin` to `end` inclusive, so many of them.

    With `newest` the last `limit` rows count, else the first; either way they come in rising order.
    """

    from_id: int = 0
    begin: Instant = DAWN
    end: Instant = _EVER
    limit: int = 500
    newest: bool = True

    @property
    def order(self) -> str:
        """The direction in which the limit cuts."""
        return "DESC" if self.newest else "ASC"


@dataclass(frozen=True, slots=True)
class Trade:
    """A fill and the order that it belongs to."""

    order_id: int
    fill: Fill


class Archive:
    """Reads of the books. Each may raise PaperBooksError."""

    def __init__(self, books: Books) -> None:
        """`books` stay the caller's."""
        self._books = books

    def order(self, symbol: Symbol, order_id: int) -> PaperOrder | None:
        """The order of this number, open or ended."""
        found = self._books.read("SELECT * FROM orders WHERE order_id = ? AND symbol = ?", (order_id, symbol))
        return rows.order_of(found[0]) if found else None

    def order_called(self, symbol: Symbol, client_order_id: ClientOrderId) -> PaperOrder | None:
        """The latest order of this id, open or ended."""
        return self._books.order(symbol, client_order_id)

    def orders(self, symbol: Symbol | None, window: Window) -> tuple[PaperOrder, ...]:
        """Orders by number; of all symbols without one."""
        found = self._books.read(
            "SELECT * FROM orders WHERE (?1 IS NULL OR symbol = ?1) AND order_id >= ?2 AND created BETWEEN ?3 AND ?4 "
            f"ORDER BY order_id {window.order} LIMIT ?5",
            (symbol, window.from_id, window.begin, window.end, window.limit),
        )
        return tuple(sorted((rows.order_of(row) for row in found), key=lambda order: order.order_id))

    def trades(self, symbol: Symbol | None, window: Window, order_id: int | None = None) -> tuple[Trade, ...]:
        """Trades by number; of one order, or of all."""
        found = self._books.read(
            "SELECT * FROM fills WHERE (?1 IS NULL OR symbol = ?1) AND (?6 IS NULL OR order_id = ?6) "
            f"AND trade_id >= ?2 AND time BETWEEN ?3 AND ?4 ORDER BY trade_id {window.order} LIMIT ?5",
            (symbol, window.from_id, window.begin, window.end, window.limit, order_id),
        )
        trades = [Trade(row["order_id"], rows.fill_of(row)) for row in found]
        return tuple(sorted(trades, key=lambda trade: int(trade.fill.trade_id)))

    def funding(self, since: Instant) -> tuple[FundingBooked, ...]:
        """Funding at or after `since`, oldest first."""
        return self._books.funding_since(since)

    def transfers(self, since: Instant) -> tuple[TransferBooked, ...]:
        """Transfers at or after `since`, oldest first."""
        found = self._books.read("SELECT * FROM transfers WHERE time >= ? ORDER BY time, id", (since,))
        return tuple(
            TransferBooked(id=row["id"], amount=Money(row["amount"]), time=Instant(row["time"])) for row in found
        )
