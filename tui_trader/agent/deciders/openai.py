"""The model decides: a question with the digest, an answer in tool calls, everything else a named fault."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tui_trader.agent.canonical import canonical
from tui_trader.agent.deciders.answers import HOLD, LONGEST_TURN, answered, judged, told_by
from tui_trader.agent.deciders.managing import managed
from tui_trader.agent.deciders.ports import Decision, DecisionRequest, ProposedCall
from tui_trader.agent.digest import digest_of
from tui_trader.agent.faults import FAULT_TEXT
from tui_trader.agent.legend import LEGEND
from tui_trader.agent.llm.metered import MeteredModel, Question
from tui_trader.agent.llm.ports import ChatRequest, ChatTurn
from tui_trader.agent.prompt import RenderedPrompt
from tui_trader.agent.state import shorten
from tui_trader.core.clock import Clock, elapsed
from tui_trader.core.money import ZERO, Money
from tui_trader.core.records import JsonObject, JsonValue
from tui_trader.core.words import Economy
from tui_trader.tools.ports import ToolSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What one question came to: a decision, or the wish to read something first."""

    decision: Decision
    calls: tuple[ProposedCall, ...]
    wants_to_read: bool
    tokens: int
    cost: Money


class OpenAIDecider:
    """Function calling, through the meter: it knows no other way to a model."""

    def __init__(
        self, *, model: MeteredModel, prompt: Callable[[], RenderedPrompt], clock: Clock, amends: bool = False
    ) -> None:
        """With `amends` a second question follows, in the same cycle, where the gate refused a part of the answer."""
        self._model = model
        self._prompt = prompt
        self._clock = clock
        self._amends = amends

    @property
    def name(self) -> str:
        """`openai`, as the command line calls it."""
        return "openai"

    @property
    def amends(self) -> bool:
        """As constructed."""
        return self._amends

    def _system(self) -> str:
        """The legend stands in the part that seldom changes: a service caches it together with the instructions."""
        return f"{self._prompt().text}\n\n{LEGEND}"

    async def unaffordable(self, request: DecisionRequest) -> str:
        """Which cap on the model's cost has no room for this; empty where all have, also for the longest readings."""
        economy = await self._model.review(*self._questions(request))
        return economy.reason if economy.economy is Economy.MANAGE else ""

    async def decide(self, request: DecisionRequest) -> Decision:
        """One question, or as many more as may be looked things up before; all within the deadline.

        Without money for them, what is held is managed by rule.
        """
        if why := await self.unaffordable(request):
            return managed(request, why)
        look = request.investigation
        began, turns = self._clock.now(), tuple[ChatTurn, ...]()
        tokens, cost = 0, ZERO
        for rounds in range(look.rounds if look else 0, -1, -1):
            reading = look.tools if look and rounds else ()
            question = self._question(request, turns, reading)
            left = max(0.0, request.deadline - elapsed(began, self._clock.now()))
            said = await self._said(request.cycle, question, reading, left)
            tokens, cost = tokens + said.tokens, cost + said.cost
            if not said.wants_to_read or look is None:
                return replace(said.decision, tokens=tokens, cost=cost)
            turns = (*turns, await answered(said.calls, look))
        raise AssertionError("the last question offers nothing to read")

    async def close(self) -> None:
        """Closes the model's connections."""
        await self._model.close()

    def _questions(self, request: DecisionRequest) -> Iterator[ChatRequest]:
        """All that may be asked to decide this, each at its longest."""
        look, question = request.investigation, self._question(request)
        yield question
        for _ in range(look.rounds if look else 0):
            question = replace(question, turns=(*question.turns, LONGEST_TURN))
            yield question

    def _question(
        self, request: DecisionRequest, turns: tuple[ChatTurn, ...] = (), reading: tuple[ToolSpec, ...] = ()
    ) -> ChatRequest:
        user = "The figures of this cycle, as data:\n" + digest_of(request.observation)
        if request.denied:
            refused: list[JsonValue] = [
                {"arguments": d.call.arguments, "code": d.code, "detail": d.detail, "tool": d.call.tool}
                for d in request.denied
            ]
            user += (
                "\nYour first answer to these figures was not let through; nothing of it was done. Answer anew within "
                "the limits, or hold. Refused:\n" + canonical(refused)
            )
        return ChatRequest(system=self._system(), user=user, tools=(*request.tools, HOLD, *reading), turns=turns)

    async def _said(self, cycle: int, question: ChatRequest, reading: tuple[ToolSpec, ...], deadline: float) -> _Said:
        """One question and what its answer comes to."""
        came = await self._model.ask(
            Question(
                cycle=cycle,
                prompt_hash=self._prompt().sha256,
                request=question,
                deadline=deadline,
                messages=tuple(_told(question)),
            ),
            lambda reply: judged(reply, question.tools)[1],
        )
        calls = () if came.fault else judged(came.reply, question.tools)[0]
        names, reasons = {tool.name for tool in reading}, [str(call.arguments.get("reason", "")) for call in calls]
        decision = Decision(
            calls=tuple(call for call in calls if call.tool != HOLD.name),
            reason=FAULT_TEXT[came.fault] if came.fault else shorten("; ".join(filter(None, reasons))),
            fault=came.fault,
            model=came.model,
            is_on_record=came.was_asked,
        )
        return _Said(
            decision=decision,
            calls=calls,
            wants_to_read=any(call.tool in names for call in calls),
            tokens=came.reply.usage.total,
            cost=came.cost,
        )


def _told(question: ChatRequest) -> Iterator[JsonObject]:
    """The question's messages as the journal keeps them."""
    yield {"role": "system", "content": question.system}
    yield {"role": "user", "content": question.user}
    for turn in question.turns:
        yield from told_by(turn)
