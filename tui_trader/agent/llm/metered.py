"""The metered model: the one place from which a model is called, with its price reserved before and settled after."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tui_trader.agent.faults import Fault
from tui_trader.agent.llm.lines import Line
from tui_trader.agent.llm.meter import Meter
from tui_trader.agent.llm.ports import ChatReply, ChatRequest, ModelFault
from tui_trader.agent.state import MAX_ACTIONS, shorten
from tui_trader.core.clock import Clock, Instant, elapsed
from tui_trader.core.money import ZERO, Money
from tui_trader.core.records import EconomyChanged, JsonObject, ModelAnswered, ModelAsked
from tui_trader.core.words import Actor, Economy
from tui_trader.journal.ports import Entry, Journal
from tui_trader.risk.economy import economy_for, over_cap
from tui_trader.risk.policy import ModelLimits
from tui_trader.risk.spending import Spending

_MAX_JOURNALLED_TEXT = 4_000
"""Characters of an answer's text and of one call's arguments that the journal keeps."""

NO_REPLY = ChatReply()

Judge = Callable[[ChatReply], Fault | None]
"""Says what voids a reply that came; it goes into the answer's row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call: what is asked, in which cycle, under which prompt, within how many real seconds."""

    cycle: int
    prompt_hash: str
    request: ChatRequest
    deadline: float
    messages: tuple[JsonObject, ...]
    """The request as the journal keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A reply, or the fault in its place, and what was counted for it in USD.

    `was_asked`: the question went out, and stands in the journal.
    """

    model: str
    reply: ChatReply = NO_REPLY
    fault: Fault | None = None
    cost: Money = ZERO
    estimated: bool = False
    was_asked: bool = True


@dataclass(frozen=True, slots=True)
class _Priced:
    """A line with its meter."""

    line: Line
    meter: Meter

    def worst(self, *requests: ChatRequest) -> Money:
        return sum((self.meter.reserve(request, self.line.max_output_tokens) for request in requests), start=ZERO)


class MeteredModel:
    """Asks a model, or the cheaper one, or nobody, as the caps on its cost allow.

    Before each call a row reserves the most that it can cost; after it a row settles what it did cost. A call whose
    answer is lost keeps its reservation: `Spending` folds both rows.
    """

    def __init__(
        self,
        line: Line,
        *,
        fallback: Line | None = None,
        meters: Callable[[str], Meter] = Meter,
        spending: Spending,
        limits: Callable[[], ModelLimits],
        journal: Journal,
        clock: Clock,
        at_close: Callable[[], None] = lambda: None,
    ) -> None:
        """`spending` must be attached to the journal. `meters` gives a model's meter by its name."""
        self._at_close = at_close
        self._main = _Priced(line, meters(line.model))
        self._fallback = _Priced(fallback, meters(fallback.model)) if fallback is not None else None
        self._spending = spending
        self._limits = limits
        self._journal = journal
        self._clock = clock

    async def review(self, *requests: ChatRequest) -> EconomyChanged:
        """How sparingly these may be asked, all of them; a row where that has changed."""
        now = self._clock.now()
        found = economy_for(
            self._spending,
            self._limits(),
            now,
            worst=self._main.worst(*requests),
            worst_fallback=self._fallback.worst(*requests) if self._fallback is not None else None,
        )
        if found.economy is not self._spending.journalled_economy():
            await self._journal.append(Entry(record=found, actor=Actor.SYSTEM))
        return found

    async def ask(self, question: Question, judge: Judge) -> Answered:
        """One call, or the fault `budget` where its worst does not fit; rows before and after it."""
        economy = await self.review(question.request)
        priced = self._affordable(question.request, economy.economy)
        if priced is None:
            return Answered(model=self._main.line.model, fault=Fault.BUDGET, was_asked=False)
        worst = priced.worst(question.request)
        asked = ModelAsked(
            cycle=question.cycle,
            model=priced.line.model,
            prompt_hash=question.prompt_hash,
            messages=question.messages,
            reserved=worst,
        )
        (row,) = await self._journal.append(Entry(record=asked, actor=Actor.AGENT))
        began = self._clock.now()
        try:
            answered = await self._called(priced, question, judge, worst)
        except asyncio.CancelledError:
            cut = Answered(model=priced.line.model, fault=Fault.INTERRUPTED, cost=worst, estimated=True)
            await self._record(cut, question.cycle, row.seq, began)
            raise
        await self._record(answered, question.cycle, row.seq, began)
        return answered

    async def close(self) -> None:
        """Closes the lines; nothing is asked afterwards."""
        await self._main.line.close()
        if self._fallback is not None:
            await self._fallback.line.close()
        self._at_close()

    def _affordable(self, request: ChatRequest, economy: Economy) -> _Priced | None:
        """The line to ask: the cheaper first where money is short; None where none fits into every cap."""
        lines = self._in_order(economy)
        limits, now = self._limits(), self._clock.now()
        fitting = (p for p in lines if over_cap(self._spending, limits, now, p.worst(request)) is None)
        return next(fitting, None)

    def _in_order(self, economy: Economy) -> tuple[_Priced, ...]:
        both = (self._main,) if self._fallback is None else (self._main, self._fallback)
        match economy:
            case Economy.FULL:
                return both
            case Economy.CHEAPER | Economy.SLOWER:
                return both[::-1]
            case Economy.MANAGE:
                return ()

    async def _called(self, priced: _Priced, question: Question, judge: Judge, worst: Money) -> Answered:
        model = priced.line.model
        try:
            reply = await priced.line.answer(question.request, deadline=question.deadline)
        except ModelFault as error:
            cost = worst if error.may_cost else ZERO
            return Answered(model=model, fault=error.fault, cost=cost, estimated=error.may_cost)
        if not reply.usage.total:
            # A service that counts no tokens is charged as if it had used all of them.
            return Answered(model=model, reply=reply, fault=judge(reply), cost=worst, estimated=True)
        price = priced.meter.price(reply.usage)
        cost = priced.meter.charge(reply.usage)
        return Answered(model=model, reply=reply, fault=judge(reply), cost=cost, estimated=price is None)

    async def _record(self, answered: Answered, cycle: int, asked: int, began: Instant) -> None:
        reply = answered.reply
        record = ModelAnswered(
            cycle=cycle,
            model=answered.model,
            fault=answered.fault.value if answered.fault else None,
            text=shorten(reply.text, _MAX_JOURNALLED_TEXT),
            tool_calls=tuple(
                {"name": shorten(call.name), "arguments": shorten(call.arguments, _MAX_JOURNALLED_TEXT)}
                for call in reply.calls[: 2 * MAX_ACTIONS]
            ),
            input_tokens=reply.usage.input_tokens,
            output_tokens=reply.usage.output_tokens,
            cached_tokens=reply.usage.cache_read_tokens,
            cache_written_tokens=reply.usage.cache_write_tokens,
            reasoning_tokens=reply.usage.reasoning_tokens,
            cost=answered.cost,
            estimated=answered.estimated,
            milliseconds=round(elapsed(began, self._clock.now()) * 1_000),
            asked=asked,
        )
        await self._journal.append(Entry(record=record, actor=Actor.AGENT))
