"""Questions to the account: orders of both kinds, positions, settings. Reads only."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tui_trader.core.account import AccountReport
from tui_trader.core.money import Price
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.account import report_of
from tui_trader.exchange.binance.answers import (
    AccountAnswer,
    AccountConfig,
    AlgoAnswer,
    MarkAnswer,
    OrderAnswer,
    PositionAnswer,
    SymbolConfig,
    Unreadable,
)
from tui_trader.exchange.binance.failures import Verdict
from tui_trader.exchange.binance.governor import Urgency
from tui_trader.exchange.binance.names import Names
from tui_trader.exchange.binance.orders import algo_report, order_report
from tui_trader.exchange.binance.rest import ReadFailed, Rest
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.ports import ExchangeUnavailable, OrderReport

_VITAL = Urgency.VITAL


class Reader:
    """Asks, translates, and learns which order is called what."""

    def __init__(self, session: Session, names: Names, symbols: Sequence[Symbol], quote: str) -> None:
        """`symbols` are those that the program trades."""
        self._rest: Rest = session.rest
        self._clock = session.clock
        self._names = names
        self._symbols = tuple(symbols)
        self._quote = quote
        self._in_use: set[Symbol] = set()
        """Symbols with a position or an order, as the first look or positionRisk ever said."""
        self._has_seen_all = False

    # ------------------------------------------------------------------ orders

    async def query(self, symbol: Symbol, order_id: ClientOrderId) -> OrderReport | None:
        """The order of this id, of whichever kind; None where Binance says of both kinds that there is none."""
        kinds = (self._ordinary, self._conditional)
        for ask in reversed(kinds) if self._names.is_conditional(order_id) else kinds:
            report = await ask(symbol, order_id)
            if report is not None:
                return report
        return None

    async def order_by_number(self, symbol: Symbol, number: int) -> OrderAnswer | None:
        """The ordinary order of this id of the exchange's; None where Binance knows none."""
        return await self._order(symbol, orderId=str(number))

    async def _ordinary(self, symbol: Symbol, order_id: ClientOrderId) -> OrderReport | None:
        order = await self._order(symbol, origClientOrderId=order_id)
        if order is None:
            return None
        self._names.learn(order.order_id, order_id)
        with _readable():
            return order_report(order, known_as=order_id)

    async def _conditional(self, symbol: Symbol, order_id: ClientOrderId) -> OrderReport | None:
        try:
            algo = await self._rest.read(endpoints.QUERY_ALGO, AlgoAnswer, urgency=_VITAL, clientAlgoId=order_id)
        except ReadFailed as error:
            if error.failure.verdict is Verdict.NO_OP:
                return None
            raise
        return await self._algo_report(algo)

    async def _algo_report(self, algo: AlgoAnswer) -> OrderReport:
        """With what it traded, where it has become an order that trades."""
        order_id = ClientOrderId(algo.client_algo_id)
        self._names.learn_conditional(order_id)
        child = None
        if algo.child is not None:
            self._names.learn(algo.child, order_id)
            child = await self.order_by_number(Symbol(algo.symbol), algo.child)
        with _readable():
            return algo_report(algo, child)

    async def _order(self, symbol: Symbol, **by: str) -> OrderAnswer | None:
        try:
            return await self._rest.read(endpoints.QUERY, OrderAnswer, urgency=_VITAL, symbol=symbol, **by)
        except ReadFailed as error:
            if error.failure.verdict is Verdict.NO_OP:
                return None
            raise

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """Everything open. The first time of all symbols, which is dear; then of ours and of those in use."""
        if not self._has_seen_all:
            reports = await self._all_open()
            self._has_seen_all = True
            self._in_use = {report.symbol for report in reports}
            return reports
        positions = await self._positions()
        self._in_use |= {Symbol(each.symbol) for each in positions}
        found = await asyncio.gather(*(self._open_of(symbol) for symbol in sorted({*self._symbols, *self._in_use})))
        return tuple(report for reports in found for report in reports)

    async def _all_open(self) -> tuple[OrderReport, ...]:
        orders, algos = await asyncio.gather(
            self._rest.read(endpoints.ALL_OPEN_ORDERS, tuple[OrderAnswer, ...], urgency=_VITAL),
            self._rest.read(endpoints.ALL_OPEN_ALGO_ORDERS, tuple[AlgoAnswer, ...], urgency=_VITAL),
        )
        return await self._reports(orders, algos)

    async def _open_of(self, symbol: Symbol) -> tuple[OrderReport, ...]:
        orders, algos = await asyncio.gather(
            self._rest.read(endpoints.OPEN_ORDERS, tuple[OrderAnswer, ...], urgency=_VITAL, symbol=symbol),
            self._rest.read(endpoints.OPEN_ALGO_ORDERS, tuple[AlgoAnswer, ...], urgency=_VITAL, symbol=symbol),
        )
        return await self._reports(orders, algos)

    async def _reports(self, orders: Sequence[OrderAnswer], algos: Sequence[AlgoAnswer]) -> tuple[OrderReport, ...]:
        reports = [await self._algo_report(algo) for algo in algos]
        for order in orders:
            known_as = self._names.of(order.order_id) or ClientOrderId(order.client_order_id)
            self._names.learn(order.order_id, known_as)
            if not self._names.is_conditional(known_as):  # what came of a conditional order is reported with it
                with _readable():
                    reports.append(order_report(order, known_as=known_as))
        return tuple(reports)

    # ------------------------------------------------------------------ account

    async def mark(self, symbol: Symbol) -> Price | None:
        """The contract's mark price; None where it was not answered, or there is no such contract."""
        try:
            told = await self._rest.read(endpoints.PREMIUM_INDEX, MarkAnswer, symbol=symbol)
        except ExchangeUnavailable:
            return None
        return told.mark_price if told.symbol == symbol and told.mark_price > 0 else None

    async def account_report(self) -> AccountReport:
        """Balance, positions, leverage and modes."""
        account, positions, config, settings = await asyncio.gather(
            self._rest.read(endpoints.ACCOUNT, AccountAnswer, urgency=_VITAL),
            self._positions(),
            self._rest.read(endpoints.ACCOUNT_CONFIG, AccountConfig, urgency=_VITAL),
            self._rest.read(endpoints.SYMBOL_CONFIG, tuple[SymbolConfig, ...], urgency=_VITAL),
        )
        with _readable():
            return report_of(
                time=self._clock.now(),
                quote=self._quote,
                symbols=self._symbols,
                account=account,
                positions=positions,
                config=config,
                settings=settings,
            )

    async def _positions(self) -> tuple[PositionAnswer, ...]:
        return await self._rest.read(endpoints.POSITIONS, tuple[PositionAnswer, ...], urgency=_VITAL)


@contextmanager
def _readable() -> Iterator[None]:
    """What cannot be read was not answered: raises ExchangeUnavailable."""
    try:
        yield
    except Unreadable as error:
        raise ExchangeUnavailable(str(error)) from None
