"""What holds whatever is ordered and whatever the market does; and that a restart or a kill changes nothing of it."""

import shutil
import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.exchange.bench import BTC, DAYBREAK, ETH, Bench, D, HandClock, done, instrument
from tui_trader.core.market import FundingSettled, MarkPrice, Quote
from tui_trader.core.money import ZERO
from tui_trader.core.order import Fill, Intent, OrderStatus, OrderType, Purpose, TimeInForce
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol
from tui_trader.exchange.paper import DepthModel, Latency, PaperExchange
from tui_trader.exchange.ports import Accepted, AccountEvent, OrderReport

SYMBOLS = (BTC, ETH)
DEPOSIT = D(20_000)
DEPTH = DepthModel(impact_bps=D(2), bound_bps=D(20))

symbols = st.sampled_from(SYMBOLS)
sides = st.sampled_from(Side)
# Prices crowd around a few hundred ticks, so that orders meet the market often; the mark now and then goes far.
ticks = st.integers(-60, 60)
far = st.sampled_from([-3000, -1500, -300, 300, 1500, 3000])
sizes = st.sampled_from(["0.002", "0.05", "0.3", "4"])
quantities = st.sampled_from(["0.002", "0.011", "0.1", "0.35", "1.5"])


class Ledger:
    """The account as its owner can reckon it from the news alone."""

    def __init__(self) -> None:
        self.position: dict[Symbol, Decimal] = defaultdict(Decimal)
        self.cash = ZERO
        """What all fills moved: minus quantity x price, signed."""
        self.fees = ZERO
        self.realised = ZERO
        self.funding = ZERO
        self.transfers = ZERO
        self.filled: dict[str, Decimal] = defaultdict(Decimal)
        self.last: dict[str, OrderReport] = {}

    def hear(self, event: AccountEvent) -> None:
        match event:
            case Fill():
                self._trade(event)
            case OrderReport():
                was = self.last.get(event.exchange_order_id)
                assert was is None or not was.status.is_final, "nothing follows the end of an order"
                assert event.filled <= event.quantity
                self.last[event.exchange_order_id] = event
            case FundingBooked():
                self.funding += event.amount
            case TransferBooked():
                self.transfers += event.amount
            case _:
                raise AssertionError(event)

    def _trade(self, fill: Fill) -> None:
        before = self.position[fill.symbol]
        after = before + fill.signed_quantity
        orders = [o for o in self.last.values() if o.client_order_id == fill.client_order_id]
        if fill.client_order_id.startswith("autoclose-"):
            assert after == 0, "a liquidation closes all"
            still = [o for o in self.last.values() if o.symbol == fill.symbol and not o.status.is_final]
            assert still == [], "and leaves no order"
        elif orders[-1].reduce_only or orders[-1].close_position:
            assert abs(after) < abs(before), "a reducing order reduces"
            assert before * after >= 0, "and never flips"
        self.position[fill.symbol] = after
        self.cash -= fill.signed_quantity * fill.price
        self.fees += fill.fee
        self.realised += fill.realised
        self.filled[fill.client_order_id] += fill.quantity


class PaperAccount(RuleBasedStateMachine):
    """One account that runs through, and the same one with books on disk that is closed and killed at random."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = HandClock()
        self.past: list[Quote | MarkPrice | FundingSettled] = []
        self.through = self.open(None)
        self.restarted = self.open(self.folder / "paper.db")
        self.ledger = Ledger()
        self.mid = {symbol: D(100_000) for symbol in SYMBOLS}
        self.placed: list[tuple[Symbol, ClientOrderId]] = []

    def open(self, path: Path | None) -> PaperExchange:
        return PaperExchange.open(
            path,
            {s: instrument(s) for s in SYMBOLS},
            self.clock,
            deposit=DEPOSIT,
            leverage=20,
            depth=DEPTH,
            latency=Latency(0.0),
        )

    @initialize()
    def market_opens(self) -> None:
        for symbol in SYMBOLS:
            self.mark_moves(symbol, 0)
            self.quote_comes(symbol, 0, "4", "4")

    def tell(self, event: Quote | MarkPrice | FundingSettled) -> None:
        self.past.append(event)
        self.through.on_market(event)
        self.restarted.on_market(event)
        self.listen()

    def listen(self) -> None:
        told, again = self.news(self.through), self.news(self.restarted)
        assert told == again
        for event in told:
            self.ledger.hear(event)

    def news(self, exchange: PaperExchange) -> list[AccountEvent]:
        return done(Bench(exchange, self.clock).news())

    @rule(symbol=symbols, move=ticks, bid_size=sizes, ask_size=sizes)
    def quote_comes(self, symbol: Symbol, move: int, bid_size: str, ask_size: str) -> None:
        self.mid[symbol] += move * D("0.1")
        bid = self.mid[symbol]
        at = Bench(self.through, self.clock).tick()
        self.tell(Quote(symbol, at, bid, D(bid_size), bid + D("0.1"), D(ask_size)))

    @rule(symbol=symbols, move=ticks)
    def mark_moves(self, symbol: Symbol, move: int) -> None:
        at = Bench(self.through, self.clock).tick()
        self.tell(MarkPrice(symbol, at, self.mid[symbol] + move * D("0.1"), D("0.0001"), at))

    @rule(symbol=symbols, side=sides, quantity=st.sampled_from(["0.02", "0.3", "1.5"]))
    def position_is_entered(self, symbol: Symbol, side: Side, quantity: str) -> None:
        self.order_comes(symbol, side, OrderType.MARKET, quantity, 0, TimeInForce.GTC, "entry", 0)

    @rule(symbol=symbols, jump=far)
    def market_jumps(self, symbol: Symbol, jump: int) -> None:
        self.mid[symbol] = min(max(self.mid[symbol] + jump, D(80_000)), D(120_000))
        self.mark_moves(symbol, 0)
        self.quote_comes(symbol, 0, "0.3", "0.3")

    @rule(symbol=symbols, rate=st.sampled_from(["-0.003", "0.0001", "0.003"]))
    def funding_settles(self, symbol: Symbol, rate: str) -> None:
        at = Bench(self.through, self.clock).tick()
        self.tell(FundingSettled(symbol, at, D(rate), self.mid[symbol]))

    @rule(
        symbol=symbols,
        side=sides,
        kind=st.sampled_from(OrderType),
        quantity=quantities,
        offset=ticks,
        tif=st.sampled_from(TimeInForce),
        purpose=st.sampled_from(["entry", "entry", "reduce", "close"]),
        move=st.one_of(st.none(), ticks),
    )
    def order_comes(
        self,
        symbol: Symbol,
        side: Side,
        kind: OrderType,
        quantity: str,
        offset: int,
        tif: TimeInForce,
        purpose: str,
        move: int | None,
    ) -> None:
        """An order, and mostly the market's answer to it."""
        price = self.mid[symbol] + offset * D("0.1")
        order = Intent(
            symbol=symbol,
            side=side,
            type=kind,
            quantity=D(quantity),
            price=price if kind is OrderType.LIMIT else None,
            stop_price=price if kind.is_conditional else None,
            time_in_force=tif,
            reduce_only=purpose == "reduce" or (purpose == "close" and not kind.is_conditional),
            close_position=purpose == "close" and kind.is_conditional,
            purpose=Purpose.ENTRY if purpose == "entry" else Purpose.EXIT,
            actor=Actor.AGENT,
        )
        client_order_id = ClientOrderId(f"tt-{len(self.placed)}")
        outcome = done(self.through.submit(client_order_id, order))
        assert done(self.restarted.submit(client_order_id, order)) == outcome
        if isinstance(outcome, Accepted):
            self.placed.append((symbol, client_order_id))
        self.listen()
        if move is not None:
            self.mark_moves(symbol, move)
            self.quote_comes(symbol, move, "0.3", "0.3")

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def cancel_comes(self, data: st.DataObject) -> None:
        symbol, client_order_id = data.draw(st.sampled_from(self.placed))
        outcome = done(self.through.cancel(symbol, client_order_id))
        assert done(self.restarted.cancel(symbol, client_order_id)) == outcome
        self.listen()

    @rule(symbol=symbols, leverage=st.sampled_from([1, 5, 20, 75, 150]))
    def leverage_is_set(self, symbol: Symbol, leverage: int) -> None:
        assert done(self.through.set_leverage(symbol, leverage)) == done(self.restarted.set_leverage(symbol, leverage))

    @rule(amount=st.sampled_from(["-15000", "-500.5", "0", "1000"]))
    def money_moves(self, amount: str) -> None:
        outcome = done(self.through.transfer(D(amount)))
        assert done(self.restarted.transfer(D(amount))) == outcome
        self.listen()

    @rule()
    def restarts(self) -> None:
        done(self.restarted.close())
        self.restarted = self.open(self.folder / "paper.db")

    @rule()
    def is_killed(self) -> None:
        """Nothing is saved at the end; the feed then goes back and tells what it had told before."""
        self.restarted._books._connection.close()
        self.restarted = self.open(self.folder / "paper.db")
        for event in self.past:
            self.restarted.on_market(event)
        assert self.news(self.restarted) == []

    @invariant()
    def both_are_the_same(self) -> None:
        for read in (PaperExchange.account_report, PaperExchange.open_orders):
            assert done(read(self.through)) == done(read(self.restarted))
        for symbol in SYMBOLS:
            fills = done(self.through.fills_since(symbol, DAYBREAK))
            assert fills == done(self.restarted.fills_since(symbol, DAYBREAK))

    @invariant()
    def fills_sum_to_the_position(self) -> None:
        held = {p.symbol: p.quantity for p in done(self.through.account_report()).positions}
        assert held == {symbol: quantity for symbol, quantity in self.ledger.position.items() if quantity}

    @invariant()
    def the_wallet_is_the_sum_of_what_moved(self) -> None:
        ledger, account = self.ledger, done(self.through.account_report())
        assert account.wallet == DEPOSIT + ledger.transfers + ledger.realised - ledger.fees + ledger.funding
        assert account.available >= 0

    @invariant()
    def equity_is_what_selling_everything_at_the_mark_would_leave(self) -> None:
        """Reckoned from cash alone, without entry prices or realised profit."""
        ledger, account = self.ledger, done(self.through.account_report())
        books = self.through.state.books
        unrealised = sum((books[p.symbol].position.unrealised(p.mark_price) for p in account.positions), start=ZERO)
        worth = sum((p.quantity * p.mark_price for p in account.positions), start=ZERO)
        fixed = DEPOSIT + ledger.transfers + ledger.funding - ledger.fees
        assert account.wallet + unrealised == fixed + ledger.cash + worth

    @invariant()
    def every_order_is_open_or_has_ended_and_was_told_so(self) -> None:
        open_now = {report.exchange_order_id for report in done(self.through.open_orders())}
        for number, last in self.ledger.last.items():
            assert (number in open_now) is not last.status.is_final
            assert last.filled == self.ledger.filled[last.client_order_id]
            assert (last.status is OrderStatus.FILLED) is (last.filled == last.quantity and last.status.is_final)
            assert done(self.through.query(last.symbol, last.client_order_id)) == last

    @invariant()
    def no_working_exit_is_larger_than_what_it_can_close(self) -> None:
        for book in self.through.state.books.values():
            for order in book.working.values():
                if order.only_reduces:
                    assert 0 < order.remaining <= book.reducible(order.side)

    def teardown(self) -> None:
        done(self.through.close())
        done(self.restarted.close())
        shutil.rmtree(self.folder)


PaperAccount.TestCase.settings = settings(
    max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestPaperAccount = PaperAccount.TestCase
