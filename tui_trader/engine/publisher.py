"""Makes views from the running parts and puts them into the mailbox, as often as eyes can follow."""

from typing import Protocol

from tui_trader.agent.trace import AgentEvent, NodeName, NodeStage, NodeTrace
from tui_trader.core.clock import Clock, Instant
from tui_trader.core.clock.pulse import Pulse
from tui_trader.core.records import CycleDecided
from tui_trader.core.words import Symbol
from tui_trader.engine import views
from tui_trader.engine.audit_line import audit_line
from tui_trader.engine.mailbox import Mailbox
from tui_trader.engine.tail import KEPT_ROWS, Tail
from tui_trader.engine.views import (
    AuditLine,
    AuditView,
    CandlesView,
    DecisionsView,
    DepthView,
    FillsView,
    LimitsView,
    NodeView,
    OrdersView,
    PositionsView,
    QuotesView,
    StatusView,
    TraceView,
)
from tui_trader.tools.ports import Headroom

_PRICES_EVERY = 0.1
_THE_REST_EVERY = 0.5
"""Seconds of real time."""


class Shown(Protocol):
    """What a running trader shows, read from its parts at this instant."""

    def status(self) -> StatusView:
        """How everything stands."""
        ...

    def quotes(self) -> QuotesView:
        """The market, a row a symbol that has prices."""
        ...

    def candles(self, symbol: Symbol) -> CandlesView:
        """All closed minutes that are kept; none of a symbol never heard of."""
        ...

    def depth(self, symbol: Symbol) -> DepthView | None:
        """The best levels; None before the first quote."""
        ...

    def limits(self) -> tuple[Headroom, ...]:
        """Every limit and how much of it is used."""
        ...


class Publisher:
    """Reads the journal's tail, hears the agent (as a listener) and the market (after each event)."""

    def __init__(
        self,
        mailbox: Mailbox,
        clock: Clock,
        tail: Tail,
        shown: Shown,
    ) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self._shown = shown
        self._prices = Pulse(_PRICES_EVERY)
        self._rest = Pulse(_THE_REST_EVERY)
        self._tail = tail
        self._lines: tuple[AuditLine, ...] = ()
        self._told = 0
        """How many rows `_lines` knew of."""
        self._trace = _empty_trace(0, None)
        self._beats = 0

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
            self._mailbox.publish(views.MARKET, self._shown.quotes())
            self._publish_depth()
        if self._rest.is_due():
            self.publish_all()

    def publish_all(self) -> None:
        """Everything, now."""
        self._beats += 1
        self._mailbox.publish(views.PULSE, self._beats)
        status = self._shown.status()
        self._mailbox.publish(views.STATUS, status)
        self._mailbox.publish(views.MARKET, self._shown.quotes())
        self._publish_depth()
        for name in self._mailbox.wanted(views.CANDLES):
            self._mailbox.publish(views.CANDLES + name, self._shown.candles(Symbol(name)))
        self._mailbox.publish(views.FILLS, FillsView(self._tail.fills))
        self._mailbox.publish(views.POSITIONS, PositionsView(status.positions))
        self._mailbox.publish(views.ORDERS, OrdersView(status.orders))
        self._mailbox.publish(views.AUDIT, AuditView(self._audit()))
        self._mailbox.publish(views.DECISIONS, DecisionsView(self._tail.decisions))
        self._mailbox.publish(views.LIMITS, LimitsView(self._shown.limits()))
        self._mailbox.publish(views.TRACE, self._trace)

    def _publish_depth(self) -> None:
        for name in self._mailbox.wanted(views.DEPTH):
            if (depth := self._shown.depth(Symbol(name))) is not None:
                self._mailbox.publish(views.DEPTH + name, depth)

    def _audit(self) -> tuple[AuditLine, ...]:
        """The journal's tail in lines: only what is new since the last look is put into words."""
        new = self._tail.newest(self._tail.heard - self._told)
        self._told = self._tail.heard
        if new:
            self._lines = (*self._lines, *map(audit_line, new))[-KEPT_ROWS:]
        return self._lines


def _empty_trace(cycle: int, started: Instant | None) -> TraceView:
    nodes = tuple(NodeView(node=name, stage=None) for name in NodeName)
    return TraceView(cycle=cycle, started=started, nodes=nodes, decision=None)


def _with_node(trace: TraceView, event: NodeTrace) -> TraceView:
    if event.cycle != trace.cycle or (event.node is NodeName.GATHER and event.stage is NodeStage.STARTED):
        trace = _empty_trace(event.cycle, event.time)
    news = NodeView(
        node=event.node,
        stage=event.stage,
        milliseconds=event.milliseconds,
        note=event.note,
        fault=event.fault,
        verdict=event.verdict,
        tokens=event.tokens,
        cost=event.cost,
    )
    nodes = tuple(news if node.node is event.node else node for node in trace.nodes)
    return TraceView(cycle=trace.cycle, started=trace.started, nodes=nodes, decision=trace.decision)
