"""What a running trader shows: status, quotes, positions and limits, read from its parts at one instant."""

from tui_trader.core.clock import Clock
from tui_trader.core.money import Money
from tui_trader.core.records import EconomyChanged, LiveTerms
from tui_trader.core.words import Economy, Side, Symbol, TradingState
from tui_trader.engine.live.conditions import key_warning
from tui_trader.engine.outside import Outside
from tui_trader.engine.schedule import Schedule
from tui_trader.engine.since_halt import HaltMemory
from tui_trader.engine.views import CandlesView, DepthView, FeedView, QuotesView, QuoteView, StatusView
from tui_trader.engine.wiring import Assembly
from tui_trader.exchange.ports import Exchange
from tui_trader.journal.ports import Journal
from tui_trader.market.figures import KEPT_CANDLES
from tui_trader.risk.headroom import headrooms
from tui_trader.tools.ports import Headroom, PositionView

_TREND_CANDLES = 240
_DEPTH_LEVELS = 200
"""A side; enough to be grouped in coarser steps."""


class Showing:
    """Reads; decides nothing."""

    def __init__(
        self,
        assembly: Assembly,
        *,
        exchange: Exchange,
        journal: Journal,
        clock: Clock,
        since_halt: HaltMemory,
        live: LiveTerms | None = None,
        outside: Outside | None = None,
    ) -> None:
        self._since_halt = since_halt
        self._outside = outside or Outside()
        self._live = live
        self._assembly = assembly
        self._exchange = exchange
        self._journal = journal
        self._clock = clock
        self.schedule: Schedule | None = None

    def equity(self) -> Money | None:
        """Wallet plus unrealised."""
        return self._assembly.desk.book().equity

    def positions(self) -> tuple[PositionView, ...]:
        """What is held."""
        return self._assembly.readings.positions_now()

    def limits(self) -> tuple[Headroom, ...]:
        """Every limit and how much of it is used."""
        rooms = headrooms(self._assembly.desk.book(), self._assembly.policy.current)
        return tuple(Headroom(limit=r.limit, value=r.value, used=r.used, symbol=r.symbol) for r in rooms)

    def status(self) -> StatusView:
        """How everything stands."""
        assembly, plan, schedule = self._assembly, self._assembly.plan, self.schedule
        account, book = assembly.readings.account_now(), assembly.desk.book()
        ages = [view.quote_age for view in book.markets.values() if view.quote_age is not None]
        head = self._journal.head
        return StatusView(
            time=self._clock.now(),
            running=True,
            mode=plan.options.mode,
            account=self._exchange.account,
            trading_state=self._state(account.trading_state),
            reason=account.reason,
            autonomy=assembly.policy.current.autonomy,
            equity=account.equity,
            day_pnl=account.day_pnl,
            drawdown=account.drawdown,
            model_spend_today=account.model_spend_today,
            model_budget=assembly.policy.current.llm.max_usd_per_day,
            model_economy=_saving(assembly.meters.spending.economy(self._clock.now())),
            feed=FeedView(name=plan.choice.name, why=plan.choice.why, age=max(ages, default=None)),
            decider=plan.decider,
            decider_why=plan.decider_why,
            prompt=assembly.policy.current.name,
            prompt_problem=assembly.prompt.problem,
            prompt_waiting=assembly.prompt.waiting,
            last_cycle=schedule.last_cycle if schedule else 0,
            next_decision=schedule.next_at if schedule else None,
            deciding=schedule.is_deciding if schedule else False,
            positions=self.positions(),
            orders=book.orders,
            approvals=assembly.desk.questions.waiting,
            observed=assembly.desk.observed.totals,
            reconciliation=assembly.desk.reconciliation,
            key_warning=key_warning(self._live),
            breakers=assembly.readings.breakers_now(),
            since_halt=self._since_halt.changes(account.equity),
            anchor=self._outside.anchor,
            alert_problem=self._outside.alert_problem,
            journal_entries=head.seq,
            journal_head=head.hash.hex(),
        )

    def _state(self, in_force: TradingState) -> TradingState:
        """The state in force; once the run ends, which trips the switch, the one that the next start will find."""
        if self.schedule is None or not self.schedule.is_stopping:
            return in_force
        switch = self._assembly.switch
        return TradingState.HALTED if switch.file_exists() else switch.durable_state

    def quotes(self) -> QuotesView:
        """The market, a row a symbol that has prices."""
        rows = (self._quote(symbol) for symbol in self._assembly.feed.instruments)
        return QuotesView(tuple(row for row in rows if row is not None))

    def candles(self, symbol: Symbol) -> CandlesView:
        """All closed minutes that are kept."""
        return CandlesView(self._assembly.market.candles(symbol, KEPT_CANDLES))

    def depth(self, symbol: Symbol) -> DepthView | None:
        """The best levels, where the feed has a book that holds; else the touch; None before the first quote."""
        book, quote = self._assembly.market.book(symbol), self._assembly.market.quote(symbol)
        if book is not None and book.is_whole:
            bids, asks = (book.levels(side, _DEPTH_LEVELS) for side in (Side.BUY, Side.SELL))
            return DepthView(bids=bids, asks=asks, is_whole=True)
        if quote is None:
            return None
        touch = (quote.bid, quote.bid_size), (quote.ask, quote.ask_size)
        return DepthView(bids=touch[:1], asks=touch[1:], is_whole=False)

    def _quote(self, symbol: Symbol) -> QuoteView | None:
        snapshot = self._assembly.market.snapshot(symbol)
        if snapshot is None:
            return None
        candles = self._assembly.market.candles(symbol, _TREND_CANDLES)
        closes = tuple(float(candle.close) for candle in candles)
        return QuoteView(
            symbol=symbol,
            price=snapshot.mid,
            bid=snapshot.bid,
            ask=snapshot.ask,
            mark=snapshot.mark,
            decimals=self._assembly.feed.instruments[symbol].price_decimals,
            change=snapshot.change_24h if snapshot.change_24h is not None else _since_first(closes),
            spread_bps=snapshot.spread_bps,
            funding_rate=snapshot.funding_rate,
            next_funding=snapshot.next_funding,
            volatility=snapshot.volatility,
            age=snapshot.quote_age,
            stale=snapshot.quote_age > self._assembly.policy.current.risk.max_quote_age,
            trend=closes,
        )


def _saving(economy: EconomyChanged) -> EconomyChanged | None:
    return None if economy.economy is Economy.FULL else economy


def _since_first(closes: tuple[float, ...]) -> float | None:
    return closes[-1] / closes[0] - 1.0 if closes and closes[0] else None
