"""Alerts reach the user's command: each kind at its rate, the last one never lost, and no secret with them."""

import json
import sys
import time
from pathlib import Path

import pytest

from tests.unit.engine.rows import BTC, D, Log
from tui_trader.core.order import OrderStatus
from tui_trader.core.records import (
    BreakerChanged,
    CycleDecided,
    EconomyChanged,
    EmergencyImported,
    ExchangeClosed,
    ForcedCause,
    OrderChanged,
    ProtectionFailed,
    Record,
    TradingStateChanged,
)
from tui_trader.core.words import BreakerScope, ClientOrderId, CycleVerdict, Economy, TradeId, TradingState
from tui_trader.engine import alerting
from tui_trader.engine.alerting import Alert, Alerting, AlertKind, alert_of, deliver
from tui_trader.engine.outside_command import CommandFailed, bare_environment, hand_over
from tui_trader.journal.codec import encode
from tui_trader.journal.redact import SECRETS

PATIENCE = 20.0
SECRET = "sealed-value-of-the-test-0815"
ID = ClientOrderId("tt-x")
HALTED = TradingStateChanged(state=TradingState.HALTED, reason="enough", code="X")


def script(folder: Path, body: str) -> tuple[str, ...]:
    """A program of the user's."""
    file = folder / "alert.py"
    file.write_text(f"import json, os, pathlib, sys, time\nfolder = pathlib.Path({str(folder)!r})\n{body}\n")
    return (sys.executable, str(file))


@pytest.fixture
def keeping(tmp_path: Path) -> tuple[str, ...]:
    """Keeps what it gets, and its environment."""
    return script(
        tmp_path,
        "with (folder / 'alerts').open('a') as kept: kept.write(sys.stdin.read())\n"
        "(folder / 'environment').write_text(json.dumps(dict(os.environ)))",
    )


def told(folder: Path, count: int) -> list[dict[str, object]]:
    """What has arrived, once there are so many."""
    ends = time.monotonic() + PATIENCE
    file = folder / "alerts"
    while not file.exists() or file.read_text().count("\n") < count:
        assert time.monotonic() < ends
        time.sleep(0.01)
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize(
    ("record", "kind", "said"),
    [
        (HALTED, AlertKind.HALT, "HALTED: enough"),
        (TradingStateChanged(state=TradingState.REDUCING, reason="day", code="X"), AlertKind.HALT, "REDUCING: day"),
        (TradingStateChanged(state=TradingState.ACTIVE, reason="go", code=""), None, ""),
        (EmergencyImported(line={"entry": {"kind": "state", "record": encode(HALTED)}}), AlertKind.HALT, "enough"),
        (ProtectionFailed(symbol=BTC, quantity=D(1), reason="no stop"), AlertKind.NAKED, "no stop"),
        (
            ExchangeClosed(
                cause=ForcedCause.LIQUIDATION,
                symbol=BTC,
                client_order_id=ID,
                trade_id=TradeId("1"),
                quantity=D(1),
                price=D(90_000),
            ),
            AlertKind.CLOSED,
            "BTCUSDT at 90000: liquidation",
        ),
        (OrderChanged(client_order_id=ID, status=OrderStatus.REJECTED, reason="-2019"), AlertKind.REJECT, "-2019"),
        (OrderChanged(client_order_id=ID, status=OrderStatus.FILLED), None, ""),
        (EconomyChanged(economy=Economy.MANAGE, reason="spent"), AlertKind.BUDGET, "spent"),
        (EconomyChanged(economy=Economy.FULL, reason=""), None, ""),
        (
            BreakerChanged(scope=BreakerScope.EXCHANGE, open=True, failures=3, reason="503"),
            AlertKind.BREAKER,
            "exchange: 503",
        ),
        (BreakerChanged(scope=BreakerScope.EXCHANGE, open=False, failures=0, reason=""), None, ""),
        (CycleDecided(cycle=1, symbols=(), verdict=CycleVerdict.HOLD, reason="", decider="rules"), None, ""),
    ],
)
def test_what_is_an_alert_and_what_is_none(record: Record, kind: AlertKind | None, said: str) -> None:
    alert = alert_of(Log().write(record))
    assert (alert.kind if alert else None) is kind
    assert alert is None or said in alert.text


def test_a_row_reaches_the_command_at_once_as_one_line_of_json(tmp_path: Path, keeping: tuple[str, ...]) -> None:
    alerts = Alerting(keeping, every=3600)
    alerts.apply(Log().write(HALTED))
    (line,) = told(tmp_path, 1)
    alerts.close()
    assert {key: line[key] for key in ("event", "kind", "text", "suppressed")} == {
        "event": "alert",
        "kind": "halt",
        "text": "HALTED: enough",
        "suppressed": 0,
    }
    assert alerts.problem == ""


def test_of_a_kind_that_comes_too_often_the_rest_is_counted_and_the_last_is_told(
    tmp_path: Path, keeping: tuple[str, ...]
) -> None:
    alerts = Alerting(keeping, every=3600)
    for number in range(5):
        alerts.tell(Alert(AlertKind.REJECT, f"order {number}"))
        told(tmp_path, 1)
    alerts.tell(Alert(AlertKind.NAKED, "another kind has a turn of its own"))
    assert [line["kind"] for line in told(tmp_path, 2)] == ["reject", "naked"]
    alerts.close()
    lines = told(tmp_path, 3)
    assert [(line["text"], line["suppressed"]) for line in lines if line["kind"] == "reject"] == [
        ("order 0", 0),
        ("order 4", 3),
    ]


def test_what_waits_is_told_when_its_while_is_over(tmp_path: Path, keeping: tuple[str, ...]) -> None:
    alerts = Alerting(keeping, every=0.2)
    for number in range(3):
        alerts.tell(Alert(AlertKind.REJECT, f"order {number}"))
        told(tmp_path, 1)
    assert [line["text"] for line in told(tmp_path, 2)][-1] == "order 2"
    alerts.close()


def test_no_secret_is_in_the_line_and_none_in_the_commands_environment(
    tmp_path: Path, keeping: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    SECRETS.register(SECRET)
    monkeypatch.setenv("SOMEBODYS_TOKEN", SECRET)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")
    monkeypatch.setenv("NOTIFY_SOCKET", "@x")
    deliver(keeping, Alert(AlertKind.REJECT, f"the exchange said: {SECRET}\nsecond line\x1b[31m"))
    (line,) = told(tmp_path, 1)
    assert SECRET not in str(line)
    assert str(line["text"]).isprintable()
    environment = json.loads((tmp_path / "environment").read_text())
    assert environment.keys() <= {*bare_environment(), "LC_CTYPE", "__CF_USER_TEXT_ENCODING"}
    assert "PATH" in environment


def test_a_command_that_fails_is_a_problem_until_one_succeeds(tmp_path: Path) -> None:
    command = script(tmp_path, "sys.exit(0 if (folder / 'mended').exists() else 3)")
    alerts = Alerting(command, every=0.001)
    alerts.tell(Alert(AlertKind.TEST, "one"))
    ends = time.monotonic() + PATIENCE
    while not alerts.problem:
        assert time.monotonic() < ends
    assert "ended with 3" in alerts.problem
    (tmp_path / "mended").touch()
    while alerts.problem:
        alerts.tell(Alert(AlertKind.TEST, "two"))
        assert time.monotonic() < ends
        time.sleep(0.01)
    alerts.close()


def test_a_command_that_hangs_is_killed_with_what_it_started_and_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerting, "_COMMAND_WITHIN", 0.3)
    command = script(
        tmp_path,
        "import subprocess\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "(folder / 'child').write_text(str(child.pid))\n"
        "time.sleep(600)",
    )
    alerts = Alerting(command, every=3600)
    began = time.monotonic()
    for _ in range(1_000):
        alerts.tell(Alert(AlertKind.HALT, "it returns at once"))
    assert time.monotonic() - began < 1.0
    alerts.close(within=0.1)
    assert time.monotonic() - began < 3.0
    with pytest.raises(CommandFailed, match="longer than"):
        hand_over(command, b"{}\n", within=2.0)
    child = int((tmp_path / "child").read_text())
    ends = time.monotonic() + PATIENCE
    while Path(f"/proc/{child}/stat").exists() and Path(f"/proc/{child}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_without_a_command_nothing_is_started() -> None:
    alerts = Alerting((), every=60)
    alerts.apply(Log().write(HALTED))
    alerts.tell(Alert(AlertKind.TEST, "nobody"))
    alerts.close()
    assert not alerts.is_on
