"""An engine in demo on a venue, in this process: its options, and what is asked of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.binance.demo import NEVER_TRIPS, D, demo_options, is_ready, until
from tests.matrix.venue import Venue
from tui_trader.engine.commands import AskStatus, Command, PlaceOrder, Reply
from tui_trader.engine.options import RunOptions
from tui_trader.engine.thread import EngineThread

_ANSWERS_WITHIN = 240.0
_NOT_YET = ("PRICE_MISSING", "PRICE_STALE", "NOT_RECONCILED")
QUANTITY = D("0.010")
STOP, TARGET, NEW_STOP = D(59_500), D(62_000), D(59_700)


def options_in(folder: Path, venue: Venue) -> RunOptions:
    """A home in the folder whose agent only watches: what is traded is what a hand asks for."""
    options = demo_options(folder, venue.rest_url, venue.stream_url)
    prompt = Path(options.prompt)
    text = prompt.read_text().replace("autonomy: auto", "autonomy: observe")
    prompt.write_text(text.replace("llm:\n", NEVER_TRIPS, 1))
    return options


@contextmanager
def trading(folder: Path, venue: Venue) -> Iterator[EngineThread]:
    """The engine, deciding; stopped in good order at the end."""
    os.environ["XDG_STATE_HOME"] = str(folder / "state")  # the account's lock lies there
    engine = EngineThread(options_in(folder, venue))
    engine.start()
    try:
        until(lambda: engine.is_over or is_ready(engine))
        assert engine.failure is None, engine.failure
        yield engine
    finally:
        engine.stop("the case is over")
        engine.join()
    assert engine.failure is None, engine.failure


def asked(engine: EngineThread, command: Command) -> Reply:
    """What the engine answers; a flatten goes on for as long as the exchange bans us."""
    return engine.submit(command).result(_ANSWERS_WITHIN)


def bought(engine: EngineThread, *, limit: int | None = None) -> Reply:
    """A hand buys, at the market or at its limit, as soon as that is possible."""
    order = PlaceOrder(symbol="BTCUSDT", side="BUY", quantity=QUANTITY, stop=STOP, take_profit=TARGET)
    if limit is not None:
        stop = D(limit) - 500
        order = order.model_copy(update={"limit": D(limit), "stop": stop, "take_profit": D(limit) + 2000})
    return done(engine, order)


def done(engine: EngineThread, command: Command) -> Reply:
    """Carried out, once prices are known and the account is compared."""
    replies: list[Reply] = []

    def is_answered() -> bool:
        replies.append(asked(engine, command))
        return replies[-1].code not in _NOT_YET

    until(is_answered)
    return replies[-1]


def is_at_rest(engine: EngineThread, venue: Venue) -> bool:
    """Engine and exchange say the same; what is held has one stop that closes it, what is flat has nothing."""
    if engine.is_over:
        return True
    told = asked(engine, AskStatus()).result
    orders, positions = told["orders"], told["positions"]
    assert isinstance(orders, list | tuple)
    assert isinstance(positions, list | tuple)
    theirs = {o["clientOrderId"] for o in venue.open_orders()} | {a["clientAlgoId"] for a in venue.open_algos()}
    if {str(order["client_order_id"]) for order in orders if isinstance(order, dict)} != theirs:
        return False
    if sum((D(str(p["quantity"])) for p in positions if isinstance(p, dict)), start=D(0)) != venue.held():
        return False
    return is_protected(venue)


def is_protected(venue: Venue) -> bool:
    """Held with one stop that closes it, or flat without any conditional order."""
    algos = venue.open_algos()
    stops = [a for a in algos if a["orderType"] == "STOP_MARKET" and a["closePosition"]]
    return len(stops) == 1 and len(algos) <= 2 if venue.held() else not algos
