"""open_position: a market or limit entry with its stop and take-profit; a reversal is close, verify flat, open."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar, assert_never

from tui_trader.core.instrument import Instrument
from tui_trader.core.money import ZERO, Money, Price, Quantity, bps_of
from tui_trader.core.order import Intent, OrderType, Protection, Purpose, TimeInForce
from tui_trader.core.words import Actor, Autonomy, Side, Symbol
from tui_trader.desk.desk import Desk
from tui_trader.desk.hands import Exit
from tui_trader.desk.parts import PolicyInForce
from tui_trader.risk.approvals import needs_a_person
from tui_trader.risk.card import card_of
from tui_trader.risk.codes import Code
from tui_trader.risk.gate import Judgement
from tui_trader.tools.arguments import OpenByPrice, OpenByRisk
from tui_trader.tools.ports import EntryPreview, Preview, ToolAnswer
from tui_trader.tools.tool import Call, Tool, denied, failed, order_result, sent_status, symbol_of

_BPS_IN_PCT = 100
ASKED_RECENTLY = "ASKED_RECENTLY"
"""The same side of the symbol was refused, or not answered, a short time ago."""


class CannotBuild(Exception):
    """The wish cannot be turned into an order: something that it is computed from is not known. `code` says what."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What would be sent if the agent were free to act, and what stands before it: a person, or an open question.

    `rests`: why that person is not asked yet, who said no, or nothing, a short time ago.
    """

    judgement: Judgement
    needs_a_person: bool
    waits_for: str
    rests: str


class OpenPosition(Tool):
    """Turns a wish into one entry intent and hands it to the desk."""

    name: ClassVar = "open_position"
    description: ClassVar = (
        "Open a position or add to it, with a stop and a take-profit. The size follows from risk_bps and stop_bps; "
        "limits may make it smaller. With an opposite position open it is closed first."
    )
    forms: ClassVar = {Actor.AGENT: OpenByRisk, Actor.OPERATOR: OpenByPrice}
    trades: ClassVar = True
    reduces: ClassVar = False

    def __init__(self, desk: Desk, policy: PolicyInForce) -> None:
        self._desk = desk
        self._policy = policy

    def preview(self, call: Call) -> Preview:
        """The gate's word, without effect. Of the agent's entry also whether a person has to agree to it first."""
        try:
            wish = self.wish(call)
        except CannotBuild as missing:
            return Preview(verdict="deny", code=missing.code.value, detail=str(missing))
        if wish.waits_for:
            return Preview(verdict="hold", code=wish.judgement.code, detail=f"waits for {wish.waits_for}")
        if wish.rests:
            return Preview(verdict="hold", code=ASKED_RECENTLY, detail=f"{ASKED_RECENTLY}: {wish.rests}")
        judgement = wish.judgement
        return Preview(
            verdict=judgement.verdict.value,
            code=judgement.code,
            detail=judgement.detail,
            needs_a_person=wish.needs_a_person,
            entry=self._stake(judgement),
        )

    def _stake(self, judgement: Judgement) -> EntryPreview | None:
        if judgement.intent is None:
            return None
        try:
            card = card_of(judgement.intent, self._desk.book(), judgement.clamps)
        except ValueError:
            return None
        return EntryPreview(intent=judgement.intent, card=card)

    def wish(self, call: Call) -> Wish:
        """The entry that the call asks for, as far as the gate would let it go. Raises CannotBuild."""
        intent = self._intent(call)
        judgement = self._judged(intent, wished=True)
        passed, book, policy = judgement.intent, self._desk.book(), self._policy.current
        waits_for = self._waits_for(intent) if call.caller is not Actor.OPERATOR else ""
        needed = passed is not None and needs_a_person(passed, book, policy)
        is_asked = needed and policy.autonomy is not Autonomy.OBSERVE
        return Wish(
            judgement=judgement,
            needs_a_person=needed,
            waits_for=waits_for,
            rests=self._desk.questions.resting(intent, policy, self._desk.now) if is_asked else "",
        )

    def _waits_for(self, intent: Intent) -> str:
        """What the symbol waits for: an answer that somebody owes, or an observed entry that is not over."""
        if self._policy.current.autonomy is Autonomy.OBSERVE:
            watched = self._desk.observed.of(intent.symbol)
            return f"the observed entry {watched.entry.id}" if watched is not None else ""
        name = self._desk.book().consents.waiting.get(intent.symbol)
        return f"approval {name}" if name is not None else ""

    async def run(self, call: Call) -> ToolAnswer:
        """Close an opposite position first; then send the entry, whose protection follows its first fill."""
        return await self.enter(lambda: self._intent(call), tool=self.name)

    async def enter(self, build: Callable[[], Intent], *, tool: str) -> ToolAnswer:
        """Send the entry that `build` makes of this instant; a reversal builds anew once the close is done."""
        try:
            intent = build()
            if self._judged(intent).intent is not None and self._is_reversal(intent):
                refusal = await self._closed_first(intent)
                if refusal is not None:
                    return refusal
                intent = build()
        except CannotBuild as missing:
            return denied(tool, missing.code.value, str(missing))
        sent = await self._desk.enter(intent, tool=tool)
        if sent.order is None:
            return denied(tool, sent.judgement.code, sent.judgement.detail)
        status = sent_status(sent.order)
        return ToolAnswer(tool=tool, status=status, result=order_result(sent.order))

    def _judged(self, intent: Intent, *, wished: bool = False) -> Judgement:
        """A reversal is judged as if its first half, the close, had been done. `wished`: were the agent free to act."""
        judge = self._desk.wished if wished else self._desk.judged
        judgement = judge(intent)
        if judgement.code == Code.REVERSAL and self._is_reversal(intent):
            return judge(intent, flat=True)
        return judgement

    def _is_reversal(self, intent: Intent) -> bool:
        side = self._desk.book().position(intent.symbol).side
        return side is not None and side is not intent.side

    async def _closed_first(self, intent: Intent) -> ToolAnswer | None:
        """Close and verify flat; the answer that ends the call if that did not come about.

        Entries that still work go first: one of them could open again what the close has just ended.
        """
        wish = Exit(
            symbol=intent.symbol,
            tool=self.name,
            actor=intent.actor,
            correlation=intent.correlation,
            cycle=intent.cycle,
        )
        entries = list(self._desk.book().entries(intent.symbol, intent.side.opposite))
        if not all([await self._desk.cancel(entry) for entry in entries]):
            return failed(self.name, f"an entry of {intent.symbol} could not be cancelled; nothing was opened")
        await self._desk.exit(wish)
        if not self._desk.book().position(intent.symbol).is_flat:
            return failed(self.name, f"{intent.symbol} could not be closed before reversing; nothing was opened")
        return None

    # ------------------------------------------------------------------ from wish to intent

    def agreed(self, agreed: Intent, call: Call, approval: str) -> Intent:
        """The entry that a person agreed to, as it may be sent now. Raises CannotBuild.

        It is what was on the card. Only an entry at the market follows the price, and only to the tamer side: its
        bound is never dearer than the one that was agreed to.
        """
        symbol, side = agreed.symbol, agreed.side
        price = agreed.price
        if price is not None and agreed.time_in_force is TimeInForce.IOC:
            bound = self._bound(self._instrument(symbol), side, self._mark(symbol))
            price = min(price, bound) if side is Side.BUY else max(price, bound)
        return replace(agreed, price=price, approval=approval, correlation=call.correlation)

    def _intent(self, call: Call) -> Intent:
        match call.arguments:
            case OpenByRisk() as wish:
                return self._by_risk(wish, call)
            case OpenByPrice() as wish:
                return self._by_price(wish, call)
            case other:
                raise TypeError(type(other).__name__)

    def _by_risk(self, wish: OpenByRisk, call: Call) -> Intent:
        symbol = symbol_of(wish.symbol)
        instrument, mark = self._instrument(symbol), self._mark(symbol)
        side = Side.BUY if wish.side == "long" else Side.SELL
        match wish.entry:
            case "market":
                price, reference, lives = (
                    self._bound(instrument, side, mark),
                    self._touch(symbol, side),
                    TimeInForce.IOC,
                )
            case "limit":
                resting = mark - side.sign * bps_of(mark, wish.limit_offset_bps)
                price = reference = instrument.round_price(resting, side)
                lives = TimeInForce.GTC
            case other:
                assert_never(other)
        stop = instrument.round_stop(reference - side.sign * bps_of(reference, wish.stop_bps), side)
        target = reference + side.sign * bps_of(reference, wish.take_profit_bps)
        take_profit = instrument.round_price(target, side)
        quantity = self._sized(wish.risk_bps, reference, stop)
        return Intent(
            symbol=symbol,
            side=side,
            type=OrderType.LIMIT,
            quantity=instrument.round_quantity(quantity, OrderType.LIMIT),
            price=price,
            time_in_force=lives,
            purpose=Purpose.ENTRY,
            protection=Protection(stop_price=stop, take_profit_price=take_profit),
            actor=call.caller,
            cycle=call.cycle,
            correlation=call.correlation,
            seen_price=call.seen,
        )

    def _by_price(self, wish: OpenByPrice, call: Call) -> Intent:
        symbol = symbol_of(wish.symbol)
        instrument = self._instrument(symbol)
        side = Side(wish.side)
        at_market = wish.limit is None
        price = self._bound(instrument, side, self._mark(symbol)) if wish.limit is None else wish.limit
        protection = None
        if wish.stop is not None:
            protection = Protection(stop_price=wish.stop, take_profit_price=wish.take_profit)
        return Intent(
            symbol=symbol,
            side=side,
            type=OrderType.LIMIT,
            quantity=self._quantity(wish, instrument, price),
            price=price,
            time_in_force=TimeInForce.IOC if at_market else TimeInForce.GTC,
            purpose=Purpose.ENTRY,
            protection=protection,
            actor=call.caller,
            cycle=call.cycle,
            correlation=call.correlation,
            seen_price=call.seen,
        )

    def _quantity(self, wish: OpenByPrice, instrument: Instrument, price: Price) -> Quantity:
        """As given, or from worth or risk at the dearest price that may be paid, rounded down to the step."""
        if wish.quantity is not None:
            return wish.quantity
        if wish.notional is not None:
            return instrument.round_quantity(wish.notional / price, OrderType.LIMIT)
        if wish.risk_pct is None or wish.stop is None:
            raise CannotBuild(Code.NO_STOP, "a size by risk is counted to the stop; give a stop price")
        return instrument.round_quantity(self._sized(wish.risk_pct * _BPS_IN_PCT, price, wish.stop), OrderType.LIMIT)

    def _instrument(self, symbol: Symbol) -> Instrument:
        instrument = self._desk.book().instruments.get(symbol)
        if instrument is None:
            raise CannotBuild(Code.INSTRUMENT_UNKNOWN, "this symbol is not traded here")
        return instrument

    def _mark(self, symbol: Symbol) -> Price:
        mark = self._desk.book().mark(symbol)
        if mark is None:
            raise CannotBuild(Code.PRICE_MISSING, f"there is no mark price of {symbol} yet")
        return mark

    def _touch(self, symbol: Symbol, side: Side) -> Price:
        """What an entry at the market would meet first: the ask for a buy, the bid for a sell."""
        view = self._desk.book().markets[symbol]
        touch = view.ask if side is Side.BUY else view.bid
        return touch if touch is not None else self._mark(symbol)

    def _bound(self, instrument: Instrument, side: Side, mark: Price) -> Price:
        """A "market" entry goes out as LIMIT IOC at the policy's largest deviation from the mark price."""
        deviation = bps_of(mark, self._policy.current.risk.max_price_deviation_bps)
        return instrument.round_price(mark + side.sign * deviation, side)

    def _sized(self, risk_bps: int | Decimal, entry: Price, stop: Price) -> Decimal:
        """Quantity whose loss from entry to stop, with the taker fee of both legs, is the share of equity."""
        book = self._desk.book()
        if book.equity is None:
            raise CannotBuild(Code.EQUITY_UNKNOWN, "equity is not known, so the position cannot be sized")
        loss_each: Money = abs(entry - stop) + (entry + stop) * book.fees.taker
        return max(ZERO, bps_of(book.equity, risk_bps) / loss_each) if loss_each else ZERO
