"""The unit that is shipped: systemd can read it, and its figures fit the program's own."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tui_trader.cli.context import INTERRUPTED, USAGE
from tui_trader.cli.run import _LINES_OUT_WITHIN
from tui_trader.desk.parts import REQUEST_TIMEOUT
from tui_trader.desk.protector import PROTECT_WITHIN
from tui_trader.engine.anchoring import _LAST_WITHIN
from tui_trader.engine.secret_sources import SecretName
from tui_trader.engine.settings import Settings
from tui_trader.engine.thread import _LAST_WORDS_WITHIN

UNIT = Path(__file__).parents[2] / "contrib" / "systemd" / "tui-trader.service"


def values(name: str) -> list[str]:
    """What the unit sets under this name."""
    return re.findall(rf"^#?{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


def seconds(name: str) -> float:
    (value,) = values(name)
    return float(value.removesuffix("min")) * 60 if value.endswith("min") else float(value)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_can_read_it(tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    here.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(), flags=re.MULTILINE))
    command = ("systemd-analyze", "verify", str(here))
    verified = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (verified.returncode, str(here) in verified.stderr) == (0, False), verified.stderr


def test_a_loop_that_hangs_ends_its_process_before_systemd_has_to() -> None:
    assert seconds("WatchdogSec") > Settings().hangs_after_seconds + _LAST_WORDS_WITHIN + 5


def test_a_clean_stop_has_the_time_it_may_take() -> None:
    settling = 2 * (PROTECT_WITHIN + REQUEST_TIMEOUT) + 2 * REQUEST_TIMEOUT
    assert seconds("TimeoutStopSec") > settling + _LAST_WITHIN + _LINES_OUT_WITHIN


def test_what_was_asked_for_is_no_failure_and_a_wrong_setting_is_not_tried_again() -> None:
    assert values("SuccessExitStatus") == [str(INTERRUPTED)]
    assert values("RestartPreventExitStatus") == [str(USAGE)]
    assert values("Restart") == ["on-failure"]


def test_its_credentials_are_called_as_the_program_calls_them() -> None:
    assert set(values("LoadCredentialEncrypted")) <= {name.value for name in SecretName}
