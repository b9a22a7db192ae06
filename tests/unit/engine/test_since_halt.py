"""What has changed since the halt: measured from the first tightening, kept through a restart, gone with a resume."""

from tests.unit.engine.rows import BTC, D, Log, entry, fill, started
from tui_trader.core.order import OrderStatus
from tui_trader.core.records import (
    EquityMarked,
    OrderChanged,
    OrderFilled,
    OrderIntended,
    PromptChanged,
    TradingStateChanged,
)
from tui_trader.core.words import TradingState
from tui_trader.engine.knowledge import Knowledge

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED


def halt(state: TradingState = HALTED, reason: str = "enough", generation: int = 0) -> TradingStateChanged:
    return TradingStateChanged(state=state, reason=reason, code="X", generation=generation)


def used() -> tuple[Knowledge, Log]:
    """A run with one entry that works."""
    known = Knowledge()
    log = Log((known,))
    log.write(started())
    log.write(EquityMarked(equity=D(10_000), wallet=D(10_000)))
    log.write(OrderIntended(intent=entry("0.02")))
    log.write(OrderChanged(client_order_id=log.last_order, status=OrderStatus.SENT))
    return known, log


def test_while_trading_is_active_there_is_nothing_to_tell() -> None:
    known, _ = used()
    assert known.since_halt.changes(D(10_000)) is None


def test_what_traded_what_is_held_and_what_is_gone_is_told_from_the_first_tightening_on() -> None:
    known, log = used()
    (order,) = known.ledger.open_orders()
    log.write(halt(REDUCING, "the day's loss"))
    log.write(halt(HALTED, "and now this", 1))
    log.write(OrderFilled(fill=fill(order.client_order_id)))
    log.write(OrderChanged(client_order_id=order.client_order_id, status=OrderStatus.FILLED, filled=D("0.02")))
    log.write(PromptChanged(name="trader", old_hash="00", new_hash="11"))
    changes = known.since_halt.changes(D("9987.654"))
    assert changes is not None
    assert (changes.reason, changes.trades, changes.orders_gone, changes.orders_new) == ("the day's loss", 1, 1, 0)
    assert dict(changes.positions) == {BTC: (D(0), D("0.02"))}
    first, *lines = changes.told
    assert first.endswith("UTC (the day's loss):")
    assert lines == [
        "BTCUSDT: held 0, now 0.02",
        "orders: 1 gone, 0 new",
        "1 trades",
        "equity 9987.65, -12.35",
        "the prompt is another one",
    ]
    assert changes.as_object()["equity_then"] == "10000"


def test_where_nothing_has_changed_that_is_said() -> None:
    known, log = used()
    log.write(halt())
    log.write(started())
    changes = known.since_halt.changes(D(10_000))
    assert changes is not None
    assert changes.told[0].endswith("nothing has changed")
    assert len(changes.told) == 1


def test_a_resume_ends_it_and_the_next_halt_begins_anew() -> None:
    known, log = used()
    log.write(halt(reason="first"))
    log.write(halt(ACTIVE, "a resume that answers an older halt", generation=0))
    assert known.since_halt.changes(None) is not None
    log.write(halt(ACTIVE, "go", generation=known.state.generation))
    assert known.since_halt.changes(None) is None
    log.write(halt(reason="second"))
    changes = known.since_halt.changes(None)
    assert changes is not None
    assert (changes.reason, changes.trades, dict(changes.positions)) == ("second", 0, {})
