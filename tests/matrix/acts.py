"""Six acts of the order path, each from a state in which nothing is under way, and three ways in which they go."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tests.integration.binance.demo import D, until
from tests.matrix.points import Points
from tests.matrix.trader import NEW_STOP, STOP, bought, done, is_at_rest
from tests.matrix.venue import Venue
from tui_trader.core.order import Purpose
from tui_trader.core.words import Symbol
from tui_trader.engine.commands import Cancel, Command, FlattenAll, MoveStop, Reduce
from tui_trader.engine.thread import EngineThread
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.endpoints import Endpoint
from tui_trader.exchange.loopback.control import Act
from tui_trader.exchange.loopback.faults import FaultKind

BTC = Symbol("BTCUSDT")
RESTS_AT = 59_000
_LATE = 0.8
"""Seconds by which an answer is late that is to be overtaken."""


class Answer(StrEnum):
    """What becomes of the answer to each request that changes something."""

    RECEIVED = "ack received"
    LOST = "ack lost"
    """Carried out, and the connection breaks instead of an answer."""
    OVERTAKEN = "filled before ack"
    """Carried out, and what it leads to is told before the answer; a cancel comes after the fill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is done once the points are counted; `shown` says which of them belong to it."""

    name: str
    prepare: Callable[[EngineThread], object]
    act: Callable[[EngineThread], object]
    is_over: Callable[[EngineThread, Venue], bool] = is_at_rest
    shown: Callable[[str], bool] = lambda _: True
    overtaken_at: Decimal | None = None
    """The price at which the market overtakes the request; None where it trades by itself."""
    overtakes: Endpoint | None = None


def _nothing(_: EngineThread) -> None:
    return None


def _buy(engine: EngineThread) -> None:
    reply = bought(engine)
    assert reply.done, reply


def _rest(engine: EngineThread) -> None:
    reply = bought(engine, limit=RESTS_AT)
    assert reply.done, reply


def _buy_and_rest(engine: EngineThread) -> None:
    _buy(engine)
    _rest(engine)


def _commanded(command: Command) -> Callable[[EngineThread], object]:
    return lambda engine: done(engine, command)


def _concerns(*purposes: Purpose) -> Callable[[str], bool]:
    return lambda name: any(f" {purpose.name}" in name for purpose in purposes)


DEEDS = (
    Deed(name="entry", prepare=_nothing, act=bought, shown=_concerns(Purpose.ENTRY)),
    Deed(
        name="stop",
        prepare=_nothing,
        act=bought,
        shown=_concerns(Purpose.STOP, Purpose.TAKE_PROFIT),
        overtaken_at=STOP - 10,
        overtakes=endpoints.SUBMIT_ALGO,
    ),
    Deed(
        name="move stop",
        prepare=_buy,
        act=_commanded(MoveStop(symbol=BTC, price=NEW_STOP)),
        overtaken_at=NEW_STOP - 10,
        overtakes=endpoints.SUBMIT_ALGO,
    ),
    Deed(name="close", prepare=_buy, act=_commanded(Reduce(symbol=BTC, percent=100))),
    Deed(
        name="cancel",
        prepare=_rest,
        act=_commanded(Cancel()),
        overtaken_at=D(RESTS_AT) - 10,
        overtakes=endpoints.CANCEL,
    ),
    Deed(name="flatten", prepare=_buy_and_rest, act=_commanded(FlattenAll())),
)


def carry_out(deed: Deed, answer: Answer, engine: EngineThread, venue: Venue, points: Points) -> None:
    """Prepare, arm the points, act, and see it to its end."""
    deed.prepare(engine)
    until(lambda: is_at_rest(engine, venue), every=0.2)
    _spoil(deed, answer, venue, points)
    points.is_armed = True
    deed.act(engine)
    until(lambda: deed.is_over(engine, venue), every=0.3)


def _spoil(deed: Deed, answer: Answer, venue: Venue, points: Points) -> None:
    if answer is Answer.RECEIVED:
        return
    kind = FaultKind.DROP if answer is Answer.LOST else FaultKind.DELAY
    for method, path in (("POST", "/order"), ("POST", "/algoOrder"), ("DELETE", "/order"), ("DELETE", "/algoOrder")):
        comes_after = answer is Answer.OVERTAKEN and method == "DELETE"
        venue.wish(
            Act.REQUEST, kind=kind, method=method, path=path, executes=not comes_after, times=1000, seconds=_LATE
        )
    if answer is Answer.OVERTAKEN and deed.overtaken_at is not None:
        price, waiting = deed.overtaken_at, [deed.overtakes]

        def overtake(endpoint: Endpoint) -> None:
            if endpoint in waiting:
                waiting.clear()
                venue.price(price)

        points.on_the_way = overtake
