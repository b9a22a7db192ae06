"""Views are made when somebody looks, no oftener than eyes follow, and the trace at once."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from tests.unit.engine.rows import BTC, D, Log
from tests.unit.engine.time import NOON, in_virtual_time
from tui_trader.agent.trace import NodeName, NodeStage, NodeTrace
from tui_trader.core.clock import pulse
from tui_trader.core.money import ZERO
from tui_trader.core.records import CycleDecided, EquityMarked
from tui_trader.core.words import Autonomy, CycleVerdict, Mode, Symbol, TradingState
from tui_trader.engine import views
from tui_trader.engine.mailbox import Mailbox
from tui_trader.engine.publisher import Publisher
from tui_trader.engine.tail import Tail
from tui_trader.engine.views import (
    AuditView,
    CandlesView,
    DecisionRow,
    DecisionsView,
    DepthView,
    Headroom,
    QuotesView,
    StatusView,
    TraceView,
)

ALL = (
    views.STATUS,
    views.MARKET,
    views.TRACE,
    views.POSITIONS,
    views.ORDERS,
    views.AUDIT,
    views.DECISIONS,
    views.LIMITS,
)

STATUS = StatusView(
    time=NOON,
    running=True,
    mode=Mode.PAPER,
    account="paper",
    trading_state=TradingState.ACTIVE,
    reason="",
    autonomy=Autonomy.AUTO,
    equity=None,
    day_pnl=None,
    drawdown=None,
    model_spend_today=ZERO,
    model_budget=None,
    model_economy=None,
    feed=None,
    decider="rules",
    decider_why="",
    prompt="trader",
    last_cycle=0,
    next_decision=None,
    deciding=False,
    positions=(),
    orders=(),
    journal_entries=0,
    journal_head="",
)


@dataclass
class Stage:
    """A publisher, its mailbox, and the real time that its pulses see."""

    mailbox: Mailbox = field(default_factory=Mailbox)
    tail: Tail = field(default_factory=Tail)
    real: float = 1_000.0
    made: dict[str, int] = field(default_factory=lambda: {"status": 0, "quotes": 0})
    publisher: Publisher = field(init=False)

    def __post_init__(self) -> None:
        async def build(clock: object) -> Publisher:
            return Publisher(
                self.mailbox,
                clock,  # type: ignore[arg-type]  # the loop's clock
                self.tail,
                self,
            )

        self.publisher = in_virtual_time(build)

    def status(self) -> StatusView:
        self.made["status"] += 1
        return STATUS

    def quotes(self) -> QuotesView:
        self.made["quotes"] += 1
        return QuotesView(())

    def candles(self, symbol: Symbol) -> CandlesView:
        self.made[f"candles {symbol}"] = self.made.get(f"candles {symbol}", 0) + 1
        return CandlesView(())

    def depth(self, symbol: Symbol) -> DepthView | None:
        self.made[f"depth {symbol}"] = self.made.get(f"depth {symbol}", 0) + 1
        return DepthView(bids=(), asks=(), is_whole=False) if symbol == "BTCUSDT" else None

    def limits(self) -> tuple[Headroom, ...]:
        return ()

    def changed(self, since: int = 0) -> dict[str, object]:
        """What a reader would take."""
        return dict(self.mailbox.take(ALL, since)[1])


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    monkeypatch.setattr(pulse, "time", SimpleNamespace(monotonic=lambda: stage.real))
    return stage


def trace(node: NodeName, stage: NodeStage, *, cycle: int = 1, **more: str) -> NodeTrace:
    return NodeTrace(cycle=cycle, node=node, stage=stage, time=NOON, note=more.get("note", ""))


def nodes(stage: Stage) -> dict[NodeName, NodeStage | None]:
    shown = stage.changed()[views.TRACE]
    assert isinstance(shown, TraceView)
    return {node.node: node.stage for node in shown.nodes}


def test_while_nobody_looks_nothing_is_made(stage: Stage) -> None:
    for _ in range(100):
        stage.real += 1.0
        stage.publisher.look()
    assert stage.made == {"status": 0, "quotes": 0}


def test_the_first_look_of_a_reader_brings_everything(stage: Stage) -> None:
    stage.mailbox.take(ALL)
    stage.publisher.look()
    assert stage.changed().keys() == set(ALL)


def test_prices_come_ten_times_a_second_and_the_rest_twice_however_many_events_there_are(stage: Stage) -> None:
    stage.mailbox.take(ALL)
    stage.publisher.look()
    stage.made.update(status=0, quotes=0)
    for _ in range(10_000):
        stage.real += 0.0002
        stage.publisher.look()
    assert 3 <= stage.made["status"] <= 4
    assert 19 <= stage.made["quotes"] <= 20 + stage.made["status"]


def test_the_trace_lights_up_at_once_node_by_node(stage: Stage) -> None:
    stage.publisher.heard(trace(NodeName.GATHER, NodeStage.STARTED))
    assert nodes(stage)[NodeName.GATHER] is NodeStage.STARTED
    stage.publisher.heard(trace(NodeName.GATHER, NodeStage.FINISHED))
    stage.publisher.heard(trace(NodeName.TRIAGE, NodeStage.STARTED))
    assert nodes(stage) == {
        **dict.fromkeys(NodeName),
        NodeName.GATHER: NodeStage.FINISHED,
        NodeName.TRIAGE: NodeStage.STARTED,
    }


def test_a_new_cycle_begins_with_a_dark_graph_and_no_decision(stage: Stage) -> None:
    decided = CycleDecided(cycle=1, symbols=(BTC,), verdict=CycleVerdict.HOLD, reason="calm", decider="rules")
    stage.publisher.heard(trace(NodeName.GATHER, NodeStage.FINISHED))
    stage.publisher.heard(decided)
    shown = stage.changed()[views.TRACE]
    assert isinstance(shown, TraceView)
    assert shown.decision == decided
    stage.publisher.heard(trace(NodeName.GATHER, NodeStage.STARTED, cycle=2))
    shown = stage.changed()[views.TRACE]
    assert isinstance(shown, TraceView)
    assert (shown.cycle, shown.started, shown.decision) == (2, NOON, None)
    assert nodes(stage)[NodeName.GATHER] is NodeStage.STARTED


def test_a_cycle_that_is_decided_anew_begins_with_a_dark_graph_too(stage: Stage) -> None:
    for node in (NodeName.GATHER, NodeName.TRIAGE):
        stage.publisher.heard(trace(node, NodeStage.FINISHED))
    stage.publisher.heard(trace(NodeName.GATHER, NodeStage.STARTED))
    assert nodes(stage) == {**dict.fromkeys(NodeName), NodeName.GATHER: NodeStage.STARTED}


@pytest.mark.parametrize(("rows", "kept"), [(3, 3), (800, 500)])
def test_the_journals_tail_is_kept_short_oldest_first(stage: Stage, *, rows: int, kept: int) -> None:
    log = Log((stage.tail,))
    for _ in range(rows):
        log.write(EquityMarked(equity=D(1), wallet=D(1)))
    stage.publisher.publish_all()
    shown = stage.changed()[views.AUDIT]
    assert isinstance(shown, AuditView)
    assert [line.seq for line in shown.lines] == list(range(rows - kept + 1, rows + 1))


def test_decisions_are_kept_with_their_time(stage: Stage) -> None:
    log = Log((stage.tail,))
    decided = CycleDecided(cycle=5, symbols=(BTC,), verdict=CycleVerdict.HOLD, reason="calm", decider="rules")
    row = log.write(decided)
    stage.publisher.publish_all()
    shown = stage.changed()[views.DECISIONS]
    assert shown == DecisionsView((DecisionRow(seq=row.seq, time=row.time, decided=decided),))


def test_each_publication_moves_the_pulse(stage: Stage) -> None:
    beats = []
    for _ in range(3):
        stage.publisher.publish_all()
        beats.append(stage.mailbox.take([views.PULSE])[1][views.PULSE])
    assert len(set(beats)) == len(beats)


def test_costly_views_are_made_only_of_what_somebody_looks_at(stage: Stage) -> None:
    stage.mailbox.take((views.CANDLES + "BTCUSDT", views.DEPTH + "BTCUSDT", views.DEPTH + "NEVER"))
    stage.publisher.look()
    assert {name: count for name, count in stage.made.items() if " " in name} == {
        "candles BTCUSDT": 1, "depth BTCUSDT": 2, "depth NEVER": 2,
    }  # fmt: skip
    assert stage.mailbox.take((views.DEPTH + "NEVER",))[1] == {}
    assert views.DEPTH + "BTCUSDT" in stage.mailbox.take((views.DEPTH + "BTCUSDT",))[1]
    before = dict(stage.made)
    stage.real += 10.0
    stage.publisher.look()
    assert {name: count for name, count in stage.made.items() if " " in name} == {
        name: count for name, count in before.items() if " " in name
    }, "nobody has looked for ten seconds"
