"""The few cases of both matrices that every change is held to, and what the judges of a case must not miss."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.loopback import BTC
from tests.matrix.books import trades_missing
from tests.matrix.report import Result, table
from tui_trader.core.clock import Instant
from tui_trader.core.order import Fill
from tui_trader.core.words import ClientOrderId, Side, TradeId

D = Decimal
ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_a_kill_in_each_act_and_a_day_of_faults_lose_and_double_nothing() -> None:
    """In a process of its own: each case forks the exchange and the engine from one that has no threads."""
    command = [sys.executable, "-m", "tests.matrix", "--sample", "--jobs", "3"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1] == "7 cases, 0 failed"


def fill(trade: str, *, price: int = 60_000) -> Fill:
    return Fill(
        client_order_id=ClientOrderId("tt-1"),
        trade_id=TradeId(trade),
        symbol=BTC,
        side=Side.BUY,
        quantity=D("0.01"),
        price=D(price),
        fee=D("0.3"),
        maker=False,
        realised=D(0),
        time=Instant(1),
    )


def trade(number: int, *, commission: str = "0.30000000") -> dict[str, object]:
    """As userTrades tells the same."""
    figures = {"qty": "0.010", "price": "60000.00", "commission": commission, "realizedPnl": "0"}
    return {"id": number, "side": "BUY", **figures}


def test_a_lost_a_doubled_and_a_wrong_trade_are_told() -> None:
    assert list(trades_missing([fill("1"), fill("2")], [trade(1), trade(2)])) == []
    assert [said.split(":")[0] for said in trades_missing([fill("1")], [trade(1), trade(2)])] == ["lost"]
    assert [said.split(":")[0] for said in trades_missing([fill("1"), fill("1")], [trade(1)])] == ["doubled"]
    assert len(list(trades_missing([fill("1")], [trade(1, commission="0.31")]))) == 2
    assert len(list(trades_missing([fill("1", price=59_999)], [trade(1)]))) == 2


def test_the_table_counts_cases_and_failures() -> None:
    results = [Result("entry", "lost", "1"), Result("entry", "lost", "2", ("broken",)), Result("stop", "kept", "3")]
    head, entry, stop, total = table(results).splitlines()
    assert head.split() == ["lost", "kept"]
    assert entry.split("  ") == ["entry", "2 cases, 1 failed", "-"]
    assert stop.startswith("stop ")
    assert "1 cases, 0 failed" in stop
    assert total == "3 cases, 1 failed"
    assert str(results[1]).splitlines()[1].strip() == "broken"
