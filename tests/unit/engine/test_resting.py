"""The status of a home where nothing runs: what its journal says, and the HALT file."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.unit.engine.rows import BTC, D, entry, fill, opened, started
from tests.unit.journal.samples import HandClock, in_virtual_time, unchanged
from tui_trader.cli.status import in_words
from tui_trader.core.chance import Chance
from tui_trader.core.ids import client_order_id
from tui_trader.core.order import OrderStatus
from tui_trader.core.records import (
    AccountReconciled,
    BreakerChanged,
    CycleDecided,
    EquityMarked,
    OrderChanged,
    OrderFilled,
    OrderIntended,
    Record,
    TradingStateChanged,
)
from tui_trader.core.words import Actor, Autonomy, BreakerCause, BreakerScope, CycleVerdict, Mode, TradingState
from tui_trader.engine.home import Home, HomeError
from tui_trader.engine.resting import resting_status
from tui_trader.engine.status import status_object
from tui_trader.journal.ports import Entry
from tui_trader.journal.writer import open_journal

NOW = "2025-05-06T00:00:00Z"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def written(home: Home, records: Iterable[Record]) -> None:
    """A journal with these rows."""

    async def write() -> None:
        async with await open_journal(
            home.journal, HandClock(), Chance(7), threaded=False, redact=unchanged
        ) as journal:
            for record in records:
                await journal.append(Entry(record=record, actor=Actor.SYSTEM))

    in_virtual_time(write)


def begun() -> list[Record]:
    return [opened(), started(), AccountReconciled(wallet=D(10_000), equity=D(10_000))]


def test_a_home_where_nothing_ever_ran_says_how_to_begin(home: Home) -> None:
    with pytest.raises(HomeError, match=r"no trader has run here yet.*tui-trader run"):
        resting_status(home, NOW)


def test_a_flat_home(home: Home) -> None:
    decided = CycleDecided(cycle=12, symbols=(BTC,), verdict=CycleVerdict.HOLD, reason="", decider="rules")
    written(home, [*begun(), decided])
    status = resting_status(home, NOW)
    assert not status.running
    assert (status.mode, status.account, status.autonomy) == (Mode.PAPER, "paper-1", Autonomy.AUTO)
    assert (status.trading_state, status.equity, status.day_pnl) == (TradingState.ACTIVE, D(10_000), D(0))
    assert (status.decider, status.prompt, status.last_cycle) == ("rules", "trader", 12)
    assert (status.next_decision, status.deciding, status.positions, status.orders) == (None, False, (), ())
    assert status.journal_entries == 4
    assert status_object(status)["journal_head"] == status.journal_head


def test_a_position_is_shown_with_its_stop_and_the_equity_last_written_down(home: Home) -> None:
    async def write() -> None:
        async with await open_journal(
            home.journal, HandClock(), Chance(7), threaded=False, redact=unchanged
        ) as journal:
            for record in begun():
                await journal.append(Entry(record=record, actor=Actor.SYSTEM))
            (row,) = await journal.append(Entry(record=OrderIntended(intent=entry()), actor=Actor.AGENT))
            order = client_order_id(row.hash)
            for record in (
                OrderChanged(client_order_id=order, status=OrderStatus.SENT),
                OrderFilled(fill=fill(order, "0.01")),
                EquityMarked(equity=D("9990.25"), wallet=D("9999.5")),
            ):
                await journal.append(Entry(record=record, actor=Actor.SYSTEM))

    in_virtual_time(write)
    status = resting_status(home, NOW)
    (position,) = status.positions
    assert (position.symbol, position.quantity, position.entry_price) == (BTC, D("0.01"), D(94_000))
    assert (position.stop_price, position.take_profit_price) == (D(93_000), D(96_000))
    assert (position.mark_price, position.unrealised) == (None, None)
    assert [order.status for order in status.orders] == [OrderStatus.SENT]
    assert status.equity == D("9990.25")
    assert status.day_pnl == D("-9.75")


def test_the_halt_file_halts_and_says_so(home: Home) -> None:
    written(home, begun())
    home.halt_file.touch()
    status = resting_status(home, NOW)
    assert (status.trading_state, status.reason) == (TradingState.HALTED, "the file HALT exists")


def test_a_durable_halt_outlives_the_file_and_keeps_its_own_reason(home: Home) -> None:
    written(home, [*begun(), TradingStateChanged(state=TradingState.HALTED, reason="enough", code="OPERATOR")])
    for _ in range(2):
        status = resting_status(home, NOW)
        assert (status.trading_state, status.reason) == (TradingState.HALTED, "enough")
        home.halt_file.touch()


def test_reading_changes_nothing_that_was_written(home: Home) -> None:
    written(home, begun())
    before = {path: path.read_bytes() for path in home.folder.iterdir()}
    resting_status(home, NOW)
    assert {path: path.read_bytes() for path in before} == before


def test_a_breaker_that_is_open_is_shown_with_who_ends_it(home: Home) -> None:
    opening = BreakerChanged(
        scope=BreakerScope.DECIDER,
        open=True,
        failures=6,
        reason="6 entries of the agent were alike, the limit is 6",
        cause=BreakerCause.IDENTICAL_ORDERS,
    )
    closed = BreakerChanged(scope=BreakerScope.MODEL, open=False, failures=2, reason="timeout")
    written(home, [*begun(), opening, closed])
    shown = status_object(resting_status(home, NOW))
    assert isinstance(shown["breakers"], list)
    [breaker] = shown["breakers"]
    assert isinstance(breaker, dict)
    since = breaker.pop("since")
    assert isinstance(since, str)
    assert breaker == {
        "scope": "decider",
        "cause": "identical_orders",
        "state": "open",
        "count": 6,
        "reason": opening.reason,
        "probe_at": None,
        "needs_a_person": True,
    }
    assert f"BREAKER decider identical_orders  open, until you resume  ({opening.reason})" in in_words(shown)
