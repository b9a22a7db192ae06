"""Journal rows for folds: each with a hash of its own, times in seconds from noon."""

import hashlib
from decimal import Decimal

from tests.unit.risk.scenes import BTC, NOW
from tui_trader.core.clock import Instant, later
from tui_trader.core.ids import client_order_id
from tui_trader.core.order import Fill, Intent
from tui_trader.core.records import EquityMarked, OrderFilled, OrderIntended, Record
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol, TradeId
from tui_trader.journal.ports import Fold, Row

D = Decimal


class Story:
    """Rows in the order in which they are told; `at` is seconds from noon of the scene's day."""

    def __init__(self) -> None:
        """Nothing happened yet."""
        self.rows: list[Row] = []

    def tell(self, record: Record, at: float = 0.0, actor: Actor = Actor.SYSTEM) -> Row:
        """Add a row."""
        seq = len(self.rows) + 1
        row = Row(
            seq=seq,
            time=later(NOW, at),
            actor=actor,
            correlation="",
            record=record,
            hash=hashlib.sha256(str(seq).encode()).digest(),
        )
        self.rows.append(row)
        return row

    def equity(self, equity: int | str, at: float = 0.0) -> None:
        """Equity is marked."""
        self.tell(EquityMarked(equity=D(equity), wallet=D(equity)), at)

    def intent(self, intent: Intent, at: float = 0.0) -> ClientOrderId:
        """An order is intended; its id."""
        return client_order_id(self.tell(OrderIntended(intent=intent), at, intent.actor).hash)

    def fill(
        self,
        order: ClientOrderId,
        side: Side,
        quantity: int | str,
        *,
        realised: int | str = 0,
        fee: int | str = 0,
        at: float = 0.0,
        trade: str = "",
        symbol: Symbol = BTC,
    ) -> None:
        """A trade of ours is booked."""
        fill = Fill(
            client_order_id=order,
            trade_id=TradeId(trade or f"t{len(self.rows)}"),
            symbol=symbol,
            side=side,
            quantity=D(quantity),
            price=D(100),
            fee=D(fee),
            maker=False,
            realised=D(realised),
            time=later(NOW, at),
        )
        self.tell(OrderFilled(fill=fill), at)

    def round_trip(self, net: int | str, at: float = 0.0) -> None:
        """A long of one is opened and closed by orders that nobody remembers."""
        self.fill(ClientOrderId("tt-a"), Side.BUY, 1, at=at)
        self.fill(ClientOrderId("tt-b"), Side.SELL, 1, realised=net, at=at)

    def into(self, fold: Fold) -> None:
        """Let the fold hear it all."""
        for row in self.rows:
            fold.apply(row)


def noon(seconds: float = 0.0) -> Instant:
    """So many seconds after noon."""
    return later(NOW, seconds)
