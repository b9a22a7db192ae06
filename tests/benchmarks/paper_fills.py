"""How far paper fills lie from what a recorded market's own trades say, on its order book and on quotes alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from statistics import fmean, median

from tests.benchmarks.figure import Figure, percentile
from tests.benchmarks.tape import Allowed, Tape
from tests.unit.exchange.bench import HandClock, done
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant, elapsed, later
from tui_trader.core.instrument import Instrument
from tui_trader.core.instrument_table import instrument
from tui_trader.core.market import BookDiff, BookSnapshot, MarketEvent, MarkPrice, Quote
from tui_trader.core.money import BPS, ZERO, Price, Quantity
from tui_trader.core.order import Intent, OrderStatus, OrderType, Purpose
from tui_trader.core.order_book import OrderBook
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol
from tui_trader.exchange.paper import Latency, PaperExchange
from tui_trader.exchange.ports import Accepted
from tui_trader.market.capture_source import Told, capture_events

CAPTURE = Path(__file__).resolve().parents[3] / "shared" / "data" / "BTCUSDT-ws-2024-08-08.txt.gz"
"""Not part of the checkout; where it is missing there is no such figure."""

SUBJECT = "paper fills"
_BTC = Symbol("BTCUSDT")
_SIZES = tuple(Decimal(size) for size in ("0.01", "0.5", "5"))
"""BTC of the orders that take."""
_TICKS_AWAY = (0, 1, 5, 20)
"""How far behind its own side's best price an order rests."""
_RESTING = Decimal("0.01")
_PATIENCE = 60.0
"""Seconds for which a resting order waits."""
_WARM_UP = 5.0
_FEW = 50
"""Fewer orders than this look at the beginning of the capture alone, which takes `_BEGINNING` seconds."""
_BEGINNING = 90.0
_NO_END = 1e6


@dataclass(slots=True)
class Order:
    """A hypothetical order and what the two models made of it."""

    side: Side
    arrives: Instant
    quantity: Quantity
    ticks_away: int | None
    """None: it takes."""
    price: Price | None = None
    ahead: Quantity = ZERO
    prices: dict[bool, Price | None] = field(default_factory=dict)
    """By model, True for the order book: the average price paid."""
    filled: dict[bool, Instant | None] = field(default_factory=dict)
    """By model: when all of it was filled."""

    @property
    def until(self) -> Instant:
        """When it is looked at, and taken back if it rests."""
        return later(self.arrives, _PATIENCE if self.ticks_away is not None else 1.0)


class Lane:
    """One account for each model, in which few orders are tried at a time, so that none is in another's way."""

    def __init__(self, traded: Instrument, opens: Instant) -> None:
        self._clock = HandClock(opens)
        self._exchanges = {
            by_book: PaperExchange.open(None, {_BTC: traded}, self._clock, deposit=Decimal(10**9), latency=Latency(0.0))
            for by_book in (True, False)
        }

    def hear(self, event: MarketEvent) -> None:
        """The model for quotes hears no more than quotes."""
        self._exchanges[True].on_market(event)
        if isinstance(event, Quote | MarkPrice):
            self._exchanges[False].on_market(event)

    def send(self, order: Order, name: str) -> None:
        """The order arrives at both."""
        done(self._clock.sleep_until(order.arrives))
        wanted = Intent(
            symbol=_BTC,
            side=order.side,
            type=OrderType.MARKET if order.price is None else OrderType.LIMIT,
            quantity=order.quantity,
            price=order.price,
            purpose=Purpose.ENTRY,
            actor=Actor.OPERATOR,
        )
        for exchange in self._exchanges.values():
            outcome = done(exchange.submit(ClientOrderId(name), wanted))
            assert isinstance(outcome, Accepted), (name, outcome)

    def settle(self, order: Order, name: str) -> None:
        """What became of it; what is left is cancelled."""
        for by_book, exchange in self._exchanges.items():
            report = done(exchange.query(_BTC, ClientOrderId(name)))
            assert report is not None, name
            order.prices[by_book] = report.average_price
            order.filled[by_book] = report.time if report.status is OrderStatus.FILLED else None
            done(exchange.cancel(_BTC, ClientOrderId(name)))


def measure(_: Path, count: int) -> Iterator[Figure]:
    """`count` orders that take and about as many that rest, at seeded moments of the capture."""
    traded = instrument(_BTC)
    assert traded is not None, "the table of instruments knows BTCUSDT"
    told = _told(traded, _BEGINNING if count < _FEW else _NO_END)
    tape = Tape(event for _, events in told for event in events)
    lanes = _orders(count, told[0][0], elapsed(told[0][0], told[-1][0]))
    _play(told, lanes, traded)
    takers, resting = lanes[0], [order for lane in lanes[1:] for order in lane]
    yield from _taking("all sizes", takers, tape)
    for size in _SIZES if count >= _FEW else ():
        yield from _taking(f"{size} BTC", [order for order in takers if order.quantity == size], tape)
    yield from _waiting(resting, tape)


def _told(traded: Instrument, seconds: float) -> Sequence[Told]:
    told: list[Told] = []
    for time, events in capture_events(CAPTURE, traded):
        if told and elapsed(told[0][0], time) > seconds:
            break
        told.append((time, events))
    return told


def _orders(count: int, opens: Instant, seconds: float) -> list[list[Order]]:
    """By lane: in the first all that take, evenly spread; in the others pairs that rest, one after the other."""
    chance = Chance(20240808).stream("paper fills")
    pause = (seconds - 2 * _WARM_UP - 20) / count
    takers = [
        Order(
            side=(Side.BUY, Side.SELL)[number // len(_SIZES) % 2],
            arrives=later(opens, _WARM_UP + pause * (number + chance.uniform(0.0, 0.5))),
            quantity=_SIZES[number % len(_SIZES)],
            ticks_away=None,
        )
        for number in range(count)
    ]
    lanes = [takers]
    made = 0
    while made < count:
        begins, lane = _WARM_UP + chance.uniform(0.0, 20.0), list[Order]()
        while begins + _PATIENCE < seconds and made < count:
            for side in Side:
                away = _TICKS_AWAY[made // 2 % len(_TICKS_AWAY)]
                lane.append(Order(side, later(opens, begins), _RESTING, away))
                made += 1
            begins += _PATIENCE + 1.0
        lanes.append(lane)
    return lanes


def _play(told: Sequence[Told], orders: Sequence[Sequence[Order]], traded: Instrument) -> None:
    lanes = [Lane(traded, told[0][0]) for _ in orders]
    named = [(lane, order, f"tt-{n}-{m}") for n, lane in enumerate(lanes) for m, order in enumerate(orders[n])]
    coming = sorted(named, key=lambda each: each[1].arrives, reverse=True)
    going = sorted(named, key=lambda each: each[1].until, reverse=True)
    book, quote = OrderBook(_BTC), None
    for time, events in told:
        while going and going[-1][1].until < time:
            lane, order, name = going.pop()
            lane.settle(order, name)
        while coming and coming[-1][1].arrives < time:
            lane, order, name = coming.pop()
            if order.ticks_away is not None and quote is not None:
                _place(order, book, quote, traded)
            lane.send(order, name)
        for event in events:
            if isinstance(event, BookSnapshot | BookDiff):
                book.apply(event)
            elif isinstance(event, Quote):
                quote = event
            for lane in lanes:
                lane.hear(event)
    for lane, order, name in going:
        lane.settle(order, name)


def _place(order: Order, book: OrderBook, quote: Quote, traded: Instrument) -> None:
    """The price behind its own side's best one, and what others have there."""
    best, size = (quote.bid, quote.bid_size) if order.side is Side.BUY else (quote.ask, quote.ask_size)
    order.price = best - order.side.sign * (order.ticks_away or 0) * traded.tick
    order.ahead = book.resting(order.side, order.price) if order.ticks_away else size


def _taking(name: str, orders: Sequence[Order], tape: Tape) -> Iterator[Figure]:
    """Paper price against the volume-weighted price of the next trades of others who took on the same side."""
    off: dict[bool, list[float]] = {True: [], False: []}
    for order in orders:
        paid = tape.taken_at(order.side, order.quantity, order.arrives)
        if paid is None:
            continue
        for by_book, price in order.prices.items():
            if price is not None:
                off[by_book].append(float((price - paid) * order.side.sign / paid * BPS))
    if not all(off.values()):
        return
    worse = (
        f"{len(off[True])} orders; paper pays {fmean(off[True]):+.3f} more on average, quotes {fmean(off[False]):+.3f}"
    )
    yield from _spread(
        f"market, {name}", "bps", {key: [abs(each) for each in some] for key, some in off.items()}, worse
    )


def _waiting(orders: Sequence[Order], tape: Tape) -> Iterator[Figure]:
    """Whether and when resting orders are filled, against the bounds that the tape sets."""
    bounds = [(order, _bounds(order, tape)) for order in orders]
    share = {key: sum(order.filled[key] is not None for order in orders) / len(orders) for key in (True, False)}
    least = sum(allowed.latest is not None for _, allowed in bounds) / len(orders)
    most = sum(allowed.earliest is not None for _, allowed in bounds) / len(orders)
    wrong = {key: sum(not allowed.permits(o.filled[key], o.until) for o, allowed in bounds) for key in (True, False)}
    said = f"{len(orders)} orders; the tape allows {least:.1%} to {most:.1%}"
    broken = f"{wrong[True]} verdicts that the tape rules out, quotes {wrong[False]}"
    yield _figure(f"limit, filled in {_PATIENCE:.0f} s", "share", share, f"{said}; {broken}")
    late: dict[bool, list[float]] = {True: [], False: []}
    for order, allowed in bounds:
        for by_book, filled in order.filled.items():
            if filled is not None and allowed.latest is not None:
                late[by_book].append(abs(elapsed(allowed.latest, filled)))
    if all(late.values()):
        counts = f"of {len(late[True])} and {len(late[False])} orders that both fill"
        yield from _spread("limit, time to fill, off the tape's latest", "s", late, counts)


def _bounds(order: Order, tape: Tape) -> Allowed:
    assert order.price is not None, "an order that rests has a price"
    return tape.fills(order.side, order.price, order.quantity, order.ahead, order.arrives, order.until)


def _spread(name: str, unit: str, samples: dict[bool, list[float]], note: str) -> Iterator[Figure]:
    yield _figure(f"{name}, mean", unit, {key: fmean(some) for key, some in samples.items()}, note)
    yield _figure(f"{name}, median", unit, {key: median(some) for key, some in samples.items()})
    yield _figure(f"{name}, p95", unit, {key: percentile(some, 0.95) for key, some in samples.items()})


def _figure(name: str, unit: str, values: dict[bool, float], note: str = "") -> Figure:
    return Figure(
        subject=SUBJECT,
        name=name,
        value=values[True],
        unit=unit,
        baseline=values[False],
        against="quotes alone",
        note=note,
    )
