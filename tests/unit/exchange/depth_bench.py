"""The bench with an order book: snapshots, diffs and trades of others, told a second apart."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from tests.unit.exchange.bench import BTC, Bench, D, HandClock, instrument
from tui_trader.core.market import BookDiff, BookSnapshot, Level, MarketTrade
from tui_trader.core.money import plain
from tui_trader.core.order import Fill
from tui_trader.core.words import Side
from tui_trader.exchange.paper import DepthModel, Latency, PaperExchange, SelfTrade

Told = TypeVar("Told", BookSnapshot, BookDiff, MarketTrade)
Levels = dict[str, str]
"""Price to quantity."""

BIDS: Levels = {"100000": "2", "99999.9": "3", "99999": "5"}
ASKS: Levels = {"100000.1": "2", "100000.2": "3", "100001": "5"}


def levels(told: Levels) -> tuple[Level, ...]:
    return tuple((D(price), D(quantity)) for price, quantity in told.items())


@dataclass
class DepthBench(Bench):
    """A paper exchange that has heard a mark price of 100,000 and a book around it, unless `market` says less."""

    last_id: int = 0
    heard: list[BookSnapshot | BookDiff | MarketTrade] = field(default_factory=list)

    @classmethod
    def start(
        cls,
        path: Path | None = None,
        *,
        clock: HandClock | None = None,
        deposit: str = "1000000",
        depth: DepthModel | None = None,
        self_trade: SelfTrade = SelfTrade.EXPIRE_MAKER,
        latency: Latency | None = None,
        market: Literal["book", "mark", "none"] = "book",
    ) -> "DepthBench":
        clock = clock or HandClock()
        exchange = PaperExchange.open(
            path,
            {BTC: instrument()},
            clock,
            deposit=D(deposit),
            leverage=20,
            latency=latency or Latency(0.05),
            depth=depth or DepthModel(),
            self_trade=self_trade,
        )
        bench = cls(exchange, clock)
        if market != "none":
            bench.mark("100000")
        if market == "book":
            bench.snapshot()
        return bench

    async def again(self, path: Path, *, killed: bool) -> "DepthBench":
        """The exchange after a restart, or after a kill; the feed tells again what it had told before."""
        if killed:
            self.exchange._books._connection.close()
        else:
            await self.exchange.close()
        bench = DepthBench.start(path, clock=self.clock, market="none")
        bench.orders, bench.last_id = self.orders, self.last_id
        bench.heard = list(self.heard)
        for event in bench.heard:
            bench.exchange.on_market(event)
        return bench

    def snapshot(self, bids: Levels = BIDS, asks: Levels = ASKS) -> BookSnapshot:
        self.last_id += 1
        told = BookSnapshot(BTC, self.tick(), self.last_id, levels(bids), levels(asks))
        return self.hear(told)

    def diff(self, bids: Levels | None = None, asks: Levels | None = None, *, skipped: int = 0) -> BookDiff:
        """A change; `skipped` updates before it were never told."""
        before = self.last_id + skipped
        self.last_id = before + 1
        # The first diff after a snapshot spans it, as Binance has it; later ones name the end of the one before.
        told = BookDiff(BTC, self.tick(), before, self.last_id, before, levels(bids or {}), levels(asks or {}))
        return self.hear(told)

    def trade(self, price: str, quantity: str, *, maker: Side) -> MarketTrade:
        """A trade of others, in which `maker` rested."""
        return self.hear(MarketTrade(BTC, self.tick(), D(price), D(quantity), maker is Side.BUY))

    def hear(self, event: Told) -> Told:
        self.heard.append(event)
        self.exchange.on_market(event)
        return event

    async def fills(self) -> list[Fill]:
        """What has traded since one last asked."""
        return [event for event in await self.news() if isinstance(event, Fill)]


def parts(fills: list[Fill]) -> list[tuple[str, str]]:
    """Price and quantity of each."""
    return [(plain(fill.price), plain(fill.quantity)) for fill in fills]
