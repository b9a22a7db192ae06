"""The door holds where gate, lock or journal are broken: each test breaks one of them and sees nothing leave."""

from dataclasses import replace

import pytest

from tests.fakes.trader_parts import D, Trader, entry, trading, virtual
from tui_trader.core.ids import client_order_id
from tui_trader.core.order import Intent, Purpose
from tui_trader.core.records import TradingStateChanged
from tui_trader.core.words import ClientOrderId, Side, TradingState
from tui_trader.desk import sender
from tui_trader.desk.door import BREACH
from tui_trader.desk.sender import Sender
from tui_trader.risk.book import Book
from tui_trader.risk.gate import Judgement, Outcome
from tui_trader.risk.policy import Policy


def _pass_all(intent: Intent, _book: Book, _policy: Policy) -> Judgement:
    """A gate that lets everything through."""
    return Judgement(verdict=Outcome.ALLOW, intent=intent)


async def _mark_nothing(_self: Sender, _order_id: ClientOrderId, _intent: Intent) -> None:
    """A sender that does not mark the order as sent."""


async def _stays_inside(trader: Trader, intent: Intent, why: str) -> None:
    before = len(trader.exchange.submitted)
    await trader.desk.enter(intent, tool="test")
    assert len(trader.exchange.submitted) == before
    await trader.until(lambda: trader.state.status.code == BREACH, within=2)
    assert trader.state.current is TradingState.HALTED
    assert why in trader.state.status.reason


@pytest.mark.parametrize(
    ("limit", "why"),
    [
        ("max_order_notional", "the order is"),
        ("max_position_notional", "BTCUSDT could come to"),
        ("max_gross_notional", "all could come to"),
    ],
)
@virtual
async def test_an_entry_beyond_a_limit_stays_inside_and_halts(
    limit: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading() as trader:
        monkeypatch.setattr(sender, "judge", _pass_all)
        risk = trader.policy.current.risk.model_copy(update={limit: D(900)})
        trader.policy.current = trader.policy.current.model_copy(update={"risk": risk})
        await _stays_inside(trader, entry(quantity="0.01"), why)
        assert trader.ledger.open_orders() == ()


@virtual
async def test_what_works_already_counts_at_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as trader:
        monkeypatch.setattr(sender, "judge", _pass_all)
        for _ in range(2):
            await trader.desk.enter(entry(quantity="0.02", price="93900"), tool="test")
        assert len(trader.exchange.submitted_entries()) == 2
        assert trader.policy.current.risk.max_position_notional == 5_000
        await _stays_inside(trader, entry(quantity="0.015", price="93900"), "could come to")


@virtual
async def test_an_order_whose_mark_is_not_durable_stays_inside_and_halts(monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as trader:
        monkeypatch.setattr(Sender, "_marked_sent", _mark_nothing)
        await _stays_inside(trader, entry(), "INTENDED, not marked as sent")


@virtual
async def test_an_id_that_no_durable_row_commits_stays_inside_and_halts(monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as trader:
        monkeypatch.setattr(sender, "client_order_id", lambda _: client_order_id(bytes(32)))
        await _stays_inside(trader, entry(), "no durable intent has this id")


@virtual
async def test_an_id_that_has_left_does_not_leave_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as trader:
        await trader.desk.enter(entry(price="93900"), tool="test")
        first = trader.exchange.submitted_entries()[0].client_order_id
        monkeypatch.setattr(sender, "client_order_id", lambda _: first)
        await _stays_inside(trader, entry(price="93900"), "it has left before")


@virtual
async def test_what_is_not_as_it_was_written_stays_inside_and_halts(monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as trader:
        await trader.desk.enter(entry(price="93900"), tool="test")
        first = trader.exchange.submitted_entries()[0].client_order_id
        trader.desk._sender.door._left.clear()
        monkeypatch.setattr(sender, "client_order_id", lambda _: first)
        await _stays_inside(trader, entry(price="93800"), "not what was written down")


@virtual
async def test_an_exit_leaves_also_where_the_door_finds_fault_with_it_but_not_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with trading() as trader:
        await trader.opened()
        monkeypatch.setattr(sender, "client_order_id", lambda _: client_order_id(bytes(32)))
        for _ in range(2):
            await trader.agent("close_position", symbol="BTCUSDT")
        exits = [each for each in trader.exchange.submitted if each.intent.purpose is Purpose.EXIT]
        assert len(exits) == 1
        await trader.until(lambda: trader.world.held() == 0, within=5)
        assert BREACH in {record.code for record in trader.records(TradingStateChanged)}
        monkeypatch.undo()
        await trader.wait(90)


@virtual
async def test_an_exit_that_could_open_stays_inside_and_halts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the gate nor the value itself refuses it here: the door builds on neither."""
    async with trading() as trader:
        monkeypatch.setattr(sender, "judge", _pass_all)
        monkeypatch.setattr(Intent, "__post_init__", lambda _: None)
        opening = replace(entry(side=Side.SELL), purpose=Purpose.EXIT, protection=None)
        await trader.desk.exit_at(opening, tool="test")
        assert trader.exchange.submitted == []
        await trader.until(lambda: trader.state.status.code == BREACH, within=2)
        assert trader.state.current is TradingState.HALTED
        assert "an exit that could open a position" in trader.state.status.reason
        assert trader.ledger.open_orders() == ()


@virtual
async def test_all_is_well_at_the_door_in_an_ordinary_trade() -> None:
    async with trading() as trader:
        await trader.opened()
        assert (await trader.agent("close_position", symbol="BTCUSDT")).is_ok
        await trader.wait(5)
        assert trader.state.current is TradingState.ACTIVE
