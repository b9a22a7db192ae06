"""Prompts: the user's wins over the shipped one, errors name file and way out, only policy values get in."""

from pathlib import Path

import pytest

from tests.fakes.agent_parts import POLICY_TEXT, policy
from tui_trader.agent.prompt import find_prompt, load_prompt
from tui_trader.core.words import Autonomy
from tui_trader.risk.front_matter import PolicyError

SHIPPED = Path(__file__).parents[3] / "prompts"
TEXT = POLICY_TEXT.format(autonomy="auto", deadline="5s", budget="2.00")


def write(folder: Path, name: str, text: str = TEXT) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_first_folder_wins(tmp_path: Path) -> None:
    mine, shipped = write(tmp_path / "home", "trader.md"), write(tmp_path / "shipped", "trader.md")
    assert find_prompt("trader", [mine.parent, shipped.parent]) == mine
    assert find_prompt("trader", [tmp_path / "empty", shipped.parent]) == shipped


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, "other.md")
    assert find_prompt(str(path), []) == path


@pytest.mark.parametrize("name", ["nobody", "no/such/file.md"])
def test_a_missing_prompt_is_named_with_the_way_out(name: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=name):
        find_prompt(name, [tmp_path])


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="UTF-8"):
        load_prompt("bad", [tmp_path])


def test_the_same_text_has_the_same_hash_and_another_policy_another(tmp_path: Path) -> None:
    write(tmp_path, "trader.md")
    prompt = load_prompt("trader", [tmp_path])
    assert prompt.rendered().text == "Trade BTCUSDT, ETHUSDT with leverage up to 3."
    assert prompt.rendered() == prompt.rendered()
    fewer = policy().model_copy(update={"symbols": ("BTCUSDT",)})
    assert prompt.rendered(fewer).sha256 != prompt.rendered().sha256


@pytest.mark.parametrize(
    "body",
    [
        "{{ policy.nothing_such }}",
        "{{ secret }}",
        "{{ policy.__class__ }}",
        "{% for %}",
        "{{ policy.symbols.append(1) }}",
    ],
)
def test_a_body_that_reaches_beyond_the_policy_does_not_render(body: str, tmp_path: Path) -> None:
    path = write(tmp_path, "trader.md", TEXT.split("---\nTrade")[0] + "---\n" + body)
    with pytest.raises(PolicyError, match=str(path)):
        load_prompt(str(path), []).rendered()


@pytest.mark.parametrize("name", ["trader", "reversion", "manager"])
def test_the_shipped_prompts_render_with_their_own_limits(name: str) -> None:
    prompt = load_prompt(name, [SHIPPED])
    assert prompt.policy.name == name
    text = prompt.rendered().text
    assert str(prompt.policy.risk.max_leverage) in text
    assert "hold" in text
    assert "{{" not in text
    assert len(text) < 6_000, "each decision pays for it"


def test_the_manager_lets_a_person_open_and_asks_before_the_model_could() -> None:
    """What keeps the model from opening is the model's alone; what rules everybody is as in the trader's prompt."""
    manager, trader = (load_prompt(name, [SHIPPED]).policy for name in ("manager", "trader"))
    assert manager.autonomy is Autonomy.APPROVE
    assert manager.risk.entry_spacing > trader.risk.entry_spacing
    assert manager.risk.max_entries_per_day == trader.risk.max_entries_per_day
    assert manager.risk.max_risk_per_trade_pct == trader.risk.max_risk_per_trade_pct
