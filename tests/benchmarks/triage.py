"""What triage by change saves on recorded minutes, and what the decisions that it skips would have done.

The rules stand in for a model. One run asks them each minute and notes beside which of its decisions triage would have
skipped; the other really skips. The limits of loss are set wide, for a run that halts on its first bad day says little.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

from tests.benchmarks.figure import Figure
from tests.unit.engine.runs import finished, records_of, run_options
from tui_trader.agent.attention import Attention, news
from tui_trader.agent.deciders.ports import Decision, DecisionRequest
from tui_trader.agent.deciders.rules import RulesDecider
from tui_trader.agent.llm.replay import Misses
from tui_trader.core.money import ZERO, Money
from tui_trader.core.records import CycleDecided, JsonObject, PositionClosed
from tui_trader.core.words import CycleVerdict
from tui_trader.engine import running
from tui_trader.engine.deciding import Deciding
from tui_trader.risk.policy import Triage, TriageScope

SUBJECT = "triage"
ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
_TRIED = (("1", "3"), ("1.5", "5"), ("2", "7"), ("3", "10"))
"""Moves in ATR, and least moves in basis points, that are tried beside each other."""


_INTERVAL = 60.0
_WIDE = {
    "max_daily_loss_pct: 3 ": "max_daily_loss_pct: 50 ",
    "max_consecutive_losses: 4 ": "max_consecutive_losses: 100 ",
    "max_drawdown_pct: 10 ": "max_drawdown_pct: 90 ",
    "max_entries_per_day: 20": "max_entries_per_day: 1000",
}


def recorded(symbol: str) -> Path:
    """Three weeks of its minutes, beside the checkout."""
    return DATA / f"{symbol}-1m-2025-05-05_2025-05-25.csv.gz"


class Shadow:
    """Which decisions triage would have skipped by these rules, had it been asked."""

    def __init__(self, rules: Triage) -> None:
        self.rules = rules
        self.skipped: set[int] = set()
        self._attention = Attention()

    def look(self, request: DecisionRequest) -> None:
        """One decision passes by."""
        seen = self._attention.seen
        if seen is not None and news(seen, request.observation, self.rules, _INTERVAL) is None:
            self.skipped.add(request.cycle)
        else:
            self._attention.looked(request.observation, self.rules)


class Watched(RulesDecider):
    """The rules, and the shadows that look at each decision."""

    def __init__(self, shadows: Sequence[Shadow]) -> None:
        self._shadows = shadows
        self.asked = 0

    async def decide(self, request: DecisionRequest) -> Decision:
        """What the rules say."""
        self.asked += 1
        for shadow in self._shadows:
            shadow.look(request)
        return await super().decide(request)


@dataclass(frozen=True)
class Run:
    """What a run came to."""

    decisions: list[CycleDecided]
    outcomes: list[PositionClosed]
    summary: JsonObject

    @property
    def net(self) -> Money:
        """Of all that closed, after every cost."""
        return sum((outcome.net for outcome in self.outcomes), start=ZERO)

    @property
    def fees(self) -> Money:
        """Paid by what closed."""
        return sum((outcome.fees for outcome in self.outcomes), start=ZERO)


def of_symbol(symbol: str) -> Callable[[Path, int], Iterator[Figure]]:
    """The measurement on the recorded minutes of one symbol."""
    return lambda folder, count: _measured(folder, symbol, count)


def _measured(folder: Path, symbol: str, count: int) -> Iterator[Figure]:
    """Shares in per cent, money in USDT on an account of 10,000; `count` cycles."""
    shadows = [Shadow(_rules(*tried)) for tried in _TRIED]
    watched = Watched(shadows)
    with patch.object(running, "decider_of", lambda *_: Deciding(watched, Misses())):
        always = _run(folder / "always", symbol, TriageScope.NOBODY, count)
    for (moves, least), shadow in zip(_TRIED, shadows, strict=True):
        yield from _beside(f"{symbol}, {moves} ATR and {least} bps", shadow, watched.asked, always)
    triaged = _run(folder / "triaged", symbol, TriageScope.EVERY, count)
    skips = [decided for decided in triaged.decisions if decided.verdict is CycleVerdict.SKIP]
    yield _figure(f"{symbol}: calls saved, in a run that skips", _share(len(skips), len(triaged.decisions)), "%")
    for name, run in (("asks always", always), ("skips", triaged)):
        yield _figure(f"{symbol}: net of a run that {name}", run.net, "USDT", len(run.outcomes))
        yield _figure(f"{symbol}: fees of a run that {name}", run.fees, "USDT", len(run.outcomes))


def _rules(moves: str, least: str) -> Triage:
    return Triage(move_atr=Decimal(moves), move_bps=Decimal(least), trend_atr=Decimal(moves) / 2)


def _beside(name: str, shadow: Shadow, asked: int, always: Run) -> Iterator[Figure]:
    """What these rules would have saved, and what the decisions that they skip did."""
    trades = [decided.cycle for decided in always.decisions if decided.verdict is CycleVerdict.TRADE]
    missed = [outcome for outcome in always.outcomes if outcome.cycle in shadow.skipped]
    yield _figure(f"{name}: calls saved, beside a run that asks always", _share(len(shadow.skipped), asked), "%")
    skipped = sum(cycle in shadow.skipped for cycle in trades)
    yield _figure(f"{name}: of its decisions that trade, skipped", _share(skipped, len(trades)), "%", len(trades))
    net = sum((outcome.net for outcome in missed), start=ZERO)
    yield _figure(f"{name}: net of what those opened", net, "USDT", len(missed))


def _figure(name: str, value: Decimal | float, unit: str, of: int | None = None) -> Figure:
    return Figure(subject=SUBJECT, name=name, value=float(value), unit=unit, note="" if of is None else f"of {of}")


def _share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _run(folder: Path, symbol: str, scope: TriageScope, count: int) -> Run:
    options = run_options(folder, feed=f"file:{recorded(symbol)}", symbols=(symbol,), prompt="wide", cycles=count)
    options.home.prompts.mkdir()
    text = (ROOT / "prompts" / "trader.md").read_text().replace("name: trader", "name: wide")
    for was, becomes in {**_WIDE, "applies_to: model": f"applies_to: {scope.value}"}.items():
        assert was in text, was
        text = text.replace(was, becomes)
    (options.home.prompts / "wide.md").write_text(text)
    engine, lines = finished(options)
    if engine.failure is not None:
        raise engine.failure
    records = records_of(options.home)
    return Run(
        decisions=[record for record in records if isinstance(record, CycleDecided)],
        outcomes=[record for record in records if isinstance(record, PositionClosed)],
        summary=lines[-1],
    )
