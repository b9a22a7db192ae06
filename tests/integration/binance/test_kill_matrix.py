"""kill -9 at every request of the order path, before it leaves and after its answer: nothing doubled, nothing lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.loopback import BTC
from tests.fakes.loopback_thread import LoopbackThread
from tests.integration.binance.demo import D, asked, check_agreement, closing_stops, demo_options, running, until, urls
from tui_trader.engine.commands import AskStatus

pytestmark = pytest.mark.usefixtures("own_state_folder")

ROOT = Path(__file__).parents[3]
SLOW = [pytest.mark.slow, pytest.mark.timeout(300)]
# Entry, stop, take-profit; bridge, cancel of the old stop, new stop, cancel of the bridge; close, and two cancels.
MOMENTS = [(number, when) for number in range(1, 11) for when in ("before", "after")]
QUICK = {(1, "after"), (2, "before"), (5, "after")}


@pytest.mark.parametrize(
    ("number", "when"),
    [pytest.param(*each, marks=pytest.mark.timeout(180) if each in QUICK else SLOW) for each in MOMENTS],
)
def test_after_a_kill_everything_is_protected_or_closed_and_agrees(
    tmp_path: Path, exchange: LoopbackThread, number: int, when: str
) -> None:
    command = [sys.executable, "-m", "tests.integration.binance.killed_engine", str(tmp_path), *urls(exchange)]
    killed = subprocess.run(
        [*command, str(number), when], cwd=ROOT, env=dict(os.environ), capture_output=True, timeout=120, check=False
    )
    assert killed.returncode == -9, killed.stderr.decode()[-2000:]
    options = demo_options(tmp_path, *urls(exchange))
    with running(options) as engine:
        until(lambda: asked(engine, AskStatus()).result["trading_state"] == "ACTIVE")
        until(lambda: _is_at_rest(exchange), every=1.0)
    fills = check_agreement(options, exchange)
    ids = [o["clientOrderId"] for o in exchange.ask("/fapi/v1/allOrders", symbol=BTC)]
    assert len(ids) == len(set(ids))
    held = sum((fill.signed_quantity for fill in fills), start=D(0))
    assert held in (D(0), D("0.010"))


def _is_at_rest(exchange: LoopbackThread) -> bool:
    """Held with one stop that closes it, or flat with nothing open."""
    held = [D(p["positionAmt"]) for p in exchange.ask("/fapi/v3/positionRisk") if D(p["positionAmt"])]
    algos = exchange.ask("/fapi/v1/openAlgoOrders", symbol=BTC)
    if not held:
        return not algos and not exchange.ask("/fapi/v1/openOrders", symbol=BTC)
    return held == [D("0.010")] and len(closing_stops(exchange)) == 1 and len(algos) == 2
