"""The positions pane: what is held with what protects it, and below (or beside) it the orders that work."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from tui_trader.core.order import Order, OrderType
from tui_trader.core.words import Symbol
from tui_trader.engine import views
from tui_trader.engine.views import OrdersView, PositionsView, PositionView, QuotesView
from tui_trader.tui.panes.pane import Pane, Source
from tui_trader.tui.widgets.format import MISSING, arrow, number, percent
from tui_trader.tui.widgets.grid_layout import Cell, Column, GridRow
from tui_trader.tui.widgets.live_grid import LiveGrid
from tui_trader.tui.widgets.text import Align
from tui_trader.tui.widgets.tone import Tone, tone_of

_RIGHT = Align.RIGHT
POSITION_COLUMNS = (
    Column(title="Symbol", width=8),
    Column(title="Held", width=7, align=_RIGHT),
    Column(title="Entry", width=9, align=_RIGHT),
    Column(title="Mark", width=9, align=_RIGHT),
    Column(title="P&L", width=9, align=_RIGHT),
    Column(title="Stop", width=9, align=_RIGHT),
    Column(title="Target", width=9, align=_RIGHT, priority=1),
    Column(title="Liq.", width=9, align=_RIGHT),
    Column(title="Move", width=7, align=_RIGHT, priority=2),
    Column(title="Lev", width=3, align=_RIGHT, priority=3),
)
ORDER_COLUMNS = (
    Column(title="Orders", width=8),
    Column(title="Side", width=4),
    Column(title="For", width=6),
    Column(title="Quantity", width=8, align=_RIGHT),
    Column(title="At", width=9, align=_RIGHT),
    Column(title="Filled", width=6, align=_RIGHT, priority=1),
    Column(title="Status", width=16),
    Column(title="By", width=8, priority=2),
    Column(title="Id", width=25, priority=4, stretches=True),
)
_PURPOSES = {"take_profit": "target"}


class PositionsPane(Pane):
    """Twice a second."""

    KEYS: ClassVar = (views.POSITIONS, views.ORDERS, views.MARKET)
    EVERY: ClassVar = 0.5

    def __init__(self, source: Source) -> None:
        super().__init__(source, name="positions", key="2")
        self._positions = LiveGrid(POSITION_COLUMNS, empty="flat", glyphs=source.glyphs, id="held")
        self._orders = LiveGrid(ORDER_COLUMNS, empty="no working orders", glyphs=source.glyphs, id="orders")

    def compose(self) -> ComposeResult:
        """Positions first."""
        yield self._positions
        yield self._orders

    @property
    def reader(self) -> Widget:
        """The positions."""
        return self._positions

    def draw(self) -> None:
        """Both grids."""
        held, orders = self.view(views.POSITIONS, PositionsView), self.view(views.ORDERS, OrdersView)
        quotes = self.view(views.MARKET, QuotesView)
        places = {quote.symbol: quote.decimals for quote in quotes.rows} if quotes else {}
        stale = {quote.symbol for quote in quotes.rows if quote.stale} if quotes else set()
        if held is not None:
            self._positions.styles.height = max(2, len(held.rows) + 1)
            self._positions.show(
                position_row(row, places, is_old=row.symbol in stale or not self.is_fresh) for row in held.rows
            )
        if orders is not None:
            self._orders.show(order_row(row, places) for row in orders.rows)
        self.note(_counted(held, orders))


def _counted(held: PositionsView | None, orders: OrdersView | None) -> str:
    if held is None or orders is None:
        return ""
    return f"{len(held.rows)} held, {len(orders.rows)} working"


def position_row(row: PositionView, places: Mapping[Symbol, int], *, is_old: bool) -> GridRow:
    """One position. Figures that follow the market are dim where it is old."""
    decimals = places.get(row.symbol)
    gain = Tone.DIM if is_old else tone_of(row.unrealised)
    move = _move(row)
    return GridRow(
        row.symbol,
        (
            Cell(row.symbol, Tone.STRONG),
            Cell(number(row.quantity, signed=True), Tone.UP if row.quantity > 0 else Tone.DOWN),
            Cell(number(row.entry_price, decimals)),
            Cell(number(row.mark_price, decimals), Tone.DIM if is_old else Tone.PLAIN),
            Cell(number(row.unrealised, 2, signed=True), gain),
            _protection(row.stop_price, decimals),
            Cell(number(row.take_profit_price, decimals)),
            Cell(number(row.liquidation_price, decimals)),
            Cell(f"{arrow(move)}{percent(move, signed=False)}" if move is not None else MISSING, gain),
            Cell(f"{row.leverage}x", Tone.DIM),
        ),
    )


def _protection(stop: Decimal | None, decimals: int | None) -> Cell:
    """A position without a stop is named so: a dash would be read as detail."""
    return Cell("NO STOP", Tone.DANGER) if stop is None else Cell(number(stop, decimals))


def _move(row: PositionView) -> Decimal | None:
    """How far the mark is from the entry, in the position's favour; a fraction."""
    if row.mark_price is None or not row.entry_price:
        return None
    way = 1 if row.quantity > 0 else -1
    return (row.mark_price / row.entry_price - 1) * way


def order_row(order: Order, places: Mapping[Symbol, int]) -> GridRow:
    """One working order; an order whose fate is not known stands out."""
    intent, decimals = order.intent, places.get(order.intent.symbol)
    price = intent.price if intent.price is not None else intent.stop_price
    purpose = _PURPOSES.get(intent.purpose.value, intent.purpose.value)
    is_unknown = order.status.value == "UNKNOWN"
    return GridRow(
        order.client_order_id,
        (
            Cell(intent.symbol),
            Cell(intent.side.value, Tone.BID if intent.side.sign > 0 else Tone.ASK),
            Cell(purpose),
            Cell("all" if intent.close_position else number(intent.quantity)),
            Cell("market" if intent.type is OrderType.MARKET else number(price, decimals)),
            Cell(number(order.filled) if order.filled else MISSING, Tone.DIM),
            Cell(order.status.value, Tone.DANGER if is_unknown else Tone.PLAIN),
            Cell(intent.actor.value, Tone.DIM),
            Cell(order.client_order_id, Tone.DIM),
        ),
    )
