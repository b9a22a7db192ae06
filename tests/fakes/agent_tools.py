"""An in-memory toolbox for the agent: a small catalogue, a gate that denies what a test says, and a memory."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tui_trader.core.money import Price
from tui_trader.core.records import JsonObject, JsonValue, ToolStatus
from tui_trader.core.words import Actor
from tui_trader.tools.ports import Preview, ToolAnswer, ToolSpec


def _schema(**properties: JsonValue) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TEXT: JsonValue = {"type": "string"}
_SYMBOL: JsonValue = {"type": "string", "enum": ["BTCUSDT", "ETHUSDT"]}


def _whole(least: int, most: int) -> JsonValue:
    return {"type": "integer", "minimum": least, "maximum": most}


OPEN = _schema(
    symbol=_SYMBOL,
    side={"type": "string", "enum": ["long", "short"]},
    risk_bps=_whole(1, 500),
    entry={"type": "string", "enum": ["market", "limit"]},
    limit_offset_bps=_whole(0, 100),
    stop_bps=_whole(5, 2_000),
    take_profit_bps=_whole(5, 5_000),
    reason=_TEXT,
)

CATALOGUE: tuple[ToolSpec, ...] = (
    ToolSpec(name="get_account", description="Money and state.", parameters=_schema(), trades=False),
    ToolSpec(name="open_position", description="Open.", parameters=OPEN, trades=True),
    ToolSpec(
        name="close_position", description="Close.", parameters=_schema(symbol=_SYMBOL, reason=_TEXT), trades=True
    ),
    ToolSpec(
        name="set_stop",
        description="Move the stop.",
        parameters=_schema(symbol=_SYMBOL, stop_bps=_whole(5, 2_000), reason=_TEXT),
        trades=True,
    ),
    ToolSpec(name="halt", description="Halt.", parameters=_schema(reason=_TEXT), trades=True),
)

OPEN_ARGUMENTS: dict[str, JsonValue] = {
    "symbol": "BTCUSDT",
    "side": "long",
    "risk_bps": 10,
    "entry": "market",
    "limit_offset_bps": 0,
    "stop_bps": 50,
    "take_profit_bps": 100,
    "reason": "trend",
}
CLOSE_ARGUMENTS: dict[str, JsonValue] = {"symbol": "BTCUSDT", "reason": "turned"}


RESULTS: dict[str, JsonObject] = {
    "propose_position": {"approval": "K7QF", "expires": "2025-05-05T12:05:00Z"},
    "observe_position": {"observed": "W3XA", "quantity": "0.01"},
}


@dataclass
class FakeToolbox:
    """Tools that do nothing and remember everything. `denied` and `fails` are by tool name."""

    denied: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, ToolStatus] = field(default_factory=dict)
    previews: list[tuple[str, JsonObject]] = field(default_factory=list)
    calls: list[tuple[str, JsonObject, Actor, int | None]] = field(default_factory=list)
    result: JsonObject = field(default_factory=dict)
    asks: frozenset[str] = frozenset()
    """Tools whose calls need a person."""
    holds: dict[str, str] = field(default_factory=dict)
    """What the calls of a tool wait for."""
    seen: list[Price | None] = field(default_factory=list)
    on_call: Callable[[str], Awaitable[None]] | None = None
    on_preview: Callable[[str], Awaitable[None]] | None = None

    def catalogue(self, caller: Actor) -> tuple[ToolSpec, ...]:
        assert caller is Actor.AGENT
        return CATALOGUE

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
        assert not person, "the agent is nobody"
        self.calls.append((tool, arguments, caller, cycle))
        self.seen.append(seen)
        if self.on_call is not None:
            await self.on_call(tool)
        status = self.statuses.get(tool, ToolStatus.OK)
        code = "LATE_DENIAL" if status is ToolStatus.DENIED else ""
        return ToolAnswer(tool=tool, status=status, result=RESULTS.get(tool, self.result), code=code)

    async def preview(
        self,
        tool: str,
        arguments: JsonObject,
        *,
        caller: Actor,
        cycle: int | None = None,
        seen: Price | None = None,
    ) -> Preview:
        assert caller is Actor.AGENT
        assert cycle is not None
        self.previews.append((tool, arguments))
        if self.on_preview is not None:
            await self.on_preview(tool)
        code = self.denied.get(tool, "")
        if tool in self.holds:
            return Preview(verdict="hold", code="APPROVAL_WAITS", detail=self.holds[tool])
        return Preview(
            verdict="deny" if code else "allow",
            code=code,
            detail="said the fake gate" if code else "",
            needs_a_person=tool in self.asks and not code,
        )
