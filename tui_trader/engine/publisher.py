"""Makes views from the running parts and puts them into the mailbox, as often as eyes can follow."""

from collections import deque
from collections.abc import Callable

from tui_trader.agent.trace import AgentEvent, NodeName, NodeStage, NodeTrace
from tui_trader.core.clock import Clock, Instant
from tui_trader.core.clock.pulse import Pulse
from tui_trader.core.records import CycleDecided
from tui_trader.engine import views
from tui_trader.engine.audit_line import audit_line
from tui_trader.engine.mailbox import Mailbox
from tui_trader.engine.views import (
    AuditLine,
    AuditView,
    DecisionsView,
    LimitsView,
    NodeView,
    OrdersView,
    PositionsView,
    QuotesView,
    StatusView,
    TraceView,
)
from tui_trader.journal.ports import Row
from tui_trader.tools.ports import Headroom

_PRICES_EVERY = 0.1
_THE_REST_EVERY = 0.5
"""Seconds of real time."""
_KEPT_ROWS = 500
_KEPT_DECISIONS = 100


class Publisher:
    """Hears the journal (as a fold), the agent (as a listener) and the market (after each event)."""

    def __init__(
        self,
        mailbox: Mailbox,
        clock: Clock,
        *,
        status: Callable[[], StatusView],
        quotes: Callable[[], QuotesView],
        limits: Callable[[], tuple[Headroom, ...]],
    ) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self._status = status
        self._quotes = quotes
        self._limits = limits
        self._prices = Pulse(_PRICES_EVERY)
        self._rest = Pulse(_THE_REST_EVERY)
        self._rows: deque[AuditLine] = deque(maxlen=_KEPT_ROWS)
        self._decisions: deque[tuple[Instant, CycleDecided]] = deque(maxlen=_KEPT_DECISIONS)
        self._trace = _empty_trace(0, None)
        self._beats = 0

    def apply(self, row: Row) -> None:
        """Keep the tail of the journal at hand."""
        self._rows.append(audit_line(row))
        if isinstance(row.record, CycleDecided):
            self._decisions.append((row.time, row.record))

    def heard(self, event: AgentEvent) -> None:
        """A node began or ended, or a decision was made: shown at once, since it is rare."""
        match event:
            case NodeTrace():
                self._trace = _with_node(self._trace, event)
            case CycleDecided():
                self._trace = TraceView(
                    cycle=event.cycle, started=self._trace.started, nodes=self._trace.nodes, decision=event
                )
        self._mailbox.publish(views.TRACE, self._trace)

    def look(self) -> None:
        """Called after every market event and by a real-time beat: publishes what is due, if anybody looks."""
        if not self._mailbox.has_reader:
            return
        if self._prices.is_due():
            self._mailbox.publish(views.MARKET, self._quotes())
        if self._rest.is_due():
            self.publish_all()

    def publish_all(self) -> None:
        """Everything, now."""
        self._beats += 1
        self._mailbox.publish(views.PULSE, self._beats)
        status = self._status()
        self._mailbox.publish(views.STATUS, status)
        self._mailbox.publish(views.MARKET, self._quotes())
        self._mailbox.publish(views.POSITIONS, PositionsView(status.positions))
        self._mailbox.publish(views.ORDERS, OrdersView(status.orders))
        self._mailbox.publish(views.AUDIT, AuditView(tuple(self._rows)))
        self._mailbox.publish(views.DECISIONS, DecisionsView(tuple(self._decisions)))
        self._mailbox.publish(views.LIMITS, LimitsView(self._limits()))
        self._mailbox.publish(views.TRACE, self._trace)


def _empty_trace(cycle: int, started: Instant | None) -> TraceView:
    nodes = tuple(NodeView(node=name, stage=None) for name in NodeName)
    return TraceView(cycle=cycle, started=started, nodes=nodes, decision=None)


def _with_node(trace: TraceView, event: NodeTrace) -> TraceView:
    if event.cycle != trace.cycle or (event.node is NodeName.GATHER and event.stage is NodeStage.STARTED):
        trace = _empty_trace(event.cycle, event.time)
    news = NodeView(
        node=event.node, stage=event.stage, milliseconds=event.milliseconds, note=event.note, fault=event.fault
    )
    nodes = tuple(news if node.node is event.node else node for node in trace.nodes)
    return TraceView(cycle=trace.cycle, started=trace.started, nodes=nodes, decision=trace.decision)
