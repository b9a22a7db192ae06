"""What a decider is asked and when: not in vain, not beyond the budget, not while it rests."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.fakes.agent_parts import BTC, ETH, NOON, REPEATS, ScriptedDecider, account, held, snapshot
from tests.fakes.agent_tools import CLOSE_ARGUMENTS, OPEN_ARGUMENTS
from tests.unit.agent.cycles import Bench, in_virtual_time, one_cycle, wants
from tui_trader.agent.deciders.ports import Decision
from tui_trader.agent.faults import Fault
from tui_trader.core.clock import LoopClock, later
from tui_trader.core.records import BreakerChanged
from tui_trader.core.words import BreakerScope, CycleVerdict, Symbol, TradingState

OPEN = ("open_position", OPEN_ARGUMENTS)
CLOSE = ("close_position", CLOSE_ARGUMENTS)


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda b: setattr(b.readings, "money", account(TradingState.HALTED, reason="operator")), "HALTED: operator"),
        (lambda b: setattr(b.readings, "money", account(TradingState.REDUCING)), "REDUCING, and nothing is left"),
        (lambda b: setattr(b.readings, "markets", {}), "BTCUSDT: no data yet; ETHUSDT: no data yet"),
        (
            lambda b: setattr(b.readings, "markets", {s: replace(snapshot(s), quote_age=9.0) for s in (BTC, ETH)}),
            "quote is 9.0 s old",
        ),
        (
            lambda b: setattr(b.readings, "markets", {s: replace(snapshot(s), candle_age=400.0) for s in (BTC, ETH)}),
            "last candle is 400 s old",
        ),
    ],
)
def test_nothing_to_decide_is_a_skip_that_asks_nobody(prepare: Callable[[Bench], None], reason: str) -> None:
    decided, bench = one_cycle(wants(OPEN), prepare=prepare)
    assert decided.verdict is CycleVerdict.SKIP
    assert reason in decided.reason
    assert bench.path == ["gather", "triage", "log_decision"]
    assert isinstance(bench.decider, ScriptedDecider)
    assert bench.decider.requests == []


def test_a_figure_without_history_is_unknown_and_no_reason_to_ask_nobody() -> None:
    def prepare(bench: Bench) -> None:
        bench.readings.markets = {s: replace(snapshot(s), ema_slow=None, candle_age=None) for s in (BTC, ETH)}

    _, bench = one_cycle(Decision(), prepare=prepare)
    assert isinstance(bench.decider, ScriptedDecider)
    assert [s.ema_slow for s in bench.decider.requests[0].observation.snapshots] == [None, None]


def test_one_stale_symbol_is_left_out_and_named() -> None:
    def prepare(bench: Bench) -> None:
        bench.readings.markets[ETH] = None

    _, bench = one_cycle(Decision(), prepare=prepare)
    assert isinstance(bench.decider, ScriptedDecider)
    seen = bench.decider.requests[0].observation
    assert [s.symbol for s in seen.snapshots] == [BTC]
    assert [(u.symbol, u.reason) for u in seen.unusable] == [(ETH, "no data yet")]


def test_reducing_with_a_position_is_still_decided() -> None:
    def prepare(bench: Bench) -> None:
        bench.readings.money = account(TradingState.REDUCING)
        bench.readings.held = (held("0.01"),)

    decided, _ = one_cycle(wants(CLOSE), prepare=prepare)
    assert decided.verdict is CycleVerdict.TRADE


def test_without_money_a_flat_account_is_skipped_with_the_cap_s_name() -> None:
    def prepare(bench: Bench) -> None:
        bench.decider = ScriptedDecider([Decision()], no_money="model budget: 2 of 2 USD spent this day")

    decided, bench = one_cycle(prepare=prepare)
    assert isinstance(bench.decider, ScriptedDecider)
    assert bench.decider.requests == []
    assert (decided.verdict, decided.reason) == (CycleVerdict.SKIP, "model budget: 2 of 2 USD spent this day")


def test_without_money_what_is_held_is_still_managed() -> None:
    def prepare(bench: Bench) -> None:
        bench.readings.held = (held("0.01"),)
        bench.decider = ScriptedDecider([wants(CLOSE)], no_money="model budget: 2 of 2 USD spent this day")

    decided, _ = one_cycle(prepare=prepare)
    assert decided.verdict is CycleVerdict.TRADE


def test_only_trading_tools_are_offered() -> None:
    _, bench = one_cycle(Decision())
    assert isinstance(bench.decider, ScriptedDecider)
    assert all(tool.trades for tool in bench.decider.requests[0].tools)


def test_after_too_many_faults_the_decider_rests_and_is_then_probed() -> None:
    async def scenario(clock: LoopClock) -> list[str]:
        decider = ScriptedDecider([Decision(fault=Fault.TIMEOUT)] * 3 + [Decision(reason="well again")])
        bench = Bench(clock, decider)
        agent = bench.agent()
        verdicts: list[str] = []
        for number, wait in enumerate((0, 1, 1, 1, 40, 1), start=1):
            await clock.sleep(wait)
            verdicts.append((await agent.cycle(number)).verdict.value)
        assert len(decider.requests) == 5
        return verdicts

    assert in_virtual_time(scenario) == ["fault", "fault", "fault", "skip", "hold", "hold"]


def test_symbols_are_shown_in_the_order_of_their_names() -> None:
    def prepare(bench: Bench) -> None:
        bench.policy = bench.policy.model_copy(update={"symbols": (ETH, BTC)})
        bench.readings.markets = {ETH: snapshot(ETH), BTC: snapshot(BTC, time=later(NOON, 0))}

    _, bench = one_cycle(Decision(), prepare=prepare)
    assert isinstance(bench.decider, ScriptedDecider)
    assert [s.symbol for s in bench.decider.requests[0].observation.snapshots] == [Symbol("BTCUSDT"), ETH]


def test_while_a_person_has_to_resume_a_flat_account_asks_nobody() -> None:
    decided, bench = one_cycle(wants(OPEN), prepare=lambda b: setattr(b.readings, "tripped", (REPEATS,)))
    assert decided.verdict is CycleVerdict.SKIP
    assert decided.reason == f"decider: {REPEATS.reason}; a person has to resume"
    assert isinstance(bench.decider, ScriptedDecider)
    assert bench.decider.requests == []


def test_what_is_held_is_managed_while_a_person_has_to_resume() -> None:
    def prepare(bench: Bench) -> None:
        bench.readings.tripped = (REPEATS,)
        bench.readings.held = (held("0.01"),)

    decided, _ = one_cycle(wants(CLOSE), prepare=prepare)
    assert decided.verdict is CycleVerdict.TRADE


def test_looks_that_find_no_symbol_to_judge_are_failures_of_the_markets_data_and_one_that_does_ends_them() -> None:
    async def scenario(clock: LoopClock) -> list[tuple[bool, int]]:
        bench = Bench(clock, ScriptedDecider([wants(OPEN)]))
        agent, markets = bench.agent(), bench.readings.markets
        for cycle in range(1, 5):
            bench.readings.markets = {} if cycle < 4 else markets
            await agent.cycle(cycle)
        rows = [row.record for row in bench.journal.rows if isinstance(row.record, BreakerChanged)]
        assert {record.scope for record in rows} == {BreakerScope.MARKET}
        return [(record.open, record.failures) for record in rows]

    assert in_virtual_time(scenario) == [(False, 1), (False, 2), (True, 3), (False, 0)]
