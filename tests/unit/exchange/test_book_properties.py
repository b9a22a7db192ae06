"""What holds on the order book, whatever is ordered, told, lost and killed: nothing that was not there, or too soon."""

import shutil
import tempfile
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.exchange.bench import BTC, DAYBREAK, Bench, D, HandClock, done, instrument
from tests.unit.exchange.test_properties import Ledger
from tui_trader.core.clock import Instant
from tui_trader.core.market import BookDiff, BookSnapshot, Level, MarketEvent, MarketTrade, MarkPrice, Quote
from tui_trader.core.money import ZERO
from tui_trader.core.order import Fill, Intent, OrderStatus, OrderType, Purpose, TimeInForce
from tui_trader.core.words import Actor, ClientOrderId, Side
from tui_trader.exchange.paper import Latency, PaperExchange
from tui_trader.exchange.ports import Accepted, AccountEvent, OrderReport

BUY, SELL = Side.BUY, Side.SELL
DEPOSIT = D(3_000_000)
TICK = D("0.1")

sides = st.sampled_from(Side)
# Everything happens within a few ticks, so that orders, levels and trades meet often.
spots = st.integers(-4, 4)
sizes = st.sampled_from(["0", "0.4", "1", "2.5", "6"])
quantities = st.sampled_from(["0.002", "0.3", "1", "2.5", "9"])


def price_at(spot: int) -> Decimal:
    return D(100_000) + spot * TICK


@dataclass
class Mirror:
    """The market as a reader of the same events sees it, kept apart from the exchange under test."""

    levels: dict[Side, dict[Decimal, Decimal]] = field(default_factory=lambda: {BUY: {}, SELL: {}})
    touch: Quote | None = None
    is_whole: bool = False

    def hear(self, event: MarketEvent) -> None:
        match event:
            case BookSnapshot() | BookDiff():
                self.touch = None
                if isinstance(event, BookSnapshot):
                    self.levels, self.is_whole = {BUY: {}, SELL: {}}, True
                for side, told in ((BUY, event.bids), (SELL, event.asks)):
                    self.levels[side].update(dict(told))
            case Quote():
                self.touch = event
            case _:
                pass

    def lose(self) -> None:
        self.levels, self.touch, self.is_whole = {BUY: {}, SELL: {}}, None, False

    def shown(self, side: Side) -> dict[Decimal, Decimal]:
        """Price to size, of the levels that are there."""
        told = self.levels[side]
        if self.touch:
            best = self.touch.bid if side is BUY else self.touch.ask
            size = self.touch.bid_size if side is BUY else self.touch.ask_size
            told = {p: q for p, q in told.items() if (best - p) * side.sign > 0} | {best: size}
        return {price: size for price, size in told.items() if size}

    def at(self, side: Side, price: Decimal) -> Decimal:
        return self.shown(side).get(price, ZERO)

    def offered(self, taker: Side, limit: Decimal) -> Decimal:
        """How much lies at the limit or better for a taker."""
        return sum((q for p, q in self.shown(taker.opposite).items() if (limit - p) * taker.sign >= 0), start=ZERO)


@dataclass
class Wait:
    """How long an order must wait at least: until what was before it has been traded or lost."""

    before: Decimal
    gone: Decimal = ZERO
    passed: bool = False


class BookAccount(RuleBasedStateMachine):
    """One account that trades on a book, with books on disk that are closed and killed at random."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = HandClock()
        self.past: list[MarketEvent] = []
        self.exchange = self.open()
        self.ledger, self.mirror = Ledger(), Mirror()
        self.waits: dict[str, Wait] = {}
        self.placed: list[ClientOrderId] = []
        self.last_id, self.mid = 0, 0

    def open(self) -> PaperExchange:
        instruments = {BTC: instrument()}
        return PaperExchange.open(
            self.folder / "paper.db", instruments, self.clock, deposit=DEPOSIT, leverage=20, latency=Latency(0.0)
        )

    @initialize()
    def market_opens(self) -> None:
        self.tell(MarkPrice(BTC, self.tick(), price_at(0), D("0.0001"), DAYBREAK))
        self.snapshot_comes(0, ["1", "2.5", "1"], ["1", "2.5", "1"])

    def tick(self) -> Instant:
        return Bench(self.exchange, self.clock).tick()

    # What the market does

    def tell(self, event: MarketEvent) -> None:
        self.past.append(event)
        seen = {last.client_order_id: self.mirror.at(last.side, last.price) for last in self.resting() if last.price}
        self.mirror.hear(event)
        self.queue_moves(seen, event)
        self.exchange.on_market(event)
        self.judge(self.listen(), event)

    def queue_moves(self, seen: dict[ClientOrderId, Decimal], event: MarketEvent) -> None:
        """The oracle: what each of our orders has seen go from before it."""
        for last in self.resting():
            wait, price = self.waits[last.client_order_id], last.price
            assert price is not None
            wait.gone += max(ZERO, seen[last.client_order_id] - self.mirror.at(last.side, price))
            wait.passed = wait.passed or self.mirror.offered(last.side, price) > 0
            if isinstance(event, MarketTrade) and event.buyer_is_maker is (last.side is BUY):
                wait.gone += event.quantity if event.price == price else ZERO
                wait.passed = wait.passed or (price - event.price) * last.side.sign > 0

    def judge(self, told: list[AccountEvent], event: MarketEvent) -> None:
        """Every fill had a cause in the event, no larger than it."""
        given: dict[Side, Decimal] = {BUY: ZERO, SELL: ZERO}
        for fill in told:
            if not isinstance(fill, Fill):
                continue
            order = self.ledger.last[self.number(fill.client_order_id)]
            assert order.price is not None, "a market order took when it arrived"
            assert fill.maker
            assert fill.price == order.price
            given[fill.side] += fill.quantity
            wait = self.waits[fill.client_order_id]
            assert wait.passed or wait.gone >= wait.before, "nobody is filled before those who stood before"
            if isinstance(event, MarketTrade):
                assert event.buyer_is_maker is (fill.side is BUY)
                assert (fill.price - event.price) * fill.side.sign >= 0
            else:
                offered = self.mirror.offered(fill.side, fill.price)
                # Without a book there are quotes alone, and a depth is modelled behind what they show.
                assert given[fill.side] <= offered or (offered and not self.mirror.is_whole)
        if isinstance(event, MarketTrade):
            assert given[BUY] + given[SELL] <= event.quantity

    @rule(mid=spots, bids=st.lists(sizes, min_size=1, max_size=4), asks=st.lists(sizes, min_size=1, max_size=4))
    def snapshot_comes(self, mid: int, bids: list[str], asks: list[str]) -> None:
        self.mid = mid
        self.last_id += 1
        down = tuple((price_at(mid - 1 - n), D(size)) for n, size in enumerate(bids))
        up = tuple((price_at(mid + n), D(size)) for n, size in enumerate(asks))
        self.tell(BookSnapshot(BTC, self.tick(), self.last_id, down, up))

    @precondition(lambda self: self.mirror.is_whole)
    @rule(changes=st.lists(st.tuples(spots, sizes), min_size=1, max_size=4), move=st.sampled_from([0, 0, 0, -1, 1, 2]))
    def diff_comes(self, changes: list[tuple[int, str]], move: int) -> None:
        """Levels change; where the market moves, what it passed ends."""
        self.mid += move
        told: dict[Side, dict[Decimal, Decimal]] = {BUY: {}, SELL: {}}
        for spot, size in changes:
            told[BUY if spot < self.mid else SELL][price_at(spot)] = D(size)
        for side, levels in self.mirror.levels.items():
            told[side].update({p: ZERO for p in levels if (p < price_at(self.mid)) is not (side is BUY)})
        self.tell_diff(tuple(told[BUY].items()), tuple(told[SELL].items()), missed=0)

    def tell_diff(self, bids: tuple[Level, ...], asks: tuple[Level, ...], *, missed: int) -> None:
        before = self.last_id + missed
        self.last_id = before + 1
        self.tell(BookDiff(BTC, self.tick(), before, self.last_id, before, bids, asks))

    @precondition(lambda self: self.mirror.is_whole)
    @rule()
    def updates_are_missed(self) -> None:
        self.mirror.lose()
        event = BookDiff(BTC, self.tick(), self.last_id + 7, self.last_id + 8, self.last_id + 7, (), ())
        self.last_id += 8
        self.past.append(event)
        self.exchange.on_market(event)
        assert self.listen() == []
        for last in self.resting():
            self.waits[last.client_order_id].gone = D(1000)

    @rule(bid_size=sizes, ask_size=sizes)
    def touch_comes(self, bid_size: str, ask_size: str) -> None:
        bid, ask = price_at(self.mid - 1), price_at(self.mid)
        self.tell(Quote(BTC, self.tick(), bid, D(bid_size), ask, D(ask_size)))

    @rule(spot=spots, quantity=sizes.filter(lambda size: size != "0"), maker=sides)
    def others_trade(self, spot: int, quantity: str, maker: Side) -> None:
        self.tell(MarketTrade(BTC, self.tick(), price_at(spot), D(quantity), buyer_is_maker=maker is BUY))

    # What we do

    @precondition(lambda self: self.mirror.is_whole)
    @rule(
        side=sides,
        quantity=quantities,
        spot=st.one_of(st.none(), spots),
        tif=st.sampled_from(TimeInForce),
        reduces=st.sampled_from([False, False, False, True]),
    )
    def order_comes(self, side: Side, quantity: str, spot: int | None, tif: TimeInForce, reduces: bool) -> None:
        price = None if spot is None else price_at(spot)
        order = Intent(
            symbol=BTC,
            side=side,
            type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=D(quantity),
            price=price,
            time_in_force=TimeInForce.GTC if price is None else tif,
            reduce_only=reduces,
            purpose=Purpose.EXIT if reduces else Purpose.ENTRY,
            actor=Actor.AGENT,
        )
        if price is None and not self.mirror.shown(side.opposite):
            return  # it would wait for an offer; that it does is tested by itself
        client_order_id = ClientOrderId(f"tt-{len(self.placed)}")
        outcome = done(self.exchange.submit(client_order_id, order))
        self.placed.append(client_order_id)
        fills = [event for event in self.listen() if isinstance(event, Fill)]
        self.takes_fairly(side, price, fills)
        if not isinstance(outcome, Accepted):
            assert fills == []
            return
        report = outcome.report
        assert report.filled == sum((fill.quantity for fill in fills), start=ZERO)
        if tif is TimeInForce.FOK and price is not None:
            assert report.status is OrderStatus.FILLED
        if tif is TimeInForce.GTX and price is not None:
            assert report.filled == 0
        if tif is TimeInForce.IOC or price is None:
            assert report.status.is_final
        self.lines_up(report)

    @precondition(lambda self: self.mirror.is_whole and self.resting())
    @rule(data=st.data(), spot=st.one_of(st.none(), spots), quantity=st.one_of(st.none(), quantities))
    def order_is_amended(self, data: st.DataObject, spot: int | None, quantity: str | None) -> None:
        was = data.draw(st.sampled_from(self.resting()))
        price = None if spot is None else price_at(spot)
        asked = None if quantity is None else D(quantity)
        outcome = done(self.exchange.amend(BTC, was.client_order_id, price=price, quantity=asked))
        fills = [event for event in self.listen() if isinstance(event, Fill)]
        self.takes_fairly(was.side, price or was.price, fills)
        if isinstance(outcome, Accepted) and (
            outcome.report.price != was.price or outcome.report.quantity > was.quantity
        ):
            self.lines_up(outcome.report)

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def cancel_comes(self, data: st.DataObject) -> None:
        done(self.exchange.cancel(BTC, data.draw(st.sampled_from(self.placed))))
        assert not any(isinstance(event, Fill) for event in self.listen())

    def takes_fairly(self, side: Side, limit: Decimal | None, fills: list[Fill]) -> None:
        """Never better than the touch, never worse than the limit, always at the taker's fee."""
        offered = self.mirror.shown(side.opposite)
        best = min(offered) if side is BUY and offered else max(offered, default=ZERO)
        for fill in fills:
            assert not fill.maker
            assert fill.side is side
            assert (fill.price - best) * side.sign >= 0
            assert limit is None or (limit - fill.price) * side.sign >= 0

    def lines_up(self, report: OrderReport) -> None:
        if report.price is not None:
            crosses = self.mirror.offered(report.side, report.price) > 0
            self.waits[report.client_order_id] = Wait(self.mirror.at(report.side, report.price), passed=crosses)

    @rule(kills=st.booleans())
    def restarts(self, kills: bool) -> None:
        """The feed then goes back and tells what it had told before; nothing of it trades again."""
        if kills:
            self.exchange._books._connection.close()
        else:
            done(self.exchange.close())
        before = {r.client_order_id: r for r in self.resting()}
        self.exchange = self.open()
        for event in self.past:
            self.exchange.on_market(event)
        assert self.listen() == []
        assert {r.client_order_id: r for r in done(self.exchange.open_orders())} == before

    # What is heard

    def listen(self) -> list[AccountEvent]:
        told = done(Bench(self.exchange, self.clock).news())
        for event in told:
            self.ledger.hear(event)
        return told

    def number(self, client_order_id: ClientOrderId) -> str:
        return next(n for n, last in self.ledger.last.items() if last.client_order_id == client_order_id)

    def resting(self) -> list[OrderReport]:
        return [last for last in self.ledger.last.values() if not last.status.is_final]

    @invariant()
    def the_sums_hold(self) -> None:
        ledger, account = self.ledger, done(self.exchange.account_report())
        held = {p.symbol: p.quantity for p in account.positions}
        assert held == {symbol: quantity for symbol, quantity in ledger.position.items() if quantity}
        assert account.wallet == DEPOSIT + ledger.realised - ledger.fees
        for last in ledger.last.values():
            assert last.filled == ledger.filled[last.client_order_id]

    @invariant()
    def our_orders_do_not_cross(self) -> None:
        bids = [r.price for r in self.resting() if r.side is BUY and r.price is not None]
        asks = [r.price for r in self.resting() if r.side is SELL and r.price is not None]
        assert not bids or not asks or max(bids) < min(asks)

    def teardown(self) -> None:
        done(self.exchange.close())
        shutil.rmtree(self.folder)


BookAccount.TestCase.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestBookAccount = BookAccount.TestCase
