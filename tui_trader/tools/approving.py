"""propose_position, approve, reject, observe_position: an entry that waits for a person, and one that is only watched.

The first and the last are the engine's own, in the agent's name; the answers are the operator's alone. Nothing here
sends an order but a yes, and that goes through the same gate, with the market and the account of its own instant.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from tui_trader.core.clock import text
from tui_trader.core.money import plain
from tui_trader.core.order import Intent
from tui_trader.core.plain_text import one_line
from tui_trader.core.records import JsonObject, JsonValue, ToolStatus
from tui_trader.core.words import Actor, ApprovalStatus
from tui_trader.desk.desk import Desk
from tui_trader.risk.approvals import Question
from tui_trader.risk.gate import Judgement
from tui_trader.tools.arguments import ApprovalOf, Arguments, OpenByRisk, Rejection
from tui_trader.tools.entering import ASKED_RECENTLY, CannotBuild, OpenPosition, Wish
from tui_trader.tools.ports import ToolAnswer
from tui_trader.tools.tool import Call, Tool, denied, done, failed

APPROVAL_UNKNOWN = "APPROVAL_UNKNOWN"
"""No question has this id."""
APPROVAL_OVER = "APPROVAL_OVER"
"""The question was answered, has expired, or was ended by a halt: the first answer counts."""
WAITS = "WAITS"
"""The symbol waits for an answer, or for an observed entry to end."""
LONGEST_REASON = 160
"""Characters of a reason, the decider's or a person's, that are kept."""


class ProposePosition(Tool):
    """Puts an entry of the agent to a person."""

    name: ClassVar = "propose_position"
    description: ClassVar = "Ask a person whether the agent may send this entry."
    forms: ClassVar[Mapping[Actor, type[Arguments]]] = {Actor.SYSTEM: OpenByRisk}
    trades: ClassVar = False
    reduces: ClassVar = False

    def __init__(self, desk: Desk, entering: OpenPosition) -> None:
        self._desk = desk
        self._entering = entering

    async def run(self, call: Call) -> ToolAnswer:
        """Ask, unless the gate would not let it through anyway or the same was asked a short time ago."""
        wished = _wished(self.name, self._entering, call)
        if isinstance(wished, ToolAnswer):
            return wished
        intent, judgement = wished
        seen = replace(intent, seen_price=intent.seen_price or self._desk.book().mark(intent.symbol))
        try:
            question = await self._desk.approvals.ask(seen, judgement.clamps, _reason_of(call))
        except ValueError as unknown:
            return failed(self.name, str(unknown))
        return done(self.name, {"approval": question.id, "expires": text(question.proposed.expires)})


class Approve(Tool):
    """A person says yes: the entry is sent, if the gate still lets it through."""

    name: ClassVar = "approve"
    description: ClassVar = "Agree to a proposed entry. It is judged again before it is sent."
    forms: ClassVar[Mapping[Actor, type[Arguments]]] = {Actor.OPERATOR: ApprovalOf}
    trades: ClassVar = True
    reduces: ClassVar = False

    def __init__(self, desk: Desk, entering: OpenPosition) -> None:
        self._desk = desk
        self._entering = entering

    async def run(self, call: Call) -> ToolAnswer:
        """Take the yes, then send; a yes that comes to nothing is used up."""
        question = await _answered(self._desk, self.name, call)
        if isinstance(question, ToolAnswer):
            return question
        agreed = question.proposed.intent
        answer = await self._entering.enter(lambda: self._entering.agreed(agreed, call, question.id), tool=self.name)
        if self._desk.questions.consents().given.get(question.id) is not None:
            await self._desk.approvals.denied(question, answer.code, str(answer.result.get("detail", "")))
        return ToolAnswer(
            tool=self.name, status=answer.status, result={"approval": question.id, **answer.result}, code=answer.code
        )


class Reject(Tool):
    """A person says no, and why."""

    name: ClassVar = "reject"
    description: ClassVar = "Refuse a proposed entry, with a reason that the agent is told."
    forms: ClassVar[Mapping[Actor, type[Arguments]]] = {Actor.OPERATOR: Rejection}
    trades: ClassVar = True
    reduces: ClassVar = True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, call: Call) -> ToolAnswer:
        """Take the no."""
        question = await _answered(self._desk, self.name, call)
        return question if isinstance(question, ToolAnswer) else done(self.name, {"approval": question.id})


class ObservePosition(Tool):
    """Writes down an entry that the agent may not send."""

    name: ClassVar = "observe_position"
    description: ClassVar = "Write down the entry that would have been sent, and watch what becomes of it."
    forms: ClassVar[Mapping[Actor, type[Arguments]]] = {Actor.SYSTEM: OpenByRisk}
    trades: ClassVar = False
    reduces: ClassVar = False

    def __init__(self, desk: Desk, entering: OpenPosition) -> None:
        self._desk = desk
        self._entering = entering

    async def run(self, call: Call) -> ToolAnswer:
        """Write it down as far as the gate would let it go."""
        wished = _wished(self.name, self._entering, call)
        if isinstance(wished, ToolAnswer):
            return wished
        intent, _ = wished
        try:
            observed = await self._desk.observer.observe(intent)
        except ValueError as unknown:
            return failed(self.name, str(unknown))
        return done(self.name, {"observed": observed.id, "quantity": plain(intent.quantity)})


def _wished(tool: str, entering: OpenPosition, call: Call) -> tuple[Intent, Judgement] | ToolAnswer:
    """The agent's entry as the gate would let it through, and the gate's word; or the answer that ends the call."""
    try:
        wish: Wish = entering.wish(replace(call, caller=Actor.AGENT))
    except CannotBuild as missing:
        return denied(tool, missing.code.value, str(missing))
    if wish.waits_for:
        return denied(tool, WAITS, f"waits for {wish.waits_for}")
    if wish.rests:
        return denied(tool, ASKED_RECENTLY, wish.rests)
    if wish.judgement.intent is None:
        return denied(tool, wish.judgement.code, wish.judgement.detail)
    return wish.judgement.intent, wish.judgement


async def _answered(desk: Desk, tool: str, call: Call) -> Question | ToolAnswer:
    """The question that this answer decided; or the tool's own answer, where it decides nothing (any more)."""
    match call.arguments:
        case ApprovalOf(approval=name):
            status, reason = ApprovalStatus.APPROVED, ""
        case Rejection(approval=name, reason=words):
            status, reason = ApprovalStatus.REJECTED, one_line(words, LONGEST_REASON)
        case other:
            raise TypeError(type(other).__name__)
    answered = await desk.approvals.answer(
        name, status, reason=reason, correlation=call.correlation, person=call.person
    )
    if answered.question is None or not answered.counts:
        return _over(tool, answered.question, answered.refusal)
    return answered.question


def _over(tool: str, question: Question | None, refusal: str) -> ToolAnswer:
    """There is nothing to answer (any more), and why."""
    if question is None:
        return denied(tool, APPROVAL_UNKNOWN, "no question has this id; `tui-trader status` lists those that wait")
    result: dict[str, JsonValue] = {
        "code": APPROVAL_OVER,
        "detail": refusal,
        "approval": question.id,
        "approval_status": question.status.value,
    }
    answer: JsonObject = result
    return ToolAnswer(tool=tool, status=ToolStatus.DENIED, result=answer, code=APPROVAL_OVER)


def _reason_of(call: Call) -> str:
    assert isinstance(call.arguments, OpenByRisk)
    return one_line(call.arguments.reason, LONGEST_REASON)
