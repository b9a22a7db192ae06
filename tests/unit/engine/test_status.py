"""Figures of the status: exact for programs, without tails that say nothing; to the tick and the cent for people."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fakes.agent_parts import held
from tests.fakes.trader_parts import BTC, trading, virtual
from tui_trader.cli.status import in_words
from tui_trader.core.money import is_multiple
from tui_trader.core.records import JsonObject
from tui_trader.engine.status import position_object

D = Decimal
THIRD = D(1) / 3
TICK = D("0.10")


def status_with(position: JsonObject) -> JsonObject:
    """As much of a status as its text needs."""
    return {
        "mode": "paper",
        "trading_state": "ACTIVE",
        "reason": "",
        "running": True,
        "equity": "10011.31762012385",
        "day_pnl": "-0.001",
        "decider": "rules",
        "last_cycle": 7,
        "feed": {"name": "synthetic", "age_ms": None},
        "prompt_problem": "",
        "model_economy": None,
        "positions": [position],
        "orders": [],
        "approvals": [],
        "observed": {"open": 0, "closed": 0, "net_bps": "0"},
        "journal_entries": 9,
        "journal_head": "ab",
    }


def test_an_average_price_is_told_to_a_hundredth_of_a_tick_and_what_is_exact_stays_so() -> None:
    position = replace(held("0.03"), entry_price=94_000 + THIRD, mark_price=D("94012.12345678"), tick=TICK)
    told = position_object(replace(position, unrealised=D("12.14793620385")))
    assert (told["entry_price"], told["mark_price"], told["unrealised"]) == (
        "94000.333",
        "94012.12345678",
        "12.14793620385",
    )
    assert position_object(replace(position, unrealised=THIRD))["unrealised"] == "0.33333333"
    assert position_object(replace(position, tick=None))["entry_price"] == "94000.33333333"


def test_people_are_told_to_the_tick_and_to_the_cent() -> None:
    position = replace(
        held("0.03"), entry_price=94_000 + THIRD, mark_price=D("94012.38"), tick=TICK, unrealised=D("0.3654")
    )
    text = in_words(status_with(position_object(replace(position, stop_price=None))))
    assert "equity 10011.32  day 0.00" in text
    assert "0.03 at 94000.3  mark 94012.4  P&L 0.37  stop none  liquidation 63000.0" in text
    assert "None" not in text
    unknown = replace(position, mark_price=None, unrealised=None)
    assert "mark unknown  P&L unknown" in in_words(status_with(position_object(unknown)))


@pytest.mark.parametrize("side", ["long", "short"])
@virtual
async def test_a_liquidation_price_is_told_to_the_tick_and_never_farther_away_than_it_is(side: str) -> None:
    async with trading() as trader:
        await trader.opened(BTC, side)
        (position,) = [p for p in await trader.readings.positions() if p.symbol == BTC]
        (report,) = [h for h in (await trader.exchange.account_report()).positions if h.symbol == BTC]
        exact, shown = report.liquidation_price, position.liquidation_price
        assert exact is not None
        assert shown is not None
        assert position.tick is not None
        assert is_multiple(shown, position.tick)
        assert not is_multiple(exact, position.tick), "else there is nothing to round"
        nearer = (shown - exact) * (1 if side == "long" else -1)
        assert 0 < nearer < position.tick
