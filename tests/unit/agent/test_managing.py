"""When the model's money is spent, what is held is managed by rule: closed against the trend, its stop drawn nearer."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fakes.agent_parts import BTC, ETH, NOON, account, held, snapshot, trending
from tests.fakes.agent_tools import CATALOGUE
from tui_trader.agent.deciders.managing import managed
from tui_trader.agent.deciders.ports import Decision, DecisionRequest
from tui_trader.agent.observation import Observation
from tui_trader.market.ports import Snapshot
from tui_trader.tools.ports import PositionView, ToolSpec

OFFERED = tuple(tool for tool in CATALOGUE if tool.trades)


def decided(
    *markets: Snapshot, positions: tuple[PositionView, ...] = (), tools: tuple[ToolSpec, ...] = OFFERED
) -> Decision:
    """What is done with these positions in these markets."""
    observation = Observation(
        time=NOON,
        snapshots=markets,
        unusable=(),
        account=account(),
        positions=positions,
        orders=(),
        limits=(),
    )
    return managed(DecisionRequest(cycle=1, observation=observation, tools=tools, deadline=5.0), "2 of 2 USD spent")


def with_stop(stop: str | None, quantity: str = "0.01") -> PositionView:
    return replace(held(quantity), stop_price=None if stop is None else Decimal(stop))


@pytest.mark.parametrize("sign", [1, -1])
def test_it_opens_nothing_however_strong_the_trend(sign: int) -> None:
    said = decided(trending(BTC, sign=sign), trending(ETH, sign=sign))
    assert (said.calls, said.fault) == ((), None)
    assert said.reason == "manage-only, no model is asked: 2 of 2 USD spent"


@pytest.mark.parametrize(("quantity", "sign"), [("0.01", -1), ("-0.01", 1)])
def test_what_the_trend_has_turned_against_is_closed(quantity: str, sign: int) -> None:
    (call,) = decided(trending(BTC, sign=sign), positions=(with_stop("92000", quantity),)).calls
    assert (call.tool, call.arguments["symbol"]) == ("close_position", BTC)


@pytest.mark.parametrize(
    ("quantity", "stop", "moves"),
    [
        ("0.01", "92000", True),
        ("0.01", "93510", False),  # 52 bps away; a calm market would give it 43, and less than ten are not worth it
        ("0.01", "93900", False),  # nearer already: it never goes away from the market
        ("-0.01", "96000", True),
        ("-0.01", "94100", False),
        ("0.01", None, False),
    ],
)
def test_a_stop_far_away_is_drawn_nearer_and_never_further(quantity: str, stop: str | None, moves: bool) -> None:
    said = decided(snapshot(BTC), positions=(with_stop(stop, quantity),))
    assert [(call.tool, call.arguments["stop_bps"]) for call in said.calls] == ([("set_stop", 43)] if moves else [])


def test_a_tool_that_is_not_on_offer_is_not_called() -> None:
    offered = tuple(tool for tool in OFFERED if tool.name != "set_stop")
    assert decided(snapshot(BTC), positions=(with_stop("92000"),), tools=offered).calls == ()


def test_a_market_that_cannot_be_judged_is_left_alone() -> None:
    unknown = replace(snapshot(BTC), volatility=None)
    assert decided(unknown, positions=(with_stop("92000"),)).calls == ()
