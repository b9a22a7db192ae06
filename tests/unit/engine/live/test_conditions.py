"""Each condition of a live start refuses by itself, with a sentence of its own that names the way out."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.risk.test_caps import PROPOSED
from tui_trader.core.records import LiveTerms
from tui_trader.core.words import Mode
from tui_trader.engine.live import door
from tui_trader.engine.live.conditions import (
    BEFORE,
    KEY_FROM_ANYWHERE,
    RIGHTS,
    LiveRefused,
    LiveWish,
    account_is_accepted,
    key_warning,
    require,
)
from tui_trader.engine.live.door import LiveDoor
from tui_trader.exchange.binance.environment import LiveReach
from tui_trader.exchange.binance.key_rights import KeyRights
from tui_trader.risk.caps import LiveCaps

WISH = LiveWish(
    config=Path("/home/of/mine/config.toml"),
    written=Mode.LIVE,
    feed="binance",
    decider="rules",
    caps=LiveCaps.model_validate(PROPOSED),
)
RIGHT = KeyRights(
    futures=True, withdrawals=False, internal_transfers=False, universal_transfers=False, is_ip_bound=True
)
ACCOUNT = "live-SgsR"


@pytest.fixture
def rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LIVE_DOOR", LiveDoor.REHEARSAL)


def test_this_version_is_locked_and_a_live_key_goes_nowhere() -> None:
    assert door.LIVE_DOOR is LiveDoor.LOCKED
    with pytest.raises(LiveRefused, match="does not trade real money yet"):
        require(WISH)
    assert door.live_reach() is LiveReach.THIS_MACHINE


def test_an_open_door_leads_to_binance_and_a_rehearsal_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    reaches = []
    for state in (LiveDoor.REHEARSAL, LiveDoor.OPEN):
        monkeypatch.setattr(door, "LIVE_DOOR", state)
        require(WISH)
        reaches.append(door.live_reach())
    assert reaches == [LiveReach.THIS_MACHINE, LiveReach.BINANCE]


@pytest.mark.usefixtures("rehearsal")
@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("mode", {"written": None}, 'Write mode = "live" there'),
        ("mode", {"written": Mode.DEMO}, "a flag or a variable alone does not start it"),
        ("feed", {"feed": "auto"}, "--feed auto: --mode live trades on Binance's own prices"),
        ("feed", {"feed": "synthetic"}, "Use --feed binance"),
        ("feed", {"feed": "file:BTCUSDT-1m.csv"}, "Use --feed binance"),
        ("decider", {"decider": "auto"}, "--decider auto: --mode live wants one named .* Use openai or rules"),
        ("decider", {"decider": "replay"}, "Use openai or rules"),
        ("caps", {"caps": None}, r"no section \[live_caps\].*max_order_notional = 250, max_position_notional = 250"),
    ],
)
def test_a_condition_that_does_not_hold_refuses_and_no_other_one_does(
    name: str, changes: dict[str, object], sentence: str
) -> None:
    require(WISH)
    wish = replace(WISH, **changes)  # type: ignore[arg-type]  # named as there
    assert [condition.name for condition in BEFORE if condition.problem(wish)] == [name]
    with pytest.raises(LiveRefused, match=sentence):
        require(wish)


def test_each_condition_has_a_case_above() -> None:
    assert [condition.name for condition in BEFORE] == ["lock", "mode", "feed", "decider", "caps"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"futures": False}, "Enable futures"),
        ({"withdrawals": True}, "without withdrawals"),
        ({"internal_transfers": True}, "without internal transfer"),
        ({"universal_transfers": True}, "without universal transfer"),
    ],
)
def test_a_right_that_is_not_as_it_has_to_be_is_said_by_its_own_check(changes: dict[str, bool], sentence: str) -> None:
    said = [problem(replace(RIGHT, **changes)) for problem in RIGHTS]
    assert [sentence in words for words in said if words] == [True]
    assert [problem(RIGHT) for problem in RIGHTS] == [""] * len(RIGHTS)


def test_a_key_that_works_from_anywhere_is_warned_of_and_not_refused() -> None:
    assert [problem(replace(RIGHT, is_ip_bound=False)) for problem in RIGHTS] == [""] * len(RIGHTS)
    assert key_warning(LiveTerms(account=ACCOUNT, caps={}, is_ip_bound=False)) == KEY_FROM_ANYWHERE
    assert key_warning(LiveTerms(account=ACCOUNT, caps={}, is_ip_bound=True)) == ""
    assert key_warning(None) == ""


@pytest.mark.parametrize("accepted", [None, "", "live", "live-sgsr", "live-SgsR ", "demo-SgsR", "x" * 9_999])
def test_only_the_accounts_own_name_is_a_yes(accepted: str | None) -> None:
    assert account_is_accepted(ACCOUNT, ACCOUNT) == ""
    said = account_is_accepted(accepted, ACCOUNT)
    assert f"--i-accept-live {ACCOUNT}" in said
    assert len(said) < 300
