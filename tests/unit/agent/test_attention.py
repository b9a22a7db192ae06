"""Triage by change: the same view is not paid for twice, what matters is, and each threshold is where it says."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fakes.agent_parts import BTC, ETH, NOON, ScriptedDecider, account, held, snapshot
from tests.fakes.agent_parts import policy as plain_policy
from tests.unit.agent.cycles import Bench, in_virtual_time
from tui_trader.agent.attention import news, seen_of
from tui_trader.agent.deciders.ports import Decision
from tui_trader.agent.faults import Fault
from tui_trader.agent.observation import Observation
from tui_trader.agent.trace import NodeName
from tui_trader.core.clock import LoopClock, later
from tui_trader.core.words import CycleVerdict, TradingState
from tui_trader.market.ports import Snapshot
from tui_trader.risk.policy import Policy, Triage, TriageScope

INTERVAL = 60.0
RULES = Triage(move_atr=Decimal(2), move_bps=Decimal(1), trend_atr=Decimal(1), held_every=5, flat_every=30)
"""With a range of 50 and a price of 94,000, 100 is the move that matters and 50 the change of trend."""
CALM = snapshot(BTC)


def view(
    market: Snapshot = CALM, *, minutes: float = 0.0, holds: bool = False, state: TradingState = TradingState.ACTIVE
) -> Observation:
    return Observation(
        time=later(NOON, minutes * 60),
        snapshots=(market,),
        unusable=(),
        account=account(state),
        positions=(held("0.01"),) if holds else (),
        orders=(),
        limits=(),
    )


def said(was: Observation, now: Observation, rules: Triage = RULES) -> str | None:
    return news(seen_of(was, rules), now, rules, INTERVAL)


def moved(by: str) -> Snapshot:
    return replace(CALM, bid=CALM.bid + Decimal(by), ask=CALM.ask + Decimal(by))


def with_gap(gap: float, atr: float | None = 50.0) -> Snapshot:
    assert CALM.ema_slow is not None
    return replace(CALM, ema_fast=CALM.ema_slow + gap, atr=atr)


def test_the_same_view_a_minute_later_is_no_news() -> None:
    assert said(view(), view(minutes=1)) is None


@pytest.mark.parametrize(("by", "matters"), [("99.9", False), ("100", True), ("-100", True), ("-99.9", False)])
def test_a_move_matters_from_its_share_of_the_range_on(by: str, matters: bool) -> None:
    assert (said(view(), view(moved(by))) is not None) is matters


def test_in_a_market_without_range_a_move_still_needs_its_basis_points() -> None:
    rules = RULES.model_copy(update={"move_bps": Decimal(20)})
    dead = replace(CALM, atr=0.0)
    assert said(view(dead), view(replace(moved("187"), atr=0.0)), rules) is None
    assert said(view(dead), view(replace(moved("189"), atr=0.0)), rules) is not None


@pytest.mark.parametrize(("gap", "matters"), [(49.9, False), (50.1, True), (-50.1, True)])
def test_a_change_of_the_trend_matters_from_its_share_of_the_range_on(gap: float, matters: bool) -> None:
    assert (said(view(), view(with_gap(gap))) is not None) is matters


def test_figures_that_come_or_go_are_news() -> None:
    unknown = replace(CALM, ema_fast=None)
    assert said(view(unknown), view()) is not None
    assert said(view(), view(unknown)) is not None
    assert said(view(unknown), view(unknown)) is None


@pytest.mark.parametrize(("minutes", "holds", "due"), [(4.4, True, False), (4.6, True, True), (29, False, False)])
def test_what_is_held_is_looked_at_after_its_intervals_and_a_flat_account_after_more(
    minutes: float, holds: bool, due: bool
) -> None:
    assert (said(view(holds=holds), view(minutes=minutes, holds=holds)) is not None) is due
    assert said(view(), view(minutes=29.6)) == "not looked at for 30 intervals"


def test_a_fill_a_moved_stop_or_another_trading_state_is_news() -> None:
    assert said(view(), view(holds=True)) == "what is held or worked has changed"
    moved_stop = replace(held("0.01"), stop_price=Decimal(92_500))
    assert said(view(holds=True), replace(view(), positions=(moved_stop,))) == "what is held or worked has changed"
    assert said(view(), view(state=TradingState.REDUCING)) == "trading is REDUCING now"


def test_a_symbol_that_becomes_usable_is_news() -> None:
    assert said(view(), replace(view(), snapshots=(CALM, snapshot(ETH)))) == "other symbols can be judged now"


@pytest.mark.parametrize(("left", "holds", "matters"), [(601, True, False), (599, True, True), (599, False, False)])
def test_funding_that_comes_near_matters_to_what_is_held_and_once(left: float, holds: bool, matters: bool) -> None:
    near = replace(CALM, next_funding=later(NOON, left))
    assert (said(view(holds=holds), view(near, holds=holds)) is not None) is matters
    assert said(view(near, holds=holds), view(near, holds=holds)) is None


# ---------------------------------------------------------------- in the cycle


def triaging(scope: TriageScope = TriageScope.EVERY) -> Policy:
    return plain_policy().model_copy(update={"triage": RULES.model_copy(update={"applies_to": scope})})


def run(
    *decisions: Decision, cycles: int, policy: Policy, between: Callable[[Bench], None] = lambda _: None
) -> tuple[list[CycleVerdict], Bench]:
    async def scenario(clock: LoopClock) -> tuple[list[CycleVerdict], Bench]:
        bench = Bench(clock, ScriptedDecider(decisions), policy=policy)
        agent = bench.agent()
        verdicts: list[CycleVerdict] = []
        for number in range(1, cycles + 1):
            verdicts.append((await agent.cycle(number)).verdict)
            await clock.sleep(INTERVAL)
            between(bench)
        return verdicts, bench

    return in_virtual_time(scenario)


def test_nothing_new_is_a_skip_that_says_so_and_asks_nobody() -> None:
    verdicts, bench = run(Decision(), cycles=3, policy=triaging())
    assert verdicts == [CycleVerdict.HOLD, CycleVerdict.SKIP, CycleVerdict.SKIP]
    assert bench.journal.decisions[1].reason == "nothing that matters has changed since the last decision"
    assert isinstance(bench.decider, ScriptedDecider)
    assert len(bench.decider.requests) == 1


def test_small_moves_add_up_since_they_are_measured_from_the_last_answer() -> None:
    def creep(bench: Bench) -> None:
        for symbol, market in bench.readings.markets.items():
            if market is not None:
                bench.readings.markets[symbol] = replace(market, bid=market.bid + 40, ask=market.ask + 40)

    verdicts, _ = run(Decision(), cycles=5, policy=triaging(), between=creep)
    assert [verdict is CycleVerdict.SKIP for verdict in verdicts] == [False, True, True, False, True]


def test_a_fault_is_no_look_so_the_next_cycle_asks_again() -> None:
    verdicts, _ = run(Decision(fault=Fault.TIMEOUT), Decision(), cycles=3, policy=triaging())
    assert verdicts == [CycleVerdict.FAULT, CycleVerdict.HOLD, CycleVerdict.SKIP]


def test_a_restart_is_news() -> None:
    """Nobody watched meanwhile, and prompt, model or program may be another: an unchanged market proves nothing."""

    async def scenario(clock: LoopClock) -> Bench:
        bench = Bench(clock, ScriptedDecider([Decision()]), policy=triaging())
        before = bench.agent()
        await before.cycle(1)
        await before.cycle(2)
        await bench.agent().cycle(3)
        return bench

    bench = in_virtual_time(scenario)
    assert [d.verdict for d in bench.journal.decisions] == [CycleVerdict.HOLD, CycleVerdict.SKIP, CycleVerdict.HOLD]
    assert [e.note for e in bench.finished if e.node is NodeName.TRIAGE][2] == (
        "worth a decision: the first look since the start"
    )


@pytest.mark.parametrize(
    ("scope", "asks_model", "skips"),
    [
        (TriageScope.MODEL, False, False),
        (TriageScope.MODEL, True, True),
        (TriageScope.EVERY, False, True),
        (TriageScope.NOBODY, True, False),
    ],
)
def test_whose_decisions_are_skipped_is_the_policys_to_say(scope: TriageScope, asks_model: bool, skips: bool) -> None:
    async def scenario(clock: LoopClock) -> CycleVerdict:
        bench = Bench(clock, ScriptedDecider([Decision()]), policy=triaging(scope), asks_model=asks_model)
        agent = bench.agent()
        await agent.cycle(1)
        return (await agent.cycle(2)).verdict

    assert (in_virtual_time(scenario) is CycleVerdict.SKIP) is skips
