"""Adopting: a person takes over what somebody else holds, with a stop of ours before it is ours."""

from dataclasses import dataclass

from tui_trader.core.money import Price, plain
from tui_trader.core.order import Intent, OrderType, Purpose
from tui_trader.core.records import PositionAdopted
from tui_trader.core.words import Actor, ClientOrderId, Symbol
from tui_trader.desk.asking import answered
from tui_trader.desk.book import book_of
from tui_trader.desk.hands import Hands
from tui_trader.desk.parts import Parts
from tui_trader.desk.protector import Protector
from tui_trader.desk.reconciler import Reconciler
from tui_trader.exchange.ports import ExchangeUnavailable
from tui_trader.risk.adopting import NoStop, stop_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A person's wish to take over what others have of a symbol. `stop` None: where the policy would have it."""

    symbol: Symbol
    stop: Price | None = None
    cancels_orders: bool = False
    """Whether the others' orders go, too; else they stay, and entries stay denied beside them."""
    correlation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What came of it; `refusal` says why nothing was taken over."""

    record: PositionAdopted | None = None
    cancelled: int = 0
    left: tuple[ClientOrderId, ...] = ()
    """Orders of others that are open there still."""
    refusal: str = ""


class Adopter:
    """Only the operator's word gets here."""

    def __init__(self, parts: Parts, hands: Hands, protector: Protector, reconciler: Reconciler) -> None:
        self._parts = parts
        self._hands = hands
        self._protector = protector
        self._reconciler = reconciler

    async def adopt(self, wish: Adoption) -> Adopted:
        """Cancel the others' orders where that is wished, then take the position over. Raises JournalUnwritable."""
        symbol = wish.symbol
        if not await self._reconciler.compare():
            return Adopted(refusal="the exchange does not answer, so what is held there is not known; try again")
        if not self._parts.is_shared(symbol):
            return Adopted(refusal=f"nobody else holds or works anything of {symbol}")
        cancelled = await self._cancelled(symbol) if wish.cancels_orders else 0
        if symbol not in self._parts.ledger.foreign:
            refusal = "" if wish.cancels_orders else f"of {symbol} others have orders only, and those may be cancelled"
            return Adopted(cancelled=cancelled, left=self._left(symbol), refusal=refusal)
        try:
            record = self._record(wish)
        except NoStop as reason:
            return Adopted(cancelled=cancelled, left=self._left(symbol), refusal=str(reason))
        refusal = await self._protector.take_over(self._stop(wish, record), record, tool="adopt_position")
        await self._reconciler.compare()
        return Adopted(
            record=None if refusal else record, cancelled=cancelled, left=self._left(symbol), refusal=refusal
        )

    def _record(self, wish: Adoption) -> PositionAdopted:
        ledger = self._parts.ledger
        held, wanted = ledger.held[wish.symbol], ledger.wanted(wish.symbol)
        standing = wanted.stop_price if wanted is not None else None
        price = stop_for(held, book_of(self._parts), self._parts.policy.current, wish.stop or standing)
        foreign = ledger.shares(wish.symbol).foreign
        return PositionAdopted(
            symbol=wish.symbol,
            quantity=held.quantity,
            entry_price=held.entry_price,
            was=held.quantity,
            reason=f"the operator takes over {plain(foreign)} of {wish.symbol}, with a stop at {plain(price)}",
            stop_price=price,
        )

    def _stop(self, wish: Adoption, record: PositionAdopted) -> Intent:
        side = self._parts.ledger.held[wish.symbol].side
        assert side is not None  # what is held has a side
        return Intent(
            symbol=wish.symbol,
            side=side.opposite,
            type=OrderType.STOP_MARKET,
            quantity=abs(record.quantity),
            stop_price=record.stop_price,
            reduce_only=True,
            close_position=True,
            purpose=Purpose.STOP,
            actor=Actor.OPERATOR,
            correlation=wish.correlation,
        )

    async def _cancelled(self, symbol: Symbol) -> int:
        """How many of the others' orders are gone."""
        before = len(self._left(symbol))
        try:
            reports = await answered(self._parts.exchange.open_orders())
        except ExchangeUnavailable:
            return 0
        for report in reports:
            if report.symbol == symbol:
                await self._hands.cancel_foreign(report)
        await self._reconciler.compare()
        return before - len(self._left(symbol))

    def _left(self, symbol: Symbol) -> tuple[ClientOrderId, ...]:
        return tuple(order.client_order_id for order in self._parts.strangers.orders if order.symbol == symbol)
