"""A changed policy: what tightens holds at once, what loosens waits, and no field escapes the comparison."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.trader_parts import PROMPT
from tui_trader.core.words import Autonomy, Symbol
from tui_trader.risk.change import NothingLeftToTrade, change_of, fields_of_policy, meanings
from tui_trader.risk.front_matter import read_prompt
from tui_trader.risk.hours import Window
from tui_trader.risk.policy import Policy, Requirement, TriageScope
from tui_trader.risk.terms import TERMS

POLICY = read_prompt(PROMPT.read_text(), file="trader.md").policy

LOOSER: dict[str, object] = {
    "symbols": (*POLICY.symbols, Symbol("SOLUSDT")),
    "interval": 30.0,
    "approval_expiry": 600.0,
    "risk.take_profit": Requirement.OPTIONAL,
    "risk.min_reward_to_risk": Decimal("0.5"),
    "risk.reentry_cooldown": 1.0,
    "risk.min_hold": 1.0,
    "risk.min_liquidation_distance_pct": Decimal(1),
    "risk.entry_spacing": 0.0,
    "risk.min_target_to_fees": Decimal(0),
    "risk.trading_hours": (Window(480, 961),),
    "risk.breaker_window": 60.0,
    "llm.model": "another",
    "llm.fallback_model": "another",
    "llm.slow_interval": None,
    "triage.applies_to": TriageScope.NOBODY,
    "triage.move_atr": Decimal(1),
    "triage.move_bps": Decimal(1),
    "triage.trend_atr": Decimal(1),
    "triage.held_every": 1,
    "triage.flat_every": 1,
    "triage.early_move_atr": Decimal(1),
    "triage.early_spacing": 1.0,
}
"""Looser than the tight policy below where more is not looser."""
LIMIT_NOTHING = {"name", "risk.stop_loss"}


def changed(policy: Policy, field: str, value: object) -> Policy:
    section, _, name = field.rpartition(".")
    if not section:
        return policy.model_copy(update={name: value})
    return policy.model_copy(update={section: getattr(policy, section).model_copy(update={name: value})})


def value_of(policy: Policy, field: str) -> object:
    section, _, name = field.rpartition(".")
    return getattr(getattr(policy, section) if section else policy, name)


TIGHT = changed(
    changed(
        changed(
            changed(
                changed(
                    changed(changed(POLICY, "autonomy", Autonomy.OBSERVE), "llm.slow_interval", 600.0),
                    "risk.trading_hours",
                    (Window(480, 960),),
                ),
                "llm.max_usd_per_hour",
                Decimal("0.1"),
            ),
            "llm.max_usd_per_month",
            Decimal(1),
        ),
        "risk.approve_above_notional",
        Decimal(100),
    ),
    "triage.applies_to",
    TriageScope.EVERY,
)


def looser(field: str) -> object:
    if field in LOOSER:
        return LOOSER[field]
    if field == "autonomy":
        return Autonomy.APPROVE
    value = value_of(TIGHT, field)
    assert isinstance(value, int | float | Decimal)
    return value + 1


def test_every_field_of_the_policy_has_its_term_and_none_has_gone() -> None:
    assert tuple(TERMS) == fields_of_policy()


@pytest.mark.parametrize("field", [field for field in TERMS if field not in LIMIT_NOTHING])
def test_what_loosens_waits_and_what_tightens_holds_at_once(field: str) -> None:
    wanted = changed(TIGHT, field, looser(field))
    loosening = change_of(TIGHT, wanted)
    assert (loosening.now, loosening.tightened, loosening.loosened) == (TIGHT, (), (field,))
    if field in ("llm.model", "llm.fallback_model"):
        return  # whichever way, it is another model
    tightening = change_of(wanted, TIGHT)
    assert (tightening.now, tightening.tightened, tightening.loosened) == (TIGHT, (field,), ())


@pytest.mark.parametrize(
    "field", ["risk.approve_above_notional", "risk.trading_hours", "llm.max_usd_per_hour", "llm.max_usd_per_month"]
)
def test_a_limit_that_is_left_out_is_the_loosest(field: str) -> None:
    without = changed(TIGHT, field, None)
    assert change_of(TIGHT, without).loosened == (field,)
    assert change_of(without, TIGHT).tightened == (field,)


def test_of_a_mixed_change_the_tighter_half_holds() -> None:
    wanted = changed(changed(POLICY, "risk.max_leverage", 2), "risk.max_order_notional", Decimal(9_999))
    change = change_of(POLICY, wanted)
    assert change.now == changed(POLICY, "risk.max_leverage", 2)
    assert (change.tightened, change.loosened) == (("risk.max_leverage",), ("risk.max_order_notional",))


def test_a_symbol_that_goes_goes_at_once_and_one_that_comes_waits() -> None:
    wanted = changed(POLICY, "symbols", (Symbol("SOLUSDT"), Symbol("ETHUSDT")))
    change = change_of(POLICY, wanted)
    assert change.now.symbols == ("ETHUSDT",)
    assert (change.tightened, change.loosened) == (("symbols",), ("symbols",))
    with pytest.raises(NothingLeftToTrade, match="trades SOLUSDT, and this run trades BTCUSDT"):
        change_of(POLICY, changed(POLICY, "symbols", (Symbol("SOLUSDT"),)))


figures = st.decimals(min_value=1, max_value=100, places=2)


@given(st.lists(st.tuples(figures, figures, st.integers(1, 50)), min_size=1, max_size=4))
def test_without_a_persons_word_a_policy_only_tightens(steps: list[tuple[Decimal, Decimal, int]]) -> None:
    """However often the file changes, nothing that holds is ever looser than what held before."""
    current = POLICY
    for notional, ratio, entries in steps:
        wanted = changed(POLICY, "risk.max_order_notional", notional)
        wanted = changed(changed(wanted, "risk.min_reward_to_risk", ratio), "risk.max_entries_per_day", entries)
        before, current = current, change_of(current, wanted).now
        assert current.risk.max_order_notional <= before.risk.max_order_notional
        assert current.risk.min_reward_to_risk >= before.risk.min_reward_to_risk
        assert current.risk.max_entries_per_day <= before.risk.max_entries_per_day


def test_each_limit_is_told_with_its_value() -> None:
    told = {each.field: each for each in meanings(POLICY)}
    assert told["risk.max_order_notional"].sentence.startswith("One order is worth at most 2000 ")
    assert told["risk.reentry_cooldown"].sentence.endswith("for 15m.")
    assert told["symbols"].sentence == "It trades BTCUSDT, ETHUSDT and nothing else."
    assert told["risk.approve_above_notional"].sentence.startswith("No size of its own asks you")
    assert all(each.sentence and "{" not in each.sentence for each in told.values())
