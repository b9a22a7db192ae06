"""The caps of live: of prompt and caps the smaller wins, field by field, and nothing else of a policy changes."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.fakes.trader_parts import PROMPT
from tui_trader.risk.caps import LiveCaps, capped, proposal
from tui_trader.risk.change import change_of
from tui_trader.risk.front_matter import read_prompt
from tui_trader.risk.policy import Policy, RiskLimits
from tui_trader.risk.terms import TERMS, more

POLICY = read_prompt(PROMPT.read_text(), file="trader.md").policy
FIELDS = tuple(LiveCaps.model_fields)
PROPOSED: dict[str, object] = {name: (field.examples or [None])[0] for name, field in LiveCaps.model_fields.items()}
WHOLE = {name for name in FIELDS if RiskLimits.model_fields[name].annotation is int}


def limits() -> st.SearchStrategy[dict[str, object]]:
    """Figures for each of the caps, within the bounds that every one of them has."""
    return st.fixed_dictionaries(
        {
            name: st.integers(1, 20) if name in WHOLE else st.decimals(1, 20, places=2).map(lambda value: f"{value:f}")
            for name in FIELDS
        }
    )


def policy_with(changes: dict[str, object]) -> Policy:
    risk = RiskLimits.model_validate(POLICY.risk.model_dump(mode="json") | changes)
    return POLICY.model_copy(update={"risk": risk})


@given(prompt=limits(), own=limits())
def test_the_result_is_never_looser_than_either(prompt: dict[str, object], own: dict[str, object]) -> None:
    policy, caps = policy_with(prompt), LiveCaps.model_validate(own)
    result = capped(policy, caps)
    assert change_of(policy, result).loosened == ()
    assert change_of(policy_with(own), result).loosened == ()
    for name in FIELDS:
        assert getattr(result.risk, name) in (getattr(policy.risk, name), getattr(caps, name))
    assert capped(result, caps) == result


@given(own=limits())
def test_nothing_but_the_capped_limits_changes(own: dict[str, object]) -> None:
    result = capped(POLICY, LiveCaps.model_validate(own))
    before, after = POLICY.model_dump(), result.model_dump()
    for name in FIELDS:
        before["risk"].pop(name), after["risk"].pop(name)
    assert before == after
    assert Policy.model_validate(json.loads(json.dumps(result.as_record()))) == result


def test_every_cap_is_a_limit_of_which_more_is_looser() -> None:
    assert all(TERMS[f"risk.{name}"].loosens is more for name in FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_every_cap_must_be_set_within_the_bounds_of_the_policys_limit(name: str) -> None:
    LiveCaps.model_validate(PROPOSED)
    with pytest.raises(ValidationError):
        LiveCaps.model_validate({key: value for key, value in PROPOSED.items() if key != name})
    for wrong in ("0", "-1", "1e3", 0.5, "100000001", "", True):
        with pytest.raises(ValidationError):
            LiveCaps.model_validate(PROPOSED | {name: wrong})


def test_what_is_proposed_is_tighter_than_the_shipped_prompts() -> None:
    caps = LiveCaps.model_validate(PROPOSED)
    for path in PROMPT.parent.glob("*.md"):
        risk = read_prompt(path.read_text(), file=path.name).policy.risk
        assert all(getattr(caps, name) <= getattr(risk, name) for name in FIELDS), path.name
    assert proposal("max_leverage") == "max_leverage = 2"
    assert proposal().count(" = ") == len(FIELDS)


def test_figures_are_kept_as_text_for_the_journal() -> None:
    record = LiveCaps.model_validate(PROPOSED | {"max_risk_per_trade_pct": Decimal("0.5")}).as_record()
    assert record["max_order_notional"] == "250"
    assert record["max_risk_per_trade_pct"] == "0.5"
