"""Binance behind the `Exchange` protocol: orders sent once, failures classified, news in order."""

from collections.abc import AsyncIterator, Mapping
from typing import assert_never

from tui_trader.core.account import AccountReport
from tui_trader.core.clock import Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.order import Fill, Intent, Purpose
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.answers import AlgoAnswer, AlgoCancelled, Done, LeverageAnswer, OrderAnswer, Unreadable
from tui_trader.exchange.binance.client import RECEIVE_WINDOW, RequestFailed
from tui_trader.exchange.binance.failures import Failure, Verdict
from tui_trader.exchange.binance.fees import Fees
from tui_trader.exchange.binance.filters import QUOTE
from tui_trader.exchange.binance.governor import Urgency
from tui_trader.exchange.binance.incomes import Incomes
from tui_trader.exchange.binance.listening import Listening
from tui_trader.exchange.binance.modes import set_modes
from tui_trader.exchange.binance.names import Names
from tui_trader.exchange.binance.orders import acknowledged, algo_params, order_params, order_report
from tui_trader.exchange.binance.reading import Reader
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.binance.trades import Trades
from tui_trader.exchange.ports import (
    Accepted,
    AccountEvent,
    CancelDone,
    CancelNotOpen,
    CancelOutcome,
    ExchangeUnavailable,
    NotSent,
    OrderReport,
    Refused,
    SubmitOutcome,
    Uncertain,
)


class BinanceExchange:
    """One account. `opening.open_exchange` makes it."""

    def __init__(self, session: Session, account: str, instruments: Mapping[Symbol, Instrument], names: Names) -> None:
        """Starts nothing yet; `start` does."""
        self._session = session
        self._rest = session.rest
        self._account = account
        self._instruments = instruments
        self._names = names
        self._reader = Reader(session, names, tuple(instruments), QUOTE)
        fees = Fees(QUOTE, self._reader.mark)
        self._trades = Trades(session, names, self._reader, fees)
        self._incomes = Incomes(session.rest, session.clock, QUOTE)
        self._listening = Listening(session, names, self._incomes, fees)

    async def start(self, *, within: float) -> None:
        """Begin to listen; returns when the stream is live, or after `within` seconds all the same."""
        await self._listening.start(within=within)

    # ------------------------------------------------------------------ what it is

    @property
    def name(self) -> str:
        """`binance`."""
        return "binance"

    @property
    def account(self) -> str:
        """Mode and the account's own name at Binance."""
        return self._account

    @property
    def settle_time(self) -> float:
        """Binance takes no order whose timestamp is older than the receive window."""
        return RECEIVE_WINDOW

    @property
    def is_heard(self) -> bool:
        """Whether the account's stream is live and its key good."""
        return self._listening.is_heard

    @property
    def keeps_one_closing_order(self) -> bool:
        """Binance refuses a second closePosition order of one kind and side (-4130)."""
        return True

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """What can be traded, as the exchange described it at the start."""
        return self._instruments

    # ------------------------------------------------------------------ writing

    async def submit(self, client_order_id: ClientOrderId, intent: Intent) -> SubmitOutcome:
        """Send it, once, under this id. What the exchange's filters would refuse is not sent."""
        instrument = self._instruments.get(intent.symbol)
        if instrument is not None and (breach := instrument.breach(intent, None)) is not None:
            return NotSent(f"it fails the exchange's filter {breach.name} ({breach.code})")
        urgency = Urgency.ROUTINE if intent.purpose is Purpose.ENTRY else Urgency.VITAL
        try:
            if intent.type.is_conditional:
                self._names.learn_conditional(client_order_id)
                params = algo_params(client_order_id, intent)
                algo = await self._rest.write(endpoints.SUBMIT_ALGO, AlgoAnswer, urgency=urgency, **params)
                number = algo.algo_id
            else:
                params = order_params(client_order_id, intent)
                order = await self._rest.write(endpoints.SUBMIT, OrderAnswer, urgency=urgency, **params)
                number = order.order_id
                self._names.learn(number, client_order_id)
        except RequestFailed as error:
            return await self._not_accepted(error.failure, intent.symbol, client_order_id)
        return Accepted(acknowledged(client_order_id, intent, number, self._session.clock.now()))

    async def _not_accepted(self, failure: Failure, symbol: Symbol, order_id: ClientOrderId) -> SubmitOutcome:
        match failure.verdict:
            case Verdict.NOT_SENT:
                return NotSent(failure.text)
            case Verdict.REJECTED:
                return Refused(failure.code, failure.text)
            case Verdict.ALREADY_THERE:
                return await self._adopted(symbol, order_id)
            case Verdict.UNKNOWN | Verdict.NO_OP:
                return Uncertain(failure.text)
            case _:
                assert_never(failure.verdict)

    async def _adopted(self, symbol: Symbol, order_id: ClientOrderId) -> SubmitOutcome:
        """An order of this id is open: it is ours, whatever way it came there."""
        try:
            report = await self._reader.query(symbol, order_id)
        except ExchangeUnavailable as error:
            return Uncertain(f"the order is there already and could not be asked for: {error}")
        return Accepted(report) if report else Uncertain("the order is there already, and is not found")

    async def cancel(self, symbol: Symbol, client_order_id: ClientOrderId) -> CancelOutcome:
        """Cancel it, as whichever kind it is."""
        try:
            if not self._names.is_conditional(client_order_id):
                outcome = await self._cancel_ordinary(symbol, client_order_id)
                if not isinstance(outcome, CancelNotOpen):
                    return outcome
            return await self._cancel_conditional(symbol, client_order_id)
        except RequestFailed as error:
            failure = error.failure
            match failure.verdict:
                case Verdict.NOT_SENT:
                    return NotSent(failure.text)
                case Verdict.REJECTED:
                    return Refused(failure.code, failure.text)
                case Verdict.NO_OP:
                    return CancelNotOpen()
                case Verdict.UNKNOWN | Verdict.ALREADY_THERE:
                    return Uncertain(failure.text)
                case _:
                    assert_never(failure.verdict)

    async def _cancel_ordinary(self, symbol: Symbol, order_id: ClientOrderId) -> CancelOutcome:
        try:
            answer = await self._rest.write(endpoints.CANCEL, OrderAnswer, symbol=symbol, origClientOrderId=order_id)
            return CancelDone(order_report(answer, known_as=order_id))
        except Unreadable as error:
            return Uncertain(str(error))
        except RequestFailed as error:
            if error.failure.verdict is Verdict.NO_OP:
                return CancelNotOpen()
            raise

    async def _cancel_conditional(self, symbol: Symbol, order_id: ClientOrderId) -> CancelOutcome:
        """The answer says nothing of the order, so it is asked for."""
        await self._rest.write(endpoints.CANCEL_ALGO, AlgoCancelled, clientAlgoId=order_id)
        try:
            report = await self._reader.query(symbol, order_id)
        except ExchangeUnavailable as error:
            return Uncertain(f"cancelled, and not read back: {error}")
        return CancelDone(report) if report and report.status.is_final else Uncertain("cancelled, and not read back")

    async def set_leverage(self, symbol: Symbol, leverage: int) -> Refused | Uncertain | None:
        """Set the symbol's leverage; the answer says what is set."""
        try:
            answer = await self._rest.write(
                endpoints.LEVERAGE, LeverageAnswer, urgency=Urgency.ROUTINE, symbol=symbol, leverage=str(leverage)
            )
        except RequestFailed as error:
            match error.failure.verdict:
                case Verdict.NO_OP:
                    return None
                case Verdict.REJECTED | Verdict.NOT_SENT:
                    return Refused(error.failure.code, error.failure.text)
                case _:
                    return Uncertain(error.failure.text)
        if answer.leverage != leverage:
            return Uncertain(f"asked for a leverage of {leverage}, and {answer.leverage} is set")
        return None

    async def set_modes(self) -> Refused | Uncertain | None:
        """One-way, single-asset, isolated on what is traded; Binance refuses it where something is held or open."""
        try:
            failure = await set_modes(self._session, tuple(self._instruments))
        except ExchangeUnavailable as error:
            return Uncertain(str(error))
        if failure is None:
            return None
        if failure.verdict in (Verdict.REJECTED, Verdict.NOT_SENT):
            return Refused(failure.code, failure.text)
        return Uncertain(failure.text)

    async def cancel_all_after(self, symbol: Symbol, seconds: float) -> Refused | Uncertain | None:
        """Binance's countdown: it cancels the symbol's ordinary orders unless renewed in time; zero stops it."""
        try:
            await self._rest.write(endpoints.COUNTDOWN, Done, symbol=symbol, countdownTime=str(round(seconds * 1000)))
        except RequestFailed as error:
            if error.failure.verdict in (Verdict.REJECTED, Verdict.NOT_SENT):
                return Refused(error.failure.code, error.failure.text)
            return Uncertain(error.failure.text)
        return None

    # ------------------------------------------------------------------ reading

    async def query(self, symbol: Symbol, client_order_id: ClientOrderId) -> OrderReport | None:
        """The order, or None where the exchange says that it does not know it."""
        return await self._reader.query(symbol, client_order_id)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """Everything open, ordinary and conditional."""
        return await self._reader.open_orders()

    async def account_report(self) -> AccountReport:
        """Balance, positions, leverage and modes."""
        return await self._reader.account_report()

    async def fills_since(self, symbol: Symbol, since: Instant) -> tuple[Fill, ...]:
        """Our trades at or after `since`, oldest first. A trade that the stream should have told makes it suspect."""
        fills = await self._trades.since(symbol, since)
        self._listening.look_for_silence(fills)
        return fills

    async def funding_since(self, since: Instant) -> tuple[FundingBooked, ...]:
        """Funding at or after `since`, oldest first."""
        return await self._incomes.funding_since(since)

    async def transfers_since(self, since: Instant) -> tuple[TransferBooked, ...]:
        """Transfers at or after `since`, oldest first."""
        return await self._incomes.transfers_since(since)

    def events(self) -> AsyncIterator[AccountEvent]:
        """News in order; ends when the exchange closes."""
        return self._listening.events()

    async def close(self) -> None:
        """Stop listening and let the connections go; the account stays as it is."""
        await self._listening.close()
        await self._session.close()
