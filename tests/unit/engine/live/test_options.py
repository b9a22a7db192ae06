"""From the command line to a live run's options: the lock first, sealed secrets only, the account's name handed on."""

from pathlib import Path

import pytest

from tui_trader.cli.failures import told
from tui_trader.cli.run_options import AskedRun, options_of
from tui_trader.core.words import Mode
from tui_trader.engine.credentials import PLAIN, Found, Gathered
from tui_trader.engine.home import Home
from tui_trader.engine.live import door
from tui_trader.engine.live.conditions import LiveRefused
from tui_trader.engine.live.door import LiveDoor
from tui_trader.engine.options import RunOptions
from tui_trader.engine.secret_sources import SecretName
from tui_trader.engine.settings import Settings, SettingsError

ASKED = AskedRun(mode="live", i_accept_live="live-SgsR")


def made(folder: Path, where: Found, asked: AskedRun = ASKED) -> RunOptions:
    found = dict.fromkeys(SecretName, where)
    return options_of(
        asked,
        Home(folder),
        Gathered(Settings.model_construct(), found),
        cycles=None,
        with_console=False,
        person="owner",
    )


def test_the_lock_is_named_before_anything_has_to_be_put_right(tmp_path: Path) -> None:
    with pytest.raises(LiveRefused, match="does not trade real money yet") as refused:
        made(tmp_path, Found(PLAIN, is_sealed=False))
    assert told(refused.value) == (str(refused.value), 2)


def test_behind_the_lock_a_plain_secret_is_refused_and_a_sealed_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "LIVE_DOOR", LiveDoor.REHEARSAL)
    with pytest.raises(SettingsError, match="live takes no secret from the environment"):
        made(tmp_path, Found(PLAIN, is_sealed=False))
    options = made(tmp_path, Found("a folder", is_sealed=True))
    assert (options.mode, options.accepted_live) == (Mode.LIVE, "live-SgsR")


def test_nobody_accepts_anything_by_default(tmp_path: Path) -> None:
    assert made(tmp_path, Found(PLAIN, is_sealed=False), AskedRun(mode="paper")).accepted_live is None
