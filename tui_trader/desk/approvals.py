"""The approval desk: asks a person about an entry, takes the answer once, and lets what nobody answers expire."""

import asyncio
from dataclasses import dataclass

from tui_trader.core.clock import elapsed, later
from tui_trader.core.ids import typed_id
from tui_trader.core.order import Intent
from tui_trader.core.records import ApprovalChanged, Clamp, EntryProposed
from tui_trader.core.words import Actor, ApprovalStatus, TradingState
from tui_trader.desk.book import book_of
from tui_trader.desk.parts import Parts
from tui_trader.journal.ports import Entry, JournalUnwritable
from tui_trader.risk.approvals import EXPIRED, RESTARTED, Question
from tui_trader.risk.card import card_of

_LOOK_EVERY = 1.0
"""Seconds between two looks at the questions that wait; what has expired cannot be answered in between either."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer: the question as it then stood, and, empty where the answer counts, why it does not."""

    question: Question | None
    refusal: str = ""

    @property
    def counts(self) -> bool:
        """Whether this answer is the one that decided."""
        return not self.refusal


class Approvals:
    """The one writer of approval rows. See `ApprovalFold` for what they mean."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._answering = asyncio.Lock()
        self._asked = asyncio.Event()

    async def run(self) -> None:
        """Let questions expire, until cancelled; costs nothing while none waits."""
        while True:
            if not self._parts.approvals.open:
                self._asked.clear()
                await self._asked.wait()
            await self.look()
            await self._parts.clock.sleep(_LOOK_EVERY)

    async def begin(self) -> None:
        """At the start: a yes of the last process that no order followed is void.

        Whether a person would still say it after a crash, with another price and another account, nobody knows. What
        still waits goes on waiting, for what is left of its time.
        """
        for question in self._parts.approvals.open:
            if question.status is ApprovalStatus.APPROVED:
                words = "the trader restarted between the yes and the order"
                await self._tell(question, ApprovalStatus.EXPIRED, RESTARTED, words)

    async def look(self) -> None:
        """One look: the time that is over, and the trading state that is not ACTIVE, end what waits."""
        async with self._answering:
            for question in self._parts.approvals.waiting:
                await self._expired(question)

    async def ask(self, intent: Intent, clamps: tuple[Clamp, ...], reason: str) -> Question:
        """Put the entry to a person; the question is durable when this returns. Raises ValueError, JournalUnwritable.

        One question a symbol: while one waits, it is the answer to every other.
        `intent` is what the gate would let through now; `reason` is safe to show.
        """
        async with self._answering:
            approvals, waiting = self._parts.approvals, self._parts.approvals.consents().waiting
            name = waiting.get(intent.symbol, "")
            if not name:
                name = typed_id(self._parts.journal.head.hash + intent.symbol.encode(), approvals.ids)
                await self._put(name, intent, clamps, reason)
        question = approvals.question(name)
        assert question is not None  # the fold has seen the row before append returned
        return question

    async def _put(self, name: str, intent: Intent, clamps: tuple[Clamp, ...], reason: str) -> None:
        proposed = EntryProposed(
            id=name,
            intent=intent,
            card=card_of(intent, book_of(self._parts), clamps),
            reason=reason,
            expires=later(self._parts.clock.now(), self._parts.policy.current.approval_expiry),
        )
        await self._parts.journal.append(Entry(record=proposed, actor=intent.actor, correlation=intent.correlation))
        self._asked.set()

    async def answer(
        self, name: str, status: ApprovalStatus, *, reason: str, correlation: str, person: str = ""
    ) -> Answered:
        """A person's yes or no. Of several answers the first counts. Raises JournalUnwritable."""
        async with self._answering:
            question = self._parts.approvals.question(name)
            if question is None:
                return Answered(None, "there is no such question")
            if question.status is ApprovalStatus.WAITING:
                await self._expired(question)
                question = self._parts.approvals.question(name) or question
            if question.status is not ApprovalStatus.WAITING:
                return Answered(question, _said(question))
            change = ApprovalChanged(id=name, status=status, reason=reason, person=person)
            await self._parts.journal.append(Entry(record=change, actor=Actor.OPERATOR, correlation=correlation))
            settled = self._parts.approvals.question(name) or question
            # A halt may have become durable just before the answer: then the fold has not taken the yes.
            return Answered(settled, "" if settled.status is status else f"trading is {settled.doomed}")

    async def denied(self, question: Question, code: str, detail: str) -> None:
        """The gate or the desk would not send what was agreed to: the yes is used up."""
        await self._tell(question, ApprovalStatus.DENIED, code, detail)

    async def _expired(self, question: Question) -> None:
        now, state = self._parts.clock.now(), self._parts.switch.state
        if question.doomed or state is not TradingState.ACTIVE:
            why = question.doomed or state.value
            await self._tell(question, ApprovalStatus.EXPIRED, why, f"trading was {why} before anybody answered")
        elif question.seconds_left(now) <= 0:
            waited = elapsed(question.asked, question.proposed.expires)
            await self._tell(question, ApprovalStatus.EXPIRED, EXPIRED, f"nobody answered within {waited:.0f} s")

    async def _tell(self, question: Question, status: ApprovalStatus, code: str, reason: str) -> None:
        change = ApprovalChanged(id=question.id, status=status, code=code, reason=reason)
        try:
            await self._parts.journal.append(Entry(record=change, actor=Actor.SYSTEM))
        except JournalUnwritable:
            # Without a journal nothing is sent, so an old question does no harm; the next start ends it by its time.
            self._parts.switch.trip()


def _said(question: Question) -> str:
    by = question.by.value
    return f"{question.id} was {question.status.value} by the {by} already" + (
        f": {question.reason}" if question.reason else ""
    )
