"""The reading tools: they answer at once, change nothing, and say how old each figure is."""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import ClassVar

from tui_trader.core.clock import Instant, text
from tui_trader.core.market import Candle
from tui_trader.core.money import plain
from tui_trader.core.records import JsonObject, JsonValue
from tui_trader.core.words import Actor
from tui_trader.market.ports import Snapshot
from tui_trader.tools.arguments import Arguments, CandlesOf, ForSymbol, NoArguments
from tui_trader.tools.ports import AccountView, Headroom, PositionView, Readings, ToolAnswer
from tui_trader.tools.tool import Call, Tool, denied, done, order_result, symbol_of

_FLOAT_DIGITS = 8

NO_DATA = "PRICE_MISSING"


def _everyone(arguments: type[Arguments]) -> Mapping[Actor, type[Arguments]]:
    return {Actor.AGENT: arguments, Actor.OPERATOR: arguments}


class _Reads(Tool):
    """What all reading tools have in common."""

    trades: ClassVar = False
    reduces: ClassVar = False

    def __init__(self, readings: Readings) -> None:
        self._readings = readings


class GetSnapshot(_Reads):
    """One symbol's market."""

    name: ClassVar = "get_snapshot"
    description: ClassVar = "Prices, spread, funding, returns and indicators of a symbol, with the age of each."
    forms: ClassVar = _everyone(ForSymbol)

    async def run(self, call: Call) -> ToolAnswer:
        """Read it."""
        assert isinstance(call.arguments, ForSymbol)
        snapshot = await self._readings.snapshot(symbol_of(call.arguments.symbol))
        if snapshot is None:
            return denied(self.name, NO_DATA, f"there are no prices of {call.arguments.symbol} yet")
        return done(self.name, figures(snapshot))


class GetCandles(_Reads):
    """One symbol's last minutes."""

    name: ClassVar = "get_candles"
    description: ClassVar = "The last closed one-minute candles of a symbol, oldest first."
    forms: ClassVar = _everyone(CandlesOf)

    async def run(self, call: Call) -> ToolAnswer:
        """Read them."""
        assert isinstance(call.arguments, CandlesOf)
        candles = await self._readings.candles(symbol_of(call.arguments.symbol), call.arguments.count)
        return done(self.name, {"candles": [_candle(candle) for candle in candles]})


class GetPositions(_Reads):
    """What is held."""

    name: ClassVar = "get_positions"
    description: ClassVar = "Open positions with entry, mark, profit, stop, take-profit and liquidation price."
    forms: ClassVar = _everyone(NoArguments)

    async def run(self, call: Call) -> ToolAnswer:
        """Read them."""
        return done(self.name, {"positions": [figures(view) for view in await self._readings.positions()]})


class GetOrders(_Reads):
    """What works."""

    name: ClassVar = "get_orders"
    description: ClassVar = "Orders that can still trade, stops and take-profits included."
    forms: ClassVar = _everyone(NoArguments)

    async def run(self, call: Call) -> ToolAnswer:
        """Read them."""
        return done(self.name, {"orders": [order_result(order) for order in await self._readings.orders()]})


class GetAccount(_Reads):
    """Money and state."""

    name: ClassVar = "get_account"
    description: ClassVar = "Equity, wallet, free margin, profit of the day, drawdown, trading state."
    forms: ClassVar = _everyone(NoArguments)

    async def run(self, call: Call) -> ToolAnswer:
        """Read it."""
        return done(self.name, figures(await self._readings.account()))


class GetLimits(_Reads):
    """Headroom to every limit."""

    name: ClassVar = "get_limits"
    description: ClassVar = "Every limit of the policy and how much of it is used."
    forms: ClassVar = _everyone(NoArguments)

    async def run(self, call: Call) -> ToolAnswer:
        """Read them."""
        return done(self.name, {"limits": [figures(room) for room in await self._readings.limits()]})


def figures(view: Snapshot | AccountView | PositionView | Headroom) -> JsonObject:
    """A view as JSON without floats: every figure a decimal string, an unknown one null."""
    return {field.name: _figure(field.name, getattr(view, field.name)) for field in fields(view)}


def _figure(name: str, value: object) -> JsonValue:
    match value:
        case None | bool() | str():
            return value
        case Decimal():
            return plain(value)
        case float():
            return plain(round(Decimal(repr(value)), _FLOAT_DIGITS))
        case int():
            return text(Instant(value)) if name in ("time", "next_funding") else value
        case _:
            return str(value)


def _candle(candle: Candle) -> JsonObject:
    return {
        "time": text(candle.time),
        "open": plain(candle.open),
        "high": plain(candle.high),
        "low": plain(candle.low),
        "close": plain(candle.close),
        "volume": plain(candle.volume),
    }
