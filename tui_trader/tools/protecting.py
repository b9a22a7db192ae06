"""set_stop, set_take_profit: the new one is placed and read back before the old one is cancelled."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from tui_trader.core.instrument import Instrument
from tui_trader.core.money import Price, bps_of, plain
from tui_trader.core.order import Purpose
from tui_trader.core.words import Actor, Side, Symbol
from tui_trader.desk.desk import Desk
from tui_trader.desk.hands import Exit
from tui_trader.tools.arguments import (
    StopByDistance,
    StopByPrice,
    TakeProfitByDistance,
    TakeProfitByPrice,
)
from tui_trader.tools.exiting import NOTHING_HELD
from tui_trader.tools.ports import Preview, ToolAnswer
from tui_trader.tools.tool import ALLOW, Call, Tool, denied, done, failed, symbol_of

STOP_LOOSENED = "STOP_LOOSENED"
"""The agent may move a stop nearer to the price, never further away."""
WRONG_SIDE = "WRONG_SIDE"
"""At this price the order would trigger at once."""
NO_PRICE = "PRICE_MISSING"


@dataclass(frozen=True, slots=True)
class _Move:
    """A move that nothing speaks against."""

    symbol: Symbol
    price: Price


@dataclass(frozen=True, slots=True)
class _Objection:
    """Why a move is denied."""

    code: str
    detail: str


class _MovesProtection(Tool):
    """What both have in common. `towards` is +1 where the order lies on the profit side of the mark, -1 else."""

    trades: ClassVar = True
    purpose: ClassVar[Purpose]
    towards: ClassVar[int]

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def preview(self, call: Call) -> Preview:
        """Whether the move would be allowed."""
        considered = self._considered(call)
        if isinstance(considered, _Objection):
            return Preview(verdict="deny", code=considered.code, detail=considered.detail)
        return ALLOW

    async def run(self, call: Call) -> ToolAnswer:
        """Move it."""
        considered = self._considered(call)
        if isinstance(considered, _Objection):
            return denied(self.name, considered.code, considered.detail)
        by = Exit(
            symbol=considered.symbol,
            tool=self.name,
            actor=call.caller,
            correlation=call.correlation,
            cycle=call.cycle,
        )
        moved = await self._desk.move(self.purpose, considered.price, tool=self.name, by=by)
        if moved.looser:
            return denied(self.name, STOP_LOOSENED, moved.refusal)
        if not moved.is_done:
            return failed(self.name, f"{moved.refusal}; the old one stays")
        return done(self.name, {"symbol": considered.symbol, "price": plain(considered.price)})

    def _considered(self, call: Call) -> _Move | _Objection:
        symbol, wish = _wish_of(call)
        book = self._desk.book()
        side, mark = book.position(symbol).side, book.mark(symbol)
        if side is None:
            return _Objection(NOTHING_HELD, f"nothing is held of {symbol}")
        match wish:
            case Decimal():
                price = wish
            case _ if mark is None or symbol not in book.instruments:
                return _Objection(NO_PRICE, f"there is no mark price of {symbol} to count from")
            case _:
                price = self._at_distance(book.instruments[symbol], side, mark, wish)
        if mark is not None and (price - mark) * side.sign * self.towards <= 0:
            return _Objection(WRONG_SIDE, f"{plain(price)} would trigger at once: the mark price is {plain(mark)}")
        return self._objection(call, symbol, side, price) or _Move(symbol, price)

    def _at_distance(self, instrument: Instrument, side: Side, mark: Price, bps: int) -> Price:
        return instrument.round_stop(mark + self.towards * side.sign * bps_of(mark, bps), side)

    def _objection(self, call: Call, symbol: Symbol, side: Side, price: Price) -> _Objection | None:
        """What else speaks against it."""
        return None


class SetStop(_MovesProtection):
    """The stop of a position; the agent's only ever comes nearer."""

    name: ClassVar = "set_stop"
    description: ClassVar = "Move the stop of an open position nearer to the price. It can never be loosened."
    forms: ClassVar = {Actor.AGENT: StopByDistance, Actor.OPERATOR: StopByPrice}
    reduces: ClassVar = True
    purpose: ClassVar = Purpose.STOP
    towards: ClassVar = -1

    def _objection(self, call: Call, symbol: Symbol, side: Side, price: Price) -> _Objection | None:
        standing = self._desk.stop_price(symbol)
        if call.caller is not Actor.AGENT or standing is None or (price - standing) * side.sign > 0:
            return None
        return _Objection(STOP_LOOSENED, f"the stop stands at {plain(standing)}; {plain(price)} is not nearer")


class SetTakeProfit(_MovesProtection):
    """The take-profit of a position."""

    name: ClassVar = "set_take_profit"
    description: ClassVar = "Move the take-profit of an open position."
    forms: ClassVar = {Actor.AGENT: TakeProfitByDistance, Actor.OPERATOR: TakeProfitByPrice}
    reduces: ClassVar = True
    purpose: ClassVar = Purpose.TAKE_PROFIT
    towards: ClassVar = 1


def _wish_of(call: Call) -> tuple[Symbol, Price | int]:
    """The symbol, and a price (operator) or a distance in basis points (agent)."""
    match call.arguments:
        case StopByDistance(symbol=text, stop_bps=bps) | TakeProfitByDistance(symbol=text, take_profit_bps=bps):
            return symbol_of(text), bps
        case StopByPrice(symbol=text, price=price) | TakeProfitByPrice(symbol=text, price=price):
            return symbol_of(text), price
        case other:
            raise TypeError(type(other).__name__)
