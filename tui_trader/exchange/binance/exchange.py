"""Binance behind the `Exchange` protocol: orders sent once, failures classified, news in order."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from typing import assert_never

from tui_trader.core.account import AccountReport
from tui_trader.core.clock import Instant, elapsed, later
from tui_trader.core.instrument import Instrument
from tui_trader.core.order import Fill, Intent, Purpose
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import ClientOrderId, Symbol, TradeId
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.answers import AlgoAnswer, AlgoCancelled, Done, LeverageAnswer, OrderAnswer, Unreadable
from tui_trader.exchange.binance.client import RECEIVE_WINDOW, RequestFailed
from tui_trader.exchange.binance.failures import Failure, Verdict
from tui_trader.exchange.binance.filters import QUOTE
from tui_trader.exchange.binance.governor import Urgency
from tui_trader.exchange.binance.incomes import Incomes
from tui_trader.exchange.binance.names import Names
from tui_trader.exchange.binance.orders import acknowledged, algo_params, order_params, order_report
from tui_trader.exchange.binance.reading import Reader
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.binance.trades import Trades
from tui_trader.exchange.binance.user_events import Hint, Occasion, Told
from tui_trader.exchange.binance.user_stream import UserStream
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
    StreamLost,
    SubmitOutcome,
    Uncertain,
)

_MEASURE_EVERY = 300.0
"""Seconds between two looks at the exchange's clock."""
_TOLD_WITHIN = 5.0
"""Seconds within which the stream tells a trade; one that only the list of trades knows means that it is deaf."""
_INCOME_LAG = 120.0
"""Seconds by which a question for funding reaches back before the event that announced it."""


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
        self._trades = Trades(session, names, self._reader, QUOTE)
        self._incomes = Incomes(session.rest, session.clock, QUOTE)
        self._news: asyncio.Queue[AccountEvent | None] = asyncio.Queue()
        self._stream = UserStream(session, names, QUOTE, tell=self._hear, lost=self._lose)
        self._told: dict[tuple[Symbol, TradeId], None] = {}
        self._live_since: Instant | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._locked_out = ""
        self._rest.failed = self._learn_from

    async def start(self, *, within: float) -> None:
        """Begin to listen; returns when the stream is live, or after `within` seconds all the same."""
        self._spawn("user stream", self._stream.run())
        self._spawn("exchange clock", self._keep_time())
        await self._stream.live(within)
        self._live_since = self._session.clock.now()

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
        return self._stream.is_live and not self._locked_out

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
        self._look_for_silence(fills)
        return fills

    async def funding_since(self, since: Instant) -> tuple[FundingBooked, ...]:
        """Funding at or after `since`, oldest first."""
        return await self._incomes.funding_since(since)

    async def transfers_since(self, since: Instant) -> tuple[TransferBooked, ...]:
        """Transfers at or after `since`, oldest first."""
        return await self._incomes.transfers_since(since)

    async def events(self) -> AsyncIterator[AccountEvent]:
        """News in order; ends when the exchange closes."""
        while (event := await self._news.get()) is not None:
            yield event
        self._news.put_nowait(None)  # for whoever listens next: it is over

    async def close(self) -> None:
        """Stop listening and let the connections go; the account stays as it is."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stream.close()
        self._news.put_nowait(None)
        await self._session.close()

    # ------------------------------------------------------------------ listening

    def _hear(self, told: Told) -> None:
        match told:
            case Fill():
                self._remember((told,))
                self._news.put_nowait(told)
            case OrderReport():
                self._news.put_nowait(told)
            case Occasion(hint=Hint.MONEY_MOVED):
                self._spawn("income", self._tell_income(told.time))
            case Occasion():
                self._lose(told.text)
            case _:
                assert_never(told)

    def _lose(self, why: str) -> None:
        self._live_since = self._session.clock.now()
        self._news.put_nowait(StreamLost(why))

    async def _tell_income(self, time: Instant) -> None:
        since = later(time, -_INCOME_LAG)
        try:
            booked: Sequence[FundingBooked | TransferBooked] = (
                *await self.funding_since(since),
                *await self.transfers_since(since),
            )
        except ExchangeUnavailable as error:
            self._lose(f"money moved, and how much is not answered: {error}")
            return
        for each in booked:
            self._news.put_nowait(each)

    def _look_for_silence(self, fills: Sequence[Fill]) -> None:
        """Trades since the stream is live, and no news any more, must have come through it."""
        now = self._session.clock.now()
        live_since = self._live_since
        if not self._stream.is_live:
            return
        untold = [
            fill
            for fill in fills
            if (fill.symbol, fill.trade_id) not in self._told
            and elapsed(fill.time, now) > _TOLD_WITHIN
            and live_since is not None
            and fill.time > live_since
        ]
        self._remember(fills)
        if untold:
            self._stream.suspect(f"the account stream did not tell trade {untold[0].trade_id}")

    def _remember(self, fills: Sequence[Fill]) -> None:
        self._told |= dict.fromkeys((fill.symbol, fill.trade_id) for fill in fills)

    def _learn_from(self, failure: Failure) -> None:
        if failure.is_lockout:
            self._locked_out = failure.text
            self._lose(f"the exchange refuses key or account: {failure.text}")
        if failure.is_of_the_clock:
            self._spawn("exchange clock, once", self._set_clock())

    async def _keep_time(self) -> None:
        while True:
            await self._session.clock.sleep(_MEASURE_EVERY)
            await self._set_clock()

    async def _set_clock(self) -> None:
        try:
            await self._rest.measure_offset()
        except ExchangeUnavailable:
            return  # the offset of before is the best there is; a request that it fails says so

    def _spawn(self, name: str, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
