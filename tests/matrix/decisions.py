"""Two hundred decisions in demo: the engine and the command `exchange`, as a user has them, and their books compared.

The market goes many times as fast as its own time, so that positions open, stop out and take their profit in minutes.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from tests.fakes.loopback import BTC
from tests.integration.binance.demo import NEVER_TRIPS, D, asked, demo_options, until
from tests.matrix.books import breaches
from tests.matrix.report import Result
from tests.matrix.venue import Venue
from tests.unit.engine.runs import records_of
from tui_trader.core.order import OrderStatus
from tui_trader.core.records import CycleDecided, OrderChanged, OrderFilled, TradingStateChanged
from tui_trader.engine.commands import Reduce
from tui_trader.engine.options import RunOptions
from tui_trader.engine.thread import EngineThread
from tui_trader.exchange.loopback.options import Credentials

_HAND_EVERY = 2.0
"""Seconds between two acts of the hand; the rules decide every second."""
ROOT = Path(__file__).parents[2]
_BOUNDLESS = {
    "max_entries_per_day: 20": "max_entries_per_day: 200",
    "max_consecutive_losses: 4": "max_consecutive_losses: 100",
    "max_daily_loss_pct: 3": "max_daily_loss_pct: 50",
    "max_drawdown_pct: 10": "max_drawdown_pct: 50",
    "max_reversals_per_day: 6": "max_reversals_per_day: 200",
    "reentry_cooldown: 15m": "reentry_cooldown: 1s",
    "entry_spacing: 3m": "entry_spacing: 1s",
    "min_hold: 3m": "min_hold: 1s",
    "llm:\n": NEVER_TRIPS,
}
"""So that a few minutes hold the trades of days."""


@contextmanager
def served(home: Path, *, scale: float, seed: int) -> Iterator[Venue]:
    """`tui-trader exchange`, a process of its own."""
    command = [sys.executable, "-m", "tui_trader", "exchange", "--home", str(home), "--feed", "synthetic"]
    command += ["--seed", str(seed), "--symbols", "BTCUSDT", "--time-scale", str(scale)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        told = dict(process.stdout.readline().strip().split(": ", 1) for _ in range(4))
        keys = Credentials(key=told["key"], secret=told["secret"])
        there = Venue(told["rest"], told["stream"], credentials=keys)
        # Its past is made when it is first asked for, which takes seconds on a busy machine.
        until(lambda: there.ask("/fapi/v1/klines", symbol="BTCUSDT", interval="1m", limit="500"), every=0.5)
        yield there
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def outcome(count: int, *, scale: float, seed: int) -> Result:
    """Decide so often, and compare trade for trade, fee for fee, order for order."""
    with (
        TemporaryDirectory(prefix="decisions-") as folder,
        served(Path(folder) / "there", scale=scale, seed=seed) as there,
    ):
        os.environ["XDG_STATE_HOME"] = str(Path(folder) / "state")
        options = _options(Path(folder) / "here", there, count)
        engine = EngineThread(options)
        engine.start()
        _leave_often(engine)
        engine.join()
        failed: list[str] = [] if engine.failure is None else [f"the engine failed: {engine.failure!r}"]
        broken = (*failed, *breaches(options.home.journal, there, at_most=D("Infinity")))
        market = f"seed {seed}, {scale:g} times as fast"
        return Result("decisions", f"{count} in demo", market, broken, _told(options, there))


def _leave_often(engine: EngineThread) -> None:
    """A hand that reduces and closes what the rules have opened, so that they open again."""
    percents = cycle((50, 100))
    while not engine.wait(_HAND_EVERY):
        asked(engine, Reduce(symbol=BTC, percent=next(percents)))


def _options(folder: Path, there: Venue, count: int) -> RunOptions:
    options = demo_options(folder, there.rest_url, there.stream_url, cycles=count)
    binance = options.settings.binance
    binance.api_key, binance.api_secret = SecretStr(there.credentials.key), SecretStr(there.credentials.secret)
    prompt = Path(options.prompt)
    text = prompt.read_text()
    for shipped, changed in _BOUNDLESS.items():
        assert shipped in text, shipped
        text = text.replace(shipped, changed)
    prompt.write_text(text)
    return options


def _told(options: RunOptions, there: Venue) -> str:
    records = records_of(options.home)
    decided = Counter(str(r.verdict.value) for r in records if isinstance(r, CycleDecided))
    fills = [r.fill for r in records if isinstance(r, OrderFilled)]
    sent = sum(isinstance(r, OrderChanged) and r.status is OrderStatus.SENT for r in records)
    halts = [r.reason for r in records if isinstance(r, TradingStateChanged)]
    trades = there.trades()
    ours = f"fees {sum(f.fee for f in fills)}, realised {sum(f.realised for f in fills)}"
    theirs = f"fees {sum(D(t['commission']) for t in trades)}, realised {sum(D(t['realizedPnl']) for t in trades)}"
    books = f"the journal: {len(fills)} fills, {ours}; the exchange: {len(trades)} trades, {theirs}"
    return "; ".join([f"{decided.total()} decisions {dict(decided)}, {sent} orders sent", books, *halts])
