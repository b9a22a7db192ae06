"""The digest: equal observations give equal bytes, no floats, small; and the state of a cycle stays below 3 kB."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.agent_parts import BTC, ETH, NOON, ScriptedDecider, account, held, snapshot
from tests.fakes.agent_tools import OPEN_ARGUMENTS
from tests.unit.agent.cycles import Bench, in_virtual_time, wants
from tui_trader.agent.deciders.ports import Decision, DecisionRequest
from tui_trader.agent.digest import canonical, digest_of
from tui_trader.agent.observation import Observation, Unusable
from tui_trader.agent.state import MAX_ACTIONS, MAX_STATE_BYTES
from tui_trader.core.clock import LoopClock
from tui_trader.core.order import Intent, Order, OrderStatus, OrderType, Purpose
from tui_trader.core.words import Actor, ClientOrderId, Side
from tui_trader.market.ports import Snapshot
from tui_trader.tools.ports import PositionView


def observation(
    *, markets: tuple[Snapshot, ...] | None = None, positions: tuple[PositionView, ...] | None = None
) -> Observation:
    """One symbol with a position and its stop, another without data."""
    order = Order(
        client_order_id=ClientOrderId("tt-AAAAAAAAAAAAAAAAAAAAAA"),
        intent=Intent(
            symbol=BTC,
            side=Side.SELL,
            type=OrderType.STOP_MARKET,
            quantity=Decimal("0.010"),
            stop_price=Decimal("92000.0"),
            close_position=True,
            purpose=Purpose.STOP,
            actor=Actor.AGENT,
        ),
        status=OrderStatus.ACCEPTED,
        created=NOON,
        updated=NOON,
    )
    return Observation(
        time=NOON,
        snapshots=(snapshot(BTC),) if markets is None else markets,
        unusable=(Unusable(symbol=ETH, reason="no data yet"),),
        account=account(),
        positions=(held("0.01"),) if positions is None else positions,
        orders=(order,),
        limits=(),
    )


def test_figures_are_plain_text_with_their_unit_in_the_name() -> None:
    digest = json.loads(canonical(digest_of(observation())))
    market = digest["markets"]["BTCUSDT"]
    assert market["return_15m_bps"] == "3"
    assert market["volatility_bps"] == "5"
    assert market["funding_rate_bps"] == "1"
    assert market["funding_in_min"] == 240
    assert market["atr_bps"] == "5.3"
    position = digest["positions"]["BTCUSDT"]
    assert (position["side"], position["quantity"], position["move_bps"]) == ("long", "0.01", "107.5")
    assert digest["orders"][0]["stop_price"] == "92000"
    assert digest["unusable"] == {"ETHUSDT": "no data yet"}


def test_a_short_gains_when_the_market_falls() -> None:
    digest = json.loads(canonical(digest_of(observation(positions=(held("-0.01"),)))))
    assert digest["positions"]["BTCUSDT"]["side"] == "short"
    assert digest["positions"]["BTCUSDT"]["move_bps"] == "-107.5"


@given(st.floats() | st.none(), st.floats() | st.none())
def test_any_indicator_gives_json_without_floats_or_exponents(atr: float | None, volatility: float | None) -> None:
    odd = replace(snapshot(BTC), atr=atr, volatility=volatility)
    text = canonical(digest_of(observation(markets=(odd,))))
    assert text == canonical(digest_of(observation(markets=(odd,))))
    figures = json.loads(text, parse_float=pytest.fail, parse_constant=pytest.fail)["markets"]["BTCUSDT"].values()
    assert all(re.fullmatch(r"-?\d+(\.\d+)?", figure) for figure in figures if isinstance(figure, str))


def test_the_checkpointed_state_is_json_below_three_kilobytes_at_its_largest() -> None:
    longest = {**OPEN_ARGUMENTS, "reason": "ä" * 5_000}

    async def scenario(clock: LoopClock) -> dict[str, object]:
        bench = Bench(clock, ScriptedDecider([wants(*[("open_position", longest)] * MAX_ACTIONS, reason="r" * 9_000)]))
        await bench.agent().cycle(1)
        saved = [c async for c in bench.saver.alist(None)]
        return dict(saved[0].checkpoint["channel_values"])

    state = in_virtual_time(scenario)
    assert "observation" not in state
    assert len(canonical_size(state)) < MAX_STATE_BYTES
    assert state["cycle"] == 1


def canonical_size(state: dict[str, object]) -> bytes:
    """The state as JSON; fails where something in it is no JSON."""
    return json.dumps(state, ensure_ascii=False).encode()


def test_equal_observations_make_equal_digests_across_cycles() -> None:
    async def scenario(clock: LoopClock) -> list[DecisionRequest]:
        decider = ScriptedDecider([Decision()])
        bench = Bench(clock, decider)
        agent = bench.agent()
        await agent.cycle(1)
        await agent.cycle(2)
        return decider.requests

    first, second = in_virtual_time(scenario)
    assert canonical(digest_of(first.observation)) == canonical(digest_of(second.observation))
