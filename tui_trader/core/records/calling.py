"""Rows of tool calls."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from tui_trader.core.records.json_values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCalled:
    """A tool is about to run; durable before it does. The row's correlation names the call.

    `person` is who of those that act as the operator asked for it: the name given, else the system user's.
    """

    KIND: ClassVar[str] = "tool.call"
    tool: str
    arguments: JsonObject
    cycle: int | None = None
    person: str = ""


class ToolStatus(StrEnum):
    """How a tool call ended."""

    OK = "ok"
    DENIED = "denied"
    INVALID = "invalid"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolReturned:
    """A tool call ended; exactly one for each call."""

    KIND: ClassVar[str] = "tool.result"
    tool: str
    status: ToolStatus
    result: JsonObject
    cycle: int | None = None
