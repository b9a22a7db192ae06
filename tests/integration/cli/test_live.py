"""Live from the command line, as it is shipped: locked, whatever is asked for; what inspects it says how it stands."""

import json
from pathlib import Path

import pytest

from tests.integration.cli.program import Shell
from tests.integration.cli.test_bad_input import SECRET, check_refused
from tests.unit.risk.test_caps import PROPOSED
from tui_trader.risk.caps import LiveCaps

CAPS = "[live_caps]\n" + "".join(f"{name} = {value}\n" for name, value in PROPOSED.items())
KEYS = {"TUI_TRADER_BINANCE__API_KEY": SECRET, "TUI_TRADER_BINANCE__API_SECRET": SECRET}


def written(home: Path, text: str) -> None:
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(text)


@pytest.mark.parametrize("how", ["flag", "variable", "file"])
def test_live_is_locked_and_says_so_before_all_else(shell: Shell, home: Path, how: str) -> None:
    written(home, 'mode = "live"\nfeed = "binance"\ndecider = "rules"\n' + CAPS if how == "file" else "")
    flags = ("--mode", "live") if how == "flag" else ()
    env = KEYS | ({"TUI_TRADER_MODE": "live"} if how == "variable" else {})
    ended = shell.run("--home", home, "run", *flags, "--i-accept-live", "live-SgsR", env=env)
    check_refused(ended, "mode live: this version does not trade real money yet", "--mode demo")
    assert not (home / "journal.db").exists()


def test_a_word_for_real_money_is_refused_on_paper(shell: Shell, home: Path) -> None:
    ended = shell.run("--home", home, "run", "--feed", "synthetic", "--i-accept-live", "live-SgsR", "--cycles", "1")
    check_refused(ended, "--i-accept-live: this run is in mode paper")


def test_doctor_says_what_stands_before_live_and_keeps_its_code_on_paper(shell: Shell, home: Path) -> None:
    ended = shell.run("--home", home, "--json", "doctor")
    assert ended.code == 0
    lines = {line["what"]: line for line in ended.lines if line["what"].startswith("live.")}
    assert [name.removeprefix("live.") for name in lines] == [
        *("lock", "mode", "feed", "decider", "caps", "key", "rights")
    ]
    assert {line["level"] for line in lines.values()} == {"open"}
    assert "max_order_notional = 250" in lines["live.caps"]["text"]


def test_doctor_says_no_where_live_is_wanted_and_cannot_be(shell: Shell, home: Path) -> None:
    written(home, 'mode = "live"\nfeed = "binance"\ndecider = "rules"\n' + CAPS)
    ended = shell.run("--home", home, "--json", "doctor")
    assert ended.code == 1
    assert [line["what"] for line in ended.lines if line["level"] == "bad"] == ["live.lock", "live.key", "live.rights"]


def test_the_caps_are_shown_with_the_settings_and_with_a_prompt(shell: Shell, home: Path) -> None:
    written(home, CAPS)
    (config,) = shell.run("--home", home, "--json", "config", "show").lines
    assert config["settings"]["live_caps"] == json.loads(json.dumps(LiveCaps.model_validate(PROPOSED).as_record()))
    (checked,) = shell.run("--home", home, "--json", "prompt", "check").lines
    limits = {each["limit"]: each for each in checked["limits"]}
    assert (limits["risk.max_leverage"]["value"], limits["risk.max_leverage"]["in_live"]) == ("3", "2")
    assert limits["risk.max_open_orders"]["in_live"] == limits["risk.max_open_orders"]["value"]
    assert checked["live_caps"] == config["settings"]["live_caps"]
    said = shell.run("--home", home, "prompt", "check").out
    assert "In live 250, by live_caps." in said
    assert said.count("by live_caps") == len(PROPOSED)
