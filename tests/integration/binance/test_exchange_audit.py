"""`audit verify --exchange` against a loopback account: every order is announced, unless the log was cut back."""

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.fakes.loopback import BTC, CREDENTIALS
from tests.fakes.loopback_thread import LoopbackThread
from tests.integration.binance.demo import asked, buy, closing_stops, demo_options, running, until, urls
from tui_trader.cli.audit import audit
from tui_trader.engine.commands import AskStatus, FlattenAll
from tui_trader.engine.home import Home
from tui_trader.exchange.binance import opening
from tui_trader.exchange.binance.session import Session

pytestmark = pytest.mark.usefixtures("own_state_folder", "no_settings")


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TUI_TRADER_")]:
        monkeypatch.delenv(name)


def verified(home: Home, rest: str, stream: str) -> Result:
    env = {
        "TUI_TRADER_BINANCE__REST_URL": rest,
        "TUI_TRADER_BINANCE__STREAM_URL": stream,
        "TUI_TRADER_BINANCE__API_KEY": CREDENTIALS.key,
        "TUI_TRADER_BINANCE__API_SECRET": CREDENTIALS.secret,
    }
    return CliRunner().invoke(audit, ["verify", "--exchange", "--json", "--home", str(home.folder)], env=env)


def test_a_demo_run_agrees_and_a_log_that_was_cut_back_does_not(tmp_path: Path, exchange: LoopbackThread) -> None:
    options = demo_options(tmp_path, *urls(exchange))
    earlier = Home(tmp_path / "earlier")
    with running(options) as engine:
        buy(engine)
        assert asked(engine, FlattenAll()).done
        until(lambda: closing_stops(exchange) == [])
        while_running = verified(options.home, *urls(exchange))
    assert while_running.exit_code == 0, while_running.output
    shutil.copytree(options.home.folder, earlier.folder)
    with running(options) as engine:
        buy(engine)
        exchange.call(lambda bench: bench.price(BTC, 59_480))  # the stop triggers, and becomes an order that trades
        until(lambda: asked(engine, AskStatus()).result["positions"] == [])
        until(lambda: exchange.ask("/fapi/v1/openAlgoOrders", symbol=BTC) == [])
    whole = verified(options.home, *urls(exchange))
    (line,) = map(json.loads, whole.stdout.splitlines())
    assert (whole.exit_code, line["ok"]) == (0, True), whole.output
    found = line["exchange"]
    # Two purchases with stop and take-profit each, and the close.
    assert found["orders"] == found["matched"] == 7
    assert (found["contradictions"], found["beyond"], found["unsettled"]) == ([], 0, 0)

    older = verified(earlier, *urls(exchange))
    (line,) = map(json.loads, older.stdout.splitlines())
    assert (older.exit_code, line["ok"]) == (1, False)
    reasons = [each["reason"] for each in line["exchange"]["contradictions"]]
    assert len(reasons) == 3
    assert all("no row of the log announces it" in reason for reason in reasons)


def test_an_exchange_that_does_not_answer_and_a_key_of_another_account_are_said(
    tmp_path: Path, exchange: LoopbackThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = demo_options(tmp_path, *urls(exchange), cycles=1)
    with running(options) as engine:
        until(lambda: engine.is_over)
    silent = verified(options.home, "http://127.0.0.1:9", "ws://127.0.0.1:9")
    assert silent.exit_code == 1
    assert "the exchange was not compared: 127.0.0.1:9" in silent.stderr

    async def named(_: Session) -> str:
        return "demo-another"

    monkeypatch.setattr(opening, "account_name", named)
    other = verified(options.home, *urls(exchange))
    assert other.exit_code == 2
    assert "is that of demo-another" in other.stderr
