"""What persons were asked and what they answered: a fold, and when the agent has to ask at all.

A question is answered once: the first durable row wins. What tightens the trading state ends every question, and a
resume brings none of them back. A yes is good for one order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from tui_trader.core.clock import Instant, elapsed
from tui_trader.core.order import Intent, Purpose
from tui_trader.core.records import (
    ApprovalChanged,
    EmergencyImported,
    EntryProposed,
    OrderIntended,
    TradingStateChanged,
)
from tui_trader.core.words import Actor, ApprovalStatus, Autonomy, Side, Symbol, TradingState
from tui_trader.journal.ports import Row
from tui_trader.risk.book import Book, Consents
from tui_trader.risk.policy import Policy
from tui_trader.risk.sizing import unit_worth

EXPIRED = "APPROVAL_EXPIRED"
"""Nobody answered in time."""
RESTARTED = "RESTARTED"
"""The process that was told yes ended before it sent the order."""
_KEPT = 200
"""Answered questions that are kept at hand, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A proposed entry with its answer so far. `by` answered, at `at`; `doomed` says why no yes can come any more."""

    proposed: EntryProposed
    asked: Instant
    status: ApprovalStatus = ApprovalStatus.WAITING
    code: str = ""
    reason: str = ""
    by: Actor = Actor.SYSTEM
    at: Instant | None = None
    doomed: str = ""

    @property
    def id(self) -> str:
        """What a person types."""
        return self.proposed.id

    @property
    def symbol(self) -> Symbol:
        """What would be traded."""
        return self.proposed.intent.symbol

    def seconds_left(self, now: Instant) -> float:
        """Until the answer is no by itself; negative when that time is past."""
        return elapsed(now, self.proposed.expires)


class ApprovalFold:
    """All questions, as the durable rows say it."""

    def __init__(self) -> None:
        self._open: dict[str, Question] = {}
        """Those that wait, and those with a yes that was not used."""
        self._closed: dict[str, Question] = {}
        self._ids: set[str] = set()

    def apply(self, row: Row) -> None:
        """Take one row in; an answer to what is answered changes nothing."""
        match row.record:
            case EntryProposed() as proposed if proposed.id not in self._ids:
                self._ids.add(proposed.id)
                self._open[proposed.id] = Question(proposed=proposed, asked=row.time)
            case ApprovalChanged() as change:
                self._changed(change, row)
            case OrderIntended(intent=Intent(approval=used)) if used in self._open:
                self._settle(replace(self._open[used], status=ApprovalStatus.EXECUTED, at=row.time))
            case TradingStateChanged(state=state) if state is not TradingState.ACTIVE:
                self._doom(state.value)
            case EmergencyImported():
                self._doom(TradingState.HALTED.value)
            case _:
                pass

    def _changed(self, change: ApprovalChanged, row: Row) -> None:
        question = self._open.get(change.id)
        if question is None or change.status not in _NEXT[question.status]:
            return
        if change.status is ApprovalStatus.APPROVED and question.doomed:
            return
        news = replace(
            question, status=change.status, code=change.code, reason=change.reason, by=row.actor, at=row.time
        )
        if news.status.is_final:
            self._settle(news)
        else:
            self._open[news.id] = news

    def _settle(self, question: Question) -> None:
        self._open.pop(question.id, None)
        self._closed[question.id] = question
        while len(self._closed) > _KEPT:
            del self._closed[next(iter(self._closed))]

    def _doom(self, why: str) -> None:
        self._open = {name: replace(q, doomed=q.doomed or why) for name, q in self._open.items()}

    @property
    def ids(self) -> frozenset[str]:
        """Every id that was ever given."""
        return frozenset(self._ids)

    @property
    def open(self) -> tuple[Question, ...]:
        """What waits, and each yes that was not used, oldest first."""
        return tuple(self._open.values())

    @property
    def waiting(self) -> tuple[Question, ...]:
        """What a person can still answer, oldest first."""
        return tuple(q for q in self._open.values() if q.status is ApprovalStatus.WAITING)

    @property
    def closed(self) -> tuple[Question, ...]:
        """What is over, oldest first."""
        return tuple(self._closed.values())

    def question(self, name: str) -> Question | None:
        """One question; None where no such id was given, or so long ago that it is forgotten."""
        return self._open.get(name) or self._closed.get(name)

    def consents(self) -> Consents:
        """What the gate must know."""
        if not self._open:
            return NOBODY_ASKED
        given: Mapping[str, Intent] = {
            q.id: q.proposed.intent for q in self._open.values() if q.status is ApprovalStatus.APPROVED and not q.doomed
        }
        return Consents(waiting={q.symbol: q.id for q in self.waiting}, given=given)

    def last_no(self, symbol: Symbol, side: Side) -> Question | None:
        """The last question about this side of the symbol, if a person refused it or let it expire."""
        for question in reversed(self._closed.values()):
            if question.symbol == symbol and question.proposed.intent.side is side:
                refused = question.status is ApprovalStatus.REJECTED or question.code == EXPIRED
                return question if refused else None
        return None

    def resting(self, intent: Intent, policy: Policy, now: Instant) -> str:
        """Why nobody is asked about this side of the symbol again yet; empty where one may ask.

        It rests for as long as a question waits. The person's reason is left out: this text becomes an outcome, whose
        words are the program's own.
        """
        last = self.last_no(intent.symbol, intent.side)
        if last is None or last.at is None:
            return ""
        left = policy.approval_expiry - elapsed(last.at, now)
        return f"{last.id} was {last.status.value}; not asked again for {left:.0f} s" if left > 0 else ""


NOBODY_ASKED = Consents()

_NEXT: Mapping[ApprovalStatus, frozenset[ApprovalStatus]] = MappingProxyType(
    {
        ApprovalStatus.WAITING: frozenset({ApprovalStatus.APPROVED, ApprovalStatus.REJECTED, ApprovalStatus.EXPIRED}),
        ApprovalStatus.APPROVED: frozenset({ApprovalStatus.DENIED, ApprovalStatus.EXPIRED}),
    }
)
"""Which answer may follow which; all others are final. EXECUTED comes from the order's own row."""


def needs_a_person(intent: Intent, book: Book, policy: Policy) -> bool:
    """Whether this order may leave only with a person's yes.

    Only the agent's entries: exits, stops and cancels never wait, and the operator is a person. Above
    `approve_above_notional` counts what the symbol's position would be worth on this side with all that works, so
    that a large entry in small parts is asked for, too. Without a mark price it cannot be said, and is asked for.
    """
    if intent.actor is not Actor.AGENT or intent.purpose is not Purpose.ENTRY:
        return False
    if policy.autonomy is not Autonomy.AUTO:
        return True
    most, mark = policy.risk.approve_above_notional, book.mark(intent.symbol)
    if most is None:
        return False
    if mark is None:
        return True
    held = book.worst_case_quantity(intent.symbol, intent.side) + intent.quantity
    return held * unit_worth(intent.price or mark, mark) > most


def is_what_was_agreed(intent: Intent, agreed: Intent) -> bool:
    """The order is the entry that a person saw: no larger, no dearer, with the same protection."""
    if intent.price is None or agreed.price is None:
        return False
    same = (intent.symbol, intent.side, intent.type, intent.time_in_force, intent.protection)
    wanted = (agreed.symbol, agreed.side, agreed.type, agreed.time_in_force, agreed.protection)
    is_no_dearer = (intent.price - agreed.price) * intent.side.sign <= 0
    return same == wanted and intent.quantity <= agreed.quantity and is_no_dearer
