"""The baseline: follows what is large against the market's own noise, leaves when it turns, never adds or flips."""

import asyncio
import csv
import gzip
import math
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.agent_parts import BTC, ETH, NOON, account, held, snapshot, trending
from tests.fakes.agent_tools import CATALOGUE
from tui_trader.agent.deciders.ports import Decision, DecisionRequest
from tui_trader.agent.deciders.rules import STOP_BPS, Reading, RulesDecider, reading_of
from tui_trader.agent.observation import Observation
from tui_trader.agent.proposals import fault_in
from tui_trader.core.clock import Instant, from_milliseconds
from tui_trader.core.market import Candle
from tui_trader.core.words import TradingState
from tui_trader.market.figures import Figures
from tui_trader.market.ports import Snapshot
from tui_trader.tools.ports import PositionView

DATA = Path(__file__).parents[4] / "shared" / "data" / "BTCUSDT-1m-2025-05-05_2025-05-25.csv.gz"
TOOLS = tuple(tool for tool in CATALOGUE if tool.trades)


def decide(
    *markets: Snapshot, positions: tuple[PositionView, ...] = (), state: TradingState = TradingState.ACTIVE
) -> Decision:
    observation = Observation(
        time=NOON,
        snapshots=markets,
        unusable=(),
        account=account(state),
        positions=positions,
        orders=(),
        limits=(),
    )
    request = DecisionRequest(cycle=1, observation=observation, tools=TOOLS, deadline=5.0)
    return asyncio.run(RulesDecider().decide(request))


@pytest.mark.parametrize(("sign", "side"), [(1, "long"), (-1, "short")])
def test_flat_it_goes_with_the_trend(sign: int, side: str) -> None:
    decision = decide(trending(sign=sign))
    assert [(c.tool, c.arguments["side"]) for c in decision.calls] == [("open_position", side)]
    assert fault_in(decision.calls, TOOLS) is None, "the same calls as a model's, by the same schema"
    assert decision.cost == 0


def test_a_calm_market_is_a_hold() -> None:
    assert decide(snapshot()).calls == ()


def test_trend_and_recent_move_must_agree() -> None:
    assert decide(replace(trending(), return_15m=-0.01)).calls == ()
    assert decide(replace(trending(), return_15m=0.0)).calls == ()


def test_a_position_is_closed_when_the_trend_turns_and_not_before() -> None:
    long = (held("0.01"),)
    assert [c.tool for c in decide(trending(sign=-1), positions=long).calls] == ["close_position"]
    assert decide(trending(sign=1), positions=long).calls == (), "it does not add"
    assert decide(snapshot(), positions=long).calls == (), "no trend is no reason to leave"


def test_reducing_it_only_closes() -> None:
    decision = decide(trending(BTC, sign=-1), trending(ETH), positions=(held("0.01"),), state=TradingState.REDUCING)
    assert [(c.tool, c.arguments["symbol"]) for c in decision.calls] == [("close_position", BTC)]


@pytest.mark.parametrize(
    "market",
    [
        replace(trending(), ema_fast=None),
        replace(trending(), ema_slow=None),
        replace(trending(), atr=None),
        replace(trending(), volatility=None),
        replace(trending(), volatility=0.0),
        replace(trending(), return_15m=None),
        replace(trending(), return_15m=math.inf),
    ],
)
def test_a_missing_figure_is_a_hold(market: Snapshot) -> None:
    assert reading_of(market) is None
    assert decide(market).calls == ()


@given(st.floats(-500, 500), st.floats(-500, 500), st.floats(0.1, 100), st.floats(0, 1_000))
def test_it_never_wants_in_and_out_at_once(trend: float, move: float, volatility: float, atr: float) -> None:
    reading = Reading(trend, move, volatility, atr)
    assert STOP_BPS[0] <= reading.stop_bps <= STOP_BPS[1]
    if reading.direction:
        assert not reading.is_against(reading.direction), "what it would enter it would not leave"


@dataclass
class Trade:
    """One simulated round trip: minutes at which it began and ended."""

    opened: int
    closed: int


def _candles(count: int) -> list[Candle]:
    if not DATA.exists():
        pytest.skip("real market data is not beside the checkout")
    with gzip.open(DATA, "rt") as lines:
        rows = [row for _, row in zip(range(count), csv.DictReader(lines), strict=False)]
    return [
        Candle(
            BTC,
            from_milliseconds(int(row["open_time"])),
            60,
            *(Decimal(row[name]) for name in ("open", "high", "low", "close", "volume")),
        )
        for row in rows
    ]


def _snapshot_of(figures: Figures, candle: Candle) -> Snapshot:
    base = snapshot(BTC, time=Instant(candle.time), price=str(candle.close))
    return replace(
        base,
        ema_fast=figures.ema_fast.value,
        ema_slow=figures.ema_slow.value,
        atr=figures.atr.value,
        volatility=figures.volatility.value,
        return_15m=figures.closes.change(15),
    )


def _traded(candles: list[Candle]) -> list[Trade]:
    """Round trips by signal alone: entries as the rules want them, out on a turn, a stop or a take-profit."""
    figures, trades, opened, sign = Figures(), list[Trade](), 0, 0
    stop = target = Decimal(0)
    for minute, candle in enumerate(candles):
        figures.add(candle)
        reading = reading_of(_snapshot_of(figures, candle))
        if reading is None:
            continue
        if sign:
            hit = candle.low <= min(stop, target) or candle.high >= max(stop, target)
            if hit or reading.is_against(sign):
                trades.append(Trade(opened, minute))
                sign = 0
        elif reading.direction:
            sign, opened = reading.direction, minute
            distance = candle.close * reading.stop_bps / 10_000
            stop, target = candle.close - sign * distance, candle.close + 2 * sign * distance
    return trades


@pytest.mark.data
def test_it_trades_a_handful_of_times_in_500_recorded_minutes_and_does_not_churn() -> None:
    trades = _traded(_candles(500))
    assert 3 <= len(trades) <= 10
    held_for = sorted(trade.closed - trade.opened for trade in trades)
    assert held_for[len(held_for) // 2] >= 15, "half of the trades last a quarter of an hour or longer"
