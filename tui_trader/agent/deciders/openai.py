"""The model decides: one question with the digest, one answer in tool calls, everything else a named fault."""

import asyncio
import json
import logging
from dataclasses import dataclass
from decimal import Decimal
from typing import Never

from tui_trader.agent.deciders.ports import Decision, DecisionRequest, ProposedCall
from tui_trader.agent.digest import canonical, digest_of
from tui_trader.agent.faults import FAULT_TEXT, Fault
from tui_trader.agent.llm.meter import Meter
from tui_trader.agent.llm.ports import ChatCall, ChatModel, ChatReply, ChatRequest, ModelFault
from tui_trader.agent.prompt import RenderedPrompt
from tui_trader.agent.proposals import fault_in
from tui_trader.agent.state import MAX_ACTIONS, shorten
from tui_trader.core.clock import Clock, elapsed
from tui_trader.core.money import ZERO, Money
from tui_trader.core.records import JsonObject, JsonValue, ModelAnswered, ModelAsked
from tui_trader.core.words import Actor
from tui_trader.journal.ports import Entry, Journal
from tui_trader.tools.ports import ToolSpec

HOLD = ToolSpec(
    name="hold",
    description="Do nothing in this cycle: keep positions, orders and stops as they are. Call it alone.",
    parameters={
        "type": "object",
        "properties": {"reason": {"type": "string", "description": "Why, in one sentence."}},
        "required": ["reason"],
        "additionalProperties": False,
    },
    trades=False,
)
"""The one tool that is not in the catalogue: saying no needs no gate."""

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
        """The price of the whole question uncached and the longest answer, in USD."""
        return self._meter.reserve(self._question(request), self._model.max_output_tokens)

    async def decide(self, request: DecisionRequest) -> Decision:
        """One call within the deadline; rows before and after it."""
        question = self._question(request)
        await self._journal.append(Entry(record=self._asked(request, question), actor=Actor.AGENT))
        began = self._clock.now()
        worst = self._meter.reserve(question, self._model.max_output_tokens)
        try:
            outcome = await self._outcome(request, question, worst)
        except asyncio.CancelledError:
            broken_off = _Outcome(ChatReply(), Fault.INTERRUPTED, worst, estimated=True)
            await self._record(request, broken_off, elapsed(began, self._clock.now()))
            raise
        decision = self._decision(outcome, question)
        await self._record(request, outcome, elapsed(began, self._clock.now()), fault=decision.fault)
        return decision

    async def close(self) -> None:
        """Closes the model's connections where they were made; a second is enough for a goodbye."""
        try:
            await self._clock.outside(self._model.close, deadline=1.0)
        except TimeoutError:
            _log.warning("the model's connections did not close in time")

    def _question(self, request: DecisionRequest) -> ChatRequest:
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
        return ChatRequest(system=self._prompt.text, user=user, tools=(*request.tools, HOLD))

    async def _outcome(self, request: DecisionRequest, question: ChatRequest, worst: Money) -> _Outcome:
        try:
            reply = await self._clock.outside(lambda: self._model.ask(question), deadline=request.deadline)
        except TimeoutError:
            return _Outcome(ChatReply(), Fault.TIMEOUT, worst, estimated=True)
        except ModelFault as error:
            return _Outcome(ChatReply(), error.fault, worst if error.may_cost else ZERO, estimated=error.may_cost)
        if not reply.usage.total:
            # A service that counts no tokens is charged as if it had used all of them.
            return _Outcome(reply, None, worst, estimated=True)
        price = self._meter.price(reply.usage)
        return _Outcome(reply, None, self._meter.charge(reply.usage), estimated=price is None)

    def _decision(self, outcome: _Outcome, question: ChatRequest) -> Decision:
        reply = outcome.reply
        calls, fault = ((), outcome.fault) if outcome.fault else judged(reply, question.tools)
        reasons = [str(call.arguments.get("reason", "")) for call in calls]
        return Decision(
            calls=tuple(call for call in calls if call.tool != HOLD.name),
            reason=FAULT_TEXT[fault] if fault else shorten("; ".join(filter(None, reasons))),
            fault=fault,
            tokens=reply.usage.total,
            cost=outcome.cost,
            model=self._model.model,
        )

    def _asked(self, request: DecisionRequest, question: ChatRequest) -> ModelAsked:
        return ModelAsked(
            cycle=request.cycle,
            model=self._model.model,
            prompt_hash=self._prompt.sha256,
            messages=({"role": "system", "content": question.system}, {"role": "user", "content": question.user}),
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


def judged(reply: ChatReply, tools: tuple[ToolSpec, ...]) -> tuple[tuple[ProposedCall, ...], Fault | None]:
    """The calls of a reply that may be acted on, `hold` included, or the fault that voids the whole reply."""
    fault = _whole_fault(reply)
    if fault:
        return (), fault
    calls: list[ProposedCall] = []
    for call in reply.calls:
        arguments = parsed(call)
        if arguments is None:
            return (), Fault.BAD_JSON
        calls.append(ProposedCall(tool=call.name, arguments=arguments))
    if fault := fault_in(calls, tools):
        return (), fault
    holds = [call for call in calls if call.tool == HOLD.name]
    if holds and len(holds) < len(calls):
        return (), Fault.CONTRADICTORY
    return tuple(calls), None


def _whole_fault(reply: ChatReply) -> Fault | None:
    if reply.refused:
        return Fault.REFUSAL
    if reply.truncated:
        return Fault.TRUNCATED
    if not reply.calls:
        return Fault.PROSE if reply.text.strip() else Fault.EMPTY
    return None


def parsed(call: ChatCall) -> JsonObject | None:
    """The call's arguments as an object without floats, or None. `1.0` is a number and not an integer: kept as text."""
    try:
        value: JsonValue = json.loads(call.arguments, parse_float=_as_text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _as_text(figure: str) -> str:
    return str(Decimal(figure))


def _refuse(constant: str) -> Never:
    msg = f"{constant} is not JSON"
    raise ValueError(msg)
