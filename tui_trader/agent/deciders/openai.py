"""The model decides: a question with the digest, an answer in tool calls, everything else a named fault."""

import asyncio
import logging
from dataclasses import dataclass, replace

from tui_trader.agent.deciders.answers import HOLD, LONGEST_TURN, answered, judged, told_by
from tui_trader.agent.deciders.ports import Decision, DecisionRequest, ProposedCall
from tui_trader.agent.digest import canonical, digest_of
from tui_trader.agent.faults import FAULT_TEXT, Fault
from tui_trader.agent.llm.meter import Meter
from tui_trader.agent.llm.ports import ChatModel, ChatReply, ChatRequest, ChatTurn, ModelFault
from tui_trader.agent.prompt import RenderedPrompt
from tui_trader.agent.state import MAX_ACTIONS, shorten
from tui_trader.core.clock import Clock, elapsed
from tui_trader.core.money import ZERO, Money
from tui_trader.core.records import JsonValue, ModelAnswered, ModelAsked
from tui_trader.core.words import Actor
from tui_trader.journal.ports import Entry, Journal
from tui_trader.tools.ports import ToolSpec

_log = logging.getLogger(__name__)

_MAX_JOURNALLED_TEXT = 4_000
"""Characters of an answer's text and of one call's arguments that the journal keeps."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A reply, or the fault in its place, and what to count for it."""

    reply: ChatReply
    fault: Fault | None
    cost: Money
    estimated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What one question came to: a decision, or the wish to read something first."""

    decision: Decision
    calls: tuple[ProposedCall, ...]
    wants_to_read: bool
    tokens: int
    cost: Money


class OpenAIDecider:
    """Function calling against any OpenAI-compatible endpoint. The question is journalled before it is asked."""

    def __init__(
        self,
        *,
        model: ChatModel,
        prompt: RenderedPrompt,
        journal: Journal,
        clock: Clock,
        meter: Meter | None = None,
        amends: bool = False,
    ) -> None:
        """With `amends` a second question follows, in the same cycle, where the gate refused a part of the answer."""
        self._model = model
        self._prompt = prompt
        self._journal = journal
        self._clock = clock
        self._meter = meter or Meter(model.model)
        self._amends = amends

    @property
    def name(self) -> str:
        """`openai`, as the command line calls it."""
        return "openai"

    @property
    def amends(self) -> bool:
        """As constructed."""
        return self._amends

    def worst_case_cost(self, request: DecisionRequest) -> Money:
        """The price of each question uncached, with the longest readings and the longest answer to each, in USD."""
        look, question = request.investigation, self._question(request)
        worst = self._reserve(question)
        for _ in range(look.rounds if look else 0):
            question = replace(question, turns=(*question.turns, LONGEST_TURN))
            worst += self._reserve(question)
        return worst

    def _reserve(self, question: ChatRequest) -> Money:
        return self._meter.reserve(question, self._model.max_output_tokens)

    async def decide(self, request: DecisionRequest) -> Decision:
        """One question, or as many more as may be looked things up before; all within the deadline."""
        look = request.investigation
        began, turns = self._clock.now(), tuple[ChatTurn, ...]()
        tokens, cost = 0, ZERO
        for rounds in range(look.rounds if look else 0, -1, -1):
            reading = look.tools if look and rounds else ()
            question = self._question(request, turns, reading)
            left = max(0.0, request.deadline - elapsed(began, self._clock.now()))
            said = await self._said(request, question, reading, left)
            tokens, cost = tokens + said.tokens, cost + said.cost
            if not said.wants_to_read or look is None:
                return replace(said.decision, tokens=tokens, cost=cost)
            turns = (*turns, await answered(said.calls, look))
        raise AssertionError("the last question offers nothing to read")

    async def _said(
        self, request: DecisionRequest, question: ChatRequest, reading: tuple[ToolSpec, ...], deadline: float
    ) -> "_Said":
        """One question and its answer, with rows before and after it."""
        await self._journal.append(Entry(record=self._asked(request, question), actor=Actor.AGENT))
        began = self._clock.now()
        worst = self._reserve(question)
        try:
            outcome = await self._outcome(question, worst, deadline)
        except asyncio.CancelledError:
            broken_off = _Outcome(ChatReply(), Fault.INTERRUPTED, worst, estimated=True)
            await self._record(request, broken_off, elapsed(began, self._clock.now()))
            raise
        said = self._judged(outcome, question, reading)
        await self._record(request, outcome, elapsed(began, self._clock.now()), fault=said.decision.fault)
        return said

    async def close(self) -> None:
        """Closes the model's connections where they were made; a second is enough for a goodbye."""
        try:
            await self._clock.outside(self._model.close, deadline=1.0)
        except TimeoutError:
            _log.warning("the model's connections did not close in time")

    def _question(
        self, request: DecisionRequest, turns: tuple[ChatTurn, ...] = (), reading: tuple[ToolSpec, ...] = ()
    ) -> ChatRequest:
        user = "The figures of this cycle, as data:\n" + canonical(digest_of(request.observation))
        if request.denied:
            refused: list[JsonValue] = [
                {"arguments": d.call.arguments, "code": d.code, "detail": d.detail, "tool": d.call.tool}
                for d in request.denied
            ]
            user += (
                "\nYour first answer to these figures was not let through; nothing of it was done. Answer anew within "
                "the limits, or hold. Refused:\n" + canonical(refused)
            )
        return ChatRequest(system=self._prompt.text, user=user, tools=(*request.tools, HOLD, *reading), turns=turns)

    async def _outcome(self, question: ChatRequest, worst: Money, deadline: float) -> _Outcome:
        try:
            reply = await self._clock.outside(lambda: self._model.ask(question), deadline=deadline)
        except TimeoutError:
            return _Outcome(ChatReply(), Fault.TIMEOUT, worst, estimated=True)
        except ModelFault as error:
            return _Outcome(ChatReply(), error.fault, worst if error.may_cost else ZERO, estimated=error.may_cost)
        if not reply.usage.total:
            # A service that counts no tokens is charged as if it had used all of them.
            return _Outcome(reply, None, worst, estimated=True)
        price = self._meter.price(reply.usage)
        return _Outcome(reply, None, self._meter.charge(reply.usage), estimated=price is None)

    def _judged(self, outcome: _Outcome, question: ChatRequest, reading: tuple[ToolSpec, ...]) -> "_Said":
        reply, names = outcome.reply, {tool.name for tool in reading}
        calls, fault = ((), outcome.fault) if outcome.fault else judged(reply, question.tools)
        reasons = [str(call.arguments.get("reason", "")) for call in calls]
        decision = Decision(
            calls=tuple(call for call in calls if call.tool != HOLD.name),
            reason=FAULT_TEXT[fault] if fault else shorten("; ".join(filter(None, reasons))),
            fault=fault,
            model=self._model.model,
        )
        return _Said(
            decision=decision,
            calls=calls,
            wants_to_read=any(call.tool in names for call in calls),
            tokens=reply.usage.total,
            cost=outcome.cost,
        )

    def _asked(self, request: DecisionRequest, question: ChatRequest) -> ModelAsked:
        return ModelAsked(
            cycle=request.cycle,
            model=self._model.model,
            prompt_hash=self._prompt.sha256,
            messages=(
                {"role": "system", "content": question.system},
                {"role": "user", "content": question.user},
                *(message for turn in question.turns for message in told_by(turn)),
            ),
        )

    async def _record(
        self, request: DecisionRequest, outcome: _Outcome, seconds: float, fault: Fault | None = None
    ) -> None:
        named = fault or outcome.fault
        reply = outcome.reply
        answered = ModelAnswered(
            cycle=request.cycle,
            model=self._model.model,
            fault=named.value if named else None,
            text=shorten(reply.text, _MAX_JOURNALLED_TEXT),
            tool_calls=tuple(
                {"name": shorten(call.name), "arguments": shorten(call.arguments, _MAX_JOURNALLED_TEXT)}
                for call in reply.calls[: 2 * MAX_ACTIONS]
            ),
            input_tokens=reply.usage.input_tokens,
            output_tokens=reply.usage.output_tokens,
            cost=outcome.cost,
            estimated=outcome.estimated,
            milliseconds=round(seconds * 1_000),
        )
        await self._journal.append(Entry(record=answered, actor=Actor.AGENT))
