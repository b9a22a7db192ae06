"""Journal rows by hand, for folds of the engine."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from tests.unit.engine.time import NOON
from tui_trader.core.clock import Instant, later
from tui_trader.core.ids import client_order_id
from tui_trader.core.order import Fill, Intent, OrderType, Protection, Purpose, TimeInForce
from tui_trader.core.records import EngineStarted, HomeOpened, Record
from tui_trader.core.words import Actor, Autonomy, ClientOrderId, Mode, Side, Symbol, TradeId
from tui_trader.journal.ports import Fold, Row

BTC = Symbol("BTCUSDT")
D = Decimal


@dataclass
class Log:
    """Feeds rows to folds, each a second after the one before."""

    folds: tuple[Fold, ...] = ()
    rows: list[Row] = field(default_factory=list)

    def write(self, record: Record, *, actor: Actor = Actor.SYSTEM, correlation: str = "") -> Row:
        """One row, seen by all folds."""
        number = len(self.rows) + 1
        row = Row(
            seq=number,
            time=later(NOON, number),
            actor=actor,
            correlation=correlation,
            record=record,
            hash=hashlib.sha256(str(number).encode()).digest(),
        )
        self.rows.append(row)
        for fold in self.folds:
            fold.apply(row)
        return row

    def write_all(self, records: Iterable[Record]) -> None:
        """Several."""
        for record in records:
            self.write(record)

    @property
    def last_order(self) -> ClientOrderId:
        """The id of the order whose intent is the last row."""
        return client_order_id(self.rows[-1].hash)


def opened() -> HomeOpened:
    """The first row of a paper home."""
    return HomeOpened(mode=Mode.PAPER, account="paper-1", version="0")


def started(feed: str = "synthetic", *, market_seed: int | None = 7, market_start: Instant = NOON) -> EngineStarted:
    """A run begins."""
    return EngineStarted(
        version="0",
        feed=feed,
        decider="rules",
        prompt="trader",
        prompt_hash="00",
        symbols=(BTC,),
        autonomy=Autonomy.AUTO,
        policy={},
        market_time=market_start,
        market_start=market_start,
        market_seed=market_seed,
    )


def entry(quantity: str = "0.02", *, price: str = "94000") -> Intent:
    """A protected entry of the agent."""
    return Intent(
        symbol=BTC,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=D(quantity),
        price=D(price),
        time_in_force=TimeInForce.IOC,
        purpose=Purpose.ENTRY,
        protection=Protection(stop_price=D(93_000), take_profit_price=D(96_000)),
        actor=Actor.AGENT,
        cycle=3,
    )


def fill(order: ClientOrderId, quantity: str = "0.02", *, price: str = "94000", trade: str = "1") -> Fill:
    """A purchase, with half a dollar of fees."""
    return Fill(
        client_order_id=order,
        trade_id=TradeId(trade),
        symbol=BTC,
        side=Side.BUY,
        quantity=D(quantity),
        price=D(price),
        fee=D("0.5"),
        maker=False,
        realised=D(0),
        time=NOON,
    )
