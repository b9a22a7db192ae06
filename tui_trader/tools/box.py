"""The tool layer: one road for agent, keys and commands; a journal row before each call and one after."""

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from pydantic import ValidationError

from tui_trader.core.money import Price
from tui_trader.core.plain_text import one_line
from tui_trader.core.records import JsonObject, RiskJudged, ToolCalled, ToolReturned, ToolStatus
from tui_trader.core.words import Actor, Symbol
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.ports import Entry, Journal, JournalUnwritable
from tui_trader.tools.arguments import Arguments
from tui_trader.tools.calls import CallLog, correlation_of
from tui_trader.tools.ports import Preview, ToolAnswer, ToolSpec
from tui_trader.tools.recording import recordable
from tui_trader.tools.schema import strict_schema
from tui_trader.tools.tool import Call, Tool

UNKNOWN_TOOL = "UNKNOWN_TOOL"
NOT_PERMITTED = "NOT_PERMITTED"
INVALID_ARGUMENTS = "INVALID_ARGUMENTS"
JOURNAL_UNWRITABLE = "JOURNAL_UNWRITABLE"
TOOL_FAILED = "TOOL_FAILED"
"""The tool came upon something that nobody foresaw."""
_UNKNOWN = "unknown"
"""What a tool that does not exist is called in the rows: a name of the model's making is none of ours."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Admitted:
    """A call that may run."""

    tool: Tool
    call: Call


@dataclass(frozen=True, slots=True)
class _Noted:
    """What was so at the instant of the call: the tool's own note, and the mark price it was decided by."""

    by_tool: object
    mark: Price | None


class ToolLayer:
    """See the port `Toolbox`."""

    def __init__(
        self,
        tools: Iterable[Tool],
        *,
        journal: Journal,
        calls: CallLog,
        emergency: EmergencyLog,
        symbols: tuple[Symbol, ...],
    ) -> None:
        """`calls` knows and follows the journal; `symbols` are those that a model may name."""
        self._tools: Mapping[str, Tool] = {tool.name: tool for tool in tools}
        self._journal = journal
        self._emergency = emergency
        self._symbols = symbols
        self._catalogues = {caller: self._specs(caller, symbols) for caller in Actor}
        self._calls = calls
        self._newest = 0
        self._running: dict[asyncio.Task[ToolAnswer], None] = {}
        """Calls that run, kept from the collector: their callers may be gone."""

    async def close_interrupted(self) -> int:
        """At the start: calls that a crash cut off get their result row. Returns how many."""
        cut_off = self._calls.unanswered
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

    async def call(
        self,
        tool: str,
        arguments: JsonObject,
        *,
        caller: Actor,
        cycle: int | None = None,
        seen: Price | None = None,
        person: str = "",
    ) -> ToolAnswer:
        """See the port."""
        self._newest = max(self._newest, self._calls.newest) + 1
        correlation = correlation_of(self._newest)
        known = self._tools.get(tool)
        named = known.name if known is not None else _UNKNOWN
        called = ToolCalled(tool=named, arguments=recordable(arguments), cycle=cycle, person=person)
        noted = _Noted(known.noted() if known is not None else None, seen)
        work = asyncio.get_running_loop().create_task(
            self._carried(called, arguments, caller, correlation, noted), name=correlation
        )
        self._running[work] = None
        work.add_done_callback(self._is_over)
        return await asyncio.shield(work)

    def _is_over(self, work: asyncio.Task[ToolAnswer]) -> None:
        self._running.pop(work, None)

    async def _carried(
        self, called: ToolCalled, arguments: JsonObject, caller: Actor, correlation: str, noted: _Noted
    ) -> ToolAnswer:
        """Both rows and the work between them; goes on when the caller is cancelled, so that no row stays alone."""
        tool = self._tools.get(called.tool)
        try:
            await self._journal.append(Entry(record=called, actor=caller, correlation=correlation))
        except JournalUnwritable as error:
            if tool is None or not tool.reduces:
                return _unwritable(called.tool, error)
            self._emergency.append({"kind": "tool.call", "tool": called.tool, "actor": caller.value})
        found = self._admitted(called.tool, arguments, caller)
        if isinstance(found, ToolAnswer):
            return await self._run(called, found, caller, correlation)
        call = Call(
            arguments=found[1],
            caller=caller,
            cycle=called.cycle,
            correlation=correlation,
            asked=noted.by_tool,
            seen=noted.mark,
            person=called.person,
        )
        return await self._run(called, _Admitted(found[0], call), caller, correlation)

    async def _run(
        self, called: ToolCalled, admitted: _Admitted | ToolAnswer, caller: Actor, correlation: str
    ) -> ToolAnswer:
        """Run the tool and write its result."""
        tool, cycle = called.tool, called.cycle
        try:
            answer = await self._answer(admitted, caller, cycle, correlation)
        except JournalUnwritable as error:
            answer = _unwritable(tool, error)
        except Exception as error:  # noqa: BLE001 - a defect of one tool is an answer, and its row is written
            _log.exception("tool %s failed", tool)
            answer = _refused(tool, ToolStatus.FAILED, TOOL_FAILED, f"the tool failed ({type(error).__name__})")
        returned = ToolReturned(tool=tool, status=answer.status, result=answer.result, cycle=cycle)
        entry = Entry(record=returned, actor=caller, correlation=correlation)
        try:
            await self._journal.append(entry)
        except JournalUnwritable:
            self._emergency.append({"kind": "tool.result", "tool": tool, "status": answer.status.value})
        return answer

    async def _answer(
        self, admitted: _Admitted | ToolAnswer, caller: Actor, cycle: int | None, correlation: str
    ) -> ToolAnswer:
        if isinstance(admitted, ToolAnswer):
            await self._journal.append(_denial(admitted, caller, cycle, correlation))
            return admitted
        answer = await admitted.tool.run(admitted.call)
        if answer.status is ToolStatus.DENIED and not self._calls.is_judged(correlation):
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
            validated = form.model_validate_json(json.dumps(dict(_shortened(arguments)), allow_nan=False))
        except (ValidationError, TypeError, ValueError, RecursionError) as error:
            return _refused(tool, ToolStatus.INVALID, INVALID_ARGUMENTS, _what_is_wrong(error))
        if caller is Actor.AGENT and not self._names_our_symbol(validated):
            return _refused(
                tool, ToolStatus.INVALID, INVALID_ARGUMENTS, f"symbol: must be one of {', '.join(self._symbols)}"
            )
        return found, validated

    def _names_our_symbol(self, arguments: Arguments) -> bool:
        """A model reaches the policy's symbols and no others, also for reading."""
        named = getattr(arguments, "symbol", None)
        return named is None or named in self._symbols

    async def preview(
        self,
        tool: str,
        arguments: JsonObject,
        *,
        caller: Actor,
        cycle: int | None = None,
        seen: Price | None = None,
    ) -> Preview:
        """See the port."""
        tool = tool if tool in self._tools else _UNKNOWN
        admitted = self._admitted(tool, arguments, caller)
        if isinstance(admitted, ToolAnswer):
            preview = Preview(verdict="deny", code=admitted.code, detail=str(admitted.result.get("detail", "")))
        else:
            found, validated = admitted
            call = Call(arguments=validated, caller=caller, cycle=cycle, correlation="", seen=seen)
            preview = _previewed(found, call)
        if preview.verdict == "deny" and cycle is not None:
            answer = _refused(tool, ToolStatus.DENIED, preview.code, preview.detail)
            with suppress(JournalUnwritable):  # the execution, which needs its rows, will say so
                await self._journal.append(_denial(answer, caller, cycle, ""))
        return preview


def _previewed(tool: Tool, call: Call) -> Preview:
    try:
        return tool.preview(call)
    except Exception as error:  # noqa: BLE001 - a defect of one tool denies
        _log.exception("the preview of %s failed", tool.name)
        return Preview(verdict="deny", code=TOOL_FAILED, detail=f"the preview failed ({type(error).__name__})")


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
    """A reason is for people: made plain and cut, so that no sign in it can keep a halt or an exit from being done.

    Everything else is checked as it came.
    """
    reason = arguments.get("reason")
    return {**arguments, "reason": one_line(reason)} if isinstance(reason, str) else arguments


def _what_is_wrong(error: Exception) -> str:
    """Which argument and why, without repeating what was given."""
    if not isinstance(error, ValidationError):
        return "the arguments are not JSON"
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    if first["type"] == "extra_forbidden":
        return "there is an argument that this tool does not have"
    place = ".".join(str(part) for part in first["loc"]) or "arguments"
    return f"{place}: {first['msg']}"
