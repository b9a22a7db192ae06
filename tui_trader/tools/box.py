"""The tool layer: one road for agent, keys and commands; a journal row before each call and one after."""

import asyncio
import json
from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from tui_trader.core.records import JsonObject, RiskJudged, ToolCalled, ToolReturned, ToolStatus
from tui_trader.core.words import Actor, Symbol
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.ports import Entry, Journal, JournalUnwritable, Row
from tui_trader.tools.arguments import Arguments
from tui_trader.tools.ports import Preview, ToolAnswer, ToolSpec
from tui_trader.tools.schema import strict_schema
from tui_trader.tools.tool import Call, Tool

UNKNOWN_TOOL = "UNKNOWN_TOOL"
NOT_PERMITTED = "NOT_PERMITTED"
INVALID_ARGUMENTS = "INVALID_ARGUMENTS"
JOURNAL_UNWRITABLE = "JOURNAL_UNWRITABLE"
_LONGEST_REASON = 280


class ToolLayer:
    """See the port `Toolbox`. Attach it to the journal as a fold: it numbers calls and finds unanswered ones."""

    def __init__(
        self, tools: Iterable[Tool], *, journal: Journal, emergency: EmergencyLog, symbols: tuple[Symbol, ...]
    ) -> None:
        """`symbols` are those that a model may name."""
        self._tools: Mapping[str, Tool] = {tool.name: tool for tool in tools}
        self._journal = journal
        self._emergency = emergency
        self._catalogues = {caller: self._specs(caller, symbols) for caller in Actor}
        self._calls = 0
        self._unanswered: dict[str, ToolCalled] = {}
        self._judged: set[str] = set()
        """Calls whose denial the gate has journalled already."""

    # ------------------------------------------------------------------ fold

    def apply(self, row: Row) -> None:
        """Count calls and pair them with their results."""
        match row.record:
            case ToolCalled() as called:
                self._calls = max(self._calls, int(row.correlation.removeprefix("call-") or 0))
                self._unanswered[row.correlation] = called
            case RiskJudged(verdict="deny") if row.correlation:
                self._judged.add(row.correlation)
            case ToolReturned():
                self._judged.discard(row.correlation)
                self._unanswered.pop(row.correlation, None)
            case _:
                pass

    async def close_interrupted(self) -> int:
        """At the start: calls that a crash cut off get their result row. Returns how many."""
        cut_off = dict(self._unanswered)
        for correlation, called in cut_off.items():
            record = ToolReturned(tool=called.tool, status=ToolStatus.INTERRUPTED, result={}, cycle=called.cycle)
            await self._journal.append(Entry(record=record, actor=Actor.SYSTEM, correlation=correlation))
        return len(cut_off)

    # ------------------------------------------------------------------ catalogue

    def catalogue(self, caller: Actor) -> tuple[ToolSpec, ...]:
        """See the port."""
        return self._catalogues[caller]

    def _specs(self, caller: Actor, symbols: tuple[Symbol, ...]) -> tuple[ToolSpec, ...]:
        """Built once: a schema takes a millisecond, and a decision asks for all of them."""
        return tuple(
            ToolSpec(
                name=tool.name,
                description=tool.description,
                parameters=strict_schema(tool.forms[caller], symbols),
                trades=tool.trades,
            )
            for tool in self._tools.values()
            if caller in tool.forms
        )

    # ------------------------------------------------------------------ calls

    async def call(self, tool: str, arguments: JsonObject, *, caller: Actor, cycle: int | None = None) -> ToolAnswer:
        """See the port."""
        self._calls += 1
        correlation = f"call-{self._calls}"
        known = self._tools.get(tool)
        called = ToolCalled(tool=tool, arguments=arguments, cycle=cycle)
        try:
            await self._journal.append(Entry(record=called, actor=caller, correlation=correlation))
        except JournalUnwritable as error:
            if known is None or not known.reduces:
                return _unwritable(tool, error)
            self._emergency.append({"kind": "tool.call", "tool": tool, "actor": caller.value})
        work = asyncio.ensure_future(self._run(tool, arguments, caller, cycle, correlation))
        return await asyncio.shield(work)

    async def _run(
        self, tool: str, arguments: JsonObject, caller: Actor, cycle: int | None, correlation: str
    ) -> ToolAnswer:
        """Run the tool and write its result; goes on when the caller is cancelled."""
        try:
            answer = await self._answer(tool, arguments, caller, cycle, correlation)
        except JournalUnwritable as error:
            answer = _unwritable(tool, error)
        returned = ToolReturned(tool=tool, status=answer.status, result=answer.result, cycle=cycle)
        entry = Entry(record=returned, actor=caller, correlation=correlation)
        try:
            await self._journal.append(entry)
        except JournalUnwritable:
            self._emergency.append({"kind": "tool.result", "tool": tool, "status": answer.status.value})
        return answer

    async def _answer(
        self, tool: str, arguments: JsonObject, caller: Actor, cycle: int | None, correlation: str
    ) -> ToolAnswer:
        admitted = self._admitted(tool, arguments, caller)
        if isinstance(admitted, ToolAnswer):
            await self._journal.append(_denial(admitted, caller, cycle, correlation))
            return admitted
        found, validated = admitted
        answer = await found.run(Call(arguments=validated, caller=caller, cycle=cycle, correlation=correlation))
        if answer.status is ToolStatus.DENIED and correlation not in self._judged:
            await self._journal.append(_denial(answer, caller, cycle, correlation))
        return answer

    def _admitted(self, tool: str, arguments: JsonObject, caller: Actor) -> ToolAnswer | tuple[Tool, Arguments]:
        """The tool and its validated arguments, or the answer that refuses them."""
        found = self._tools.get(tool)
        if found is None:
            return _refused(tool, ToolStatus.INVALID, UNKNOWN_TOOL, "there is no such tool")
        form = found.forms.get(caller)
        if form is None:
            return _refused(tool, ToolStatus.DENIED, NOT_PERMITTED, f"{caller.value} may not call {tool}")
        try:
            return found, form.model_validate_json(json.dumps(dict(_shortened(arguments))))
        except (ValidationError, TypeError, ValueError) as error:
            return _refused(tool, ToolStatus.INVALID, INVALID_ARGUMENTS, _what_is_wrong(error))

    async def preview(self, tool: str, arguments: JsonObject, *, caller: Actor, cycle: int | None = None) -> Preview:
        """See the port."""
        admitted = self._admitted(tool, arguments, caller)
        if isinstance(admitted, ToolAnswer):
            preview = Preview(verdict="deny", code=admitted.code, detail=str(admitted.result.get("detail", "")))
        else:
            found, validated = admitted
            preview = found.preview(Call(arguments=validated, caller=caller, cycle=cycle, correlation=""))
        if preview.verdict == "deny" and cycle is not None:
            answer = _refused(tool, ToolStatus.DENIED, preview.code, preview.detail)
            await self._journal.append(_denial(answer, caller, cycle, ""))
        return preview


def _refused(tool: str, status: ToolStatus, code: str, detail: str) -> ToolAnswer:
    return ToolAnswer(tool=tool, status=status, result={"code": code, "detail": detail}, code=code)


def _unwritable(tool: str, error: JournalUnwritable) -> ToolAnswer:
    return _refused(tool, ToolStatus.FAILED, JOURNAL_UNWRITABLE, f"the journal cannot be written: {error}")


def _denial(answer: ToolAnswer, caller: Actor, cycle: int | None, correlation: str) -> Entry:
    detail = str(answer.result.get("detail", ""))
    record = RiskJudged(
        verdict="deny", tool=answer.tool, symbol=Symbol(""), code=answer.code, detail=detail, cycle=cycle
    )
    return Entry(record=record, actor=caller, correlation=correlation)


def _shortened(arguments: JsonObject) -> JsonObject:
    """A reason is for people and is cut; everything else is checked as it came."""
    reason = arguments.get("reason")
    return {**arguments, "reason": reason[:_LONGEST_REASON]} if isinstance(reason, str) else arguments


def _what_is_wrong(error: Exception) -> str:
    """Which argument and why, without repeating what was given."""
    if not isinstance(error, ValidationError):
        return "the arguments are not JSON"
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "arguments"
    return f"{place}: {first['msg']}"
