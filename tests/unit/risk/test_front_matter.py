"""The policy is read in full or refused in one sentence that names file, line and the way out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.risk.scenes import BTC, ETH, POLICY, PROMPT
from tui_trader.core.words import Autonomy
from tui_trader.risk.front_matter import PolicyError, read_prompt
from tui_trader.risk.policy import Policy, Requirement, RiskLimits
from tui_trader.risk.written import duration_text, seconds_of

D = Decimal
TEXT = PROMPT.read_text()
LINES = TEXT.splitlines()


def refusal(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        read_prompt(text, file="prompts/trader.md")
    return str(caught.value)


def answer(text: str) -> str | None:
    """The refusal, if it is one."""
    try:
        read_prompt(text, file="f")
    except PolicyError as refused:
        return str(refused)
    return None


def line_of(start: str) -> int:
    return next(number for number, line in enumerate(LINES, start=1) if line.strip().startswith(start))


def test_the_shipped_prompt_is_the_design() -> None:
    policy, body = read_prompt(TEXT, file="prompts/trader.md")
    assert (policy.name, policy.symbols, policy.interval, policy.autonomy) == (
        "trader",
        (BTC, ETH),
        60.0,
        Autonomy.AUTO,
    )
    risk = policy.risk
    assert (risk.max_order_notional, risk.max_leverage, risk.take_profit) == (D(2_000), 3, Requirement.REQUIRED)
    assert (risk.reentry_cooldown, risk.min_hold, risk.max_quote_age) == (900.0, 180.0, 5.0)
    assert (policy.llm.deadline, policy.llm.max_usd_per_day) == (5.0, D(2))
    assert body.strip()
    assert "---" not in body.splitlines()[0]


def test_money_never_passes_through_a_float() -> None:
    text = TEXT.replace("max_order_notional: 2000 ", "max_order_notional: 2000.100000000001 ")
    exact = read_prompt(text, file="x").policy.risk.max_order_notional
    assert exact == D("2000.100000000001")


def test_the_policy_survives_the_journal() -> None:
    assert Policy.model_validate(POLICY.as_record()) == POLICY
    assert not any(isinstance(value, float) for value in POLICY.model_dump(mode="json")["risk"].values())


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    assert read_prompt("\ufeff" + TEXT.replace("\n", "\r\n"), file="x").policy == POLICY


@pytest.mark.parametrize("field", [name for name, field in RiskLimits.model_fields.items() if field.is_required()])
def test_a_missing_limit_is_named_with_its_place_and_what_to_add(field: str) -> None:
    number = line_of(f"{field}:")
    said = refusal("\n".join(line for line in LINES if not line.strip().startswith(f"{field}:")))
    assert said.startswith(f"prompts/trader.md, line {number - 1}: {field} is missing. Every limit must be set; add")
    assert 'under "risk:"' in said
    assert "\n" not in said


def test_the_sentence_for_a_missing_limit() -> None:
    said = refusal("\n".join(line for line in LINES if "max_leverage:" not in line))
    assert said == (
        "prompts/trader.md, line 9: max_leverage is missing. "
        'Every limit must be set; add "max_leverage: 3" under "risk:".'
    )


@pytest.mark.parametrize(
    ("was", "becomes", "line", "words"),
    [
        ("max_leverage: 3", "max_levrage: 3", 10, ["max_levrage is not a known setting", '"max_leverage"']),
        ("name: trader", "name: trader\nmax_leverage: 3", 3, ["max_leverage is not", "risk: max_leverage"]),
        ("name: trader", "name: trader\nzzz: 3", 3, ["zzz is not a known setting", "Remove it."]),
        ("max_leverage: 3", "max_leverage: 3\n  max_leverage: 5", 11, ["set twice", "line 10"]),
        ("max_leverage: 3 ", "max_leverage: 0 ", 10, ['max_leverage is "0"', "whole number from 1 to 125"]),
        ("max_leverage: 3 ", "max_leverage: 3.5 ", 10, ['"3.5"', "whole number"]),
        ("max_leverage: 3 ", "max_leverage: -3 ", 10, ['"-3"']),
        ("max_leverage: 3 ", "max_leverage: ", 10, ["max_leverage is empty"]),
        ("max_leverage: 3 ", "max_leverage: [3] ", 10, ["max_leverage is a list"]),
        ("_order_notional: 2000 ", "_order_notional: .nan ", 7, ['".nan"', "a number from 1"]),
        ("_order_notional: 2000 ", "_order_notional: NaN ", 7, ['"NaN"']),
        ("_order_notional: 2000 ", "_order_notional: inf ", 7, ['"inf"']),
        ("_order_notional: 2000 ", "_order_notional: 2e3 ", 7, ['"2e3"', "plain digits"]),
        ("_order_notional: 2000 ", "_order_notional: 2,000 ", 7, ['"2,000"']),
        ("_order_notional: 2000 ", "_order_notional: ٢٠٠٠ ", 7, ["plain digits"]),
        ("_order_notional: 2000 ", "_order_notional: 100000001 ", 7, ["to 100000000"]),
        ("interval: 60s", "interval: 60", 4, ['interval is "60"', "units s, m, h, d"]),
        ("interval: 60s", "interval: 1 minute", 4, ["units s, m, h, d"]),
        ("interval: 60s", "interval: 0s", 4, ["from 1s to 1d"]),
        ("min_hold: 3m", "min_hold: 3min", 24, ['"3min"', "units s, m, h, d"]),
        ("autonomy: auto", "autonomy: yolo", 5, ["'observe', 'approve' or 'auto'"]),
        ("stop_loss: required", "stop_loss: optional", 12, ["'required'"]),
        ("[BTCUSDT, ETHUSDT]", "[btcusdt]", 3, ["upper case"]),
        ("[BTCUSDT, ETHUSDT]", "[BTCUSDT, BTCUSDT]", 3, ["different symbols"]),
        ("[BTCUSDT, ETHUSDT]", "[]", 3, ["one to 50"]),
        ("[BTCUSDT, ETHUSDT]", "BTCUSDT", 3, ["a list of"]),
        ("risk:\n", "risk: 3\nx:\n", 7, ["x is not a known setting"]),
        ("name: trader", "name: ../etc", 2, ["short name"]),
        ("model: gpt-5.4-mini", "model: ''", 32, ["model is empty", "name of a model"]),
        ("name: trader", "name: [trader", 3, ["not YAML"]),
        ("name: trader", "name: &a [*a]", 2, ["anchors"]),
        ("name: trader", "? [a]\n: b", 2, ["plain word"]),
        ("name: trader", "name: \x07", 2, ["plain text", "forbids a character"]),
    ],
)
def test_a_wrong_front_matter_is_refused_where_it_is_wrong(was: str, becomes: str, line: int, words: list[str]) -> None:
    assert was in TEXT
    said = refusal(TEXT.replace(was, becomes, 1))
    assert said.startswith(f"prompts/trader.md, line {line}: ")
    assert all(word in said for word in words)
    assert said.endswith((".", "?"))
    assert "\n" not in said


def test_a_file_without_front_matter_says_how_to_begin_and_to_end() -> None:
    assert "line 1" in refusal("")
    assert 'Begin the file with a line "---"' in refusal("You are a trader.")
    assert 'Close it with a line "---"' in refusal("---\nname: trader\n")
    assert "no list of settings" in refusal("---\n- a\n---\n")


@given(text=st.text(max_size=200), cut=st.integers(0, 2_000))
def test_whatever_is_in_the_file_the_answer_is_a_policy_or_a_sentence(text: str, cut: int) -> None:
    for attempt in (text, f"---\n{text}\n---\n", TEXT[:cut] + text + TEXT[cut:]):
        sentence = answer(attempt)
        assert sentence is None or sentence.startswith("f, line ")


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60.0), ("0.5s", 0.5), ("15m", 900.0), ("1h", 3_600.0), ("1d", 86_400.0)]
)
def test_durations(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds
    assert seconds_of(duration_text(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "60", "s", "1w", "1 m", "-1s", "1e3s", "1.s", "٣s"])
def test_what_is_no_duration(text: str) -> None:
    assert seconds_of(text) is None
