"""A calm account and a calm market in which everything is allowed; tests change one thing and see what it does."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from tui_trader.core.clock import Instant, from_text
from tui_trader.core.instrument import Bracket, Instrument
from tui_trader.core.margin import FeeRates
from tui_trader.core.money import ONE, ZERO
from tui_trader.core.order import Intent, Order, OrderStatus, OrderType, Protection, Purpose, TimeInForce
from tui_trader.core.position import Position
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol, TradingState
from tui_trader.risk.book import Book, MarketView, Meters
from tui_trader.risk.front_matter import read_prompt
from tui_trader.risk.policy import Policy

D = Decimal
BTC = Symbol("BTCUSDT")
ETH = Symbol("ETHUSDT")
NOW = from_text("2025-05-06T12:00:00")
PROMPT = Path(__file__).parents[3] / "prompts" / "trader.md"
POLICY: Policy = read_prompt(PROMPT.read_text(), file="trader.md").policy

MARK = D(100)
BID = D("99.99")
ASK = D("100.01")
SIZE = D(5)
STOP = D(98)
TARGET = D(105)


def instrument(symbol: Symbol = BTC, brackets: tuple[Bracket, ...] = ()) -> Instrument:
    """A contract with a tick of a cent and a step of a thousandth."""
    return Instrument(
        symbol=symbol,
        base=symbol.removesuffix("USDT"),
        quote="USDT",
        tick=D("0.01"),
        step=D("0.001"),
        market_step=D("0.001"),
        min_quantity=D("0.001"),
        max_quantity=D(1000),
        market_max_quantity=D(100),
        min_price=D("0.01"),
        max_price=D(1_000_000),
        min_notional=D(5),
        price_band_up=D("1.05"),
        price_band_down=D("0.95"),
        brackets=brackets
        or (
            Bracket(D(50_000), D("0.004"), 125, D(0)),
            Bracket(D(10_000_000), D("0.005"), 100, D(50)),
        ),
        liquidation_fee_rate=D("0.0125"),
    )


def view(mark: Decimal = MARK) -> MarketView:
    """A fresh quote of two cents around the mark."""
    half = D("0.01")
    return MarketView(bid=mark - half, ask=mark + half, mark=mark, quote_age=0.5, mark_age=1.0)


METERS = Meters(
    day_loss=D(0),
    day_start_equity=D(10_000),
    drawdown=0.0,
    peak_equity=D(10_000),
    consecutive_losses=0,
    entries_today=0,
    orders_last_minute=0,
    stopped_out=MappingProxyType({}),
    agent_entered=MappingProxyType({}),
    model_spend_today=D(0),
)

BOOK = Book(
    now=NOW,
    trading_state=TradingState.ACTIVE,
    equity=D(10_000),
    available=D(10_000),
    reconciled=True,
    positions=MappingProxyType({}),
    orders=(),
    markets=MappingProxyType({BTC: view(), ETH: view()}),
    instruments=MappingProxyType({BTC: instrument(), ETH: instrument(ETH)}),
    leverage=MappingProxyType({BTC: 3, ETH: 3}),
    fees=FeeRates(),
    meters=METERS,
)


def metered(book: Book = BOOK, /, **changes: object) -> Book:
    """The book with some meters changed."""
    return replace(book, meters=replace(book.meters, **changes))  # type: ignore[arg-type]  # names are checked by replace


def with_equity(equity: Decimal, book: Book = BOOK) -> Book:
    """Another equity, all of it free, that was never higher."""
    return metered(replace(book, equity=equity, available=equity), peak_equity=equity)


def holding(quantity: Decimal, price: Decimal = MARK, symbol: Symbol = BTC, book: Book = BOOK) -> Book:
    """The book with a position."""
    return replace(book, positions={**book.positions, symbol: Position.held(symbol, quantity, price)})


def working(*orders: Order, book: Book = BOOK) -> Book:
    """The book with more open orders."""
    return replace(book, orders=(*book.orders, *orders))


def entry(
    quantity: Decimal = SIZE,
    side: Side = Side.BUY,
    *,
    symbol: Symbol = BTC,
    price: Decimal | None = None,
    stop: Decimal | None = STOP,
    target: Decimal | None = TARGET,
    actor: Actor = Actor.AGENT,
    time_in_force: TimeInForce = TimeInForce.IOC,
) -> Intent:
    """An entry that the calm book allows: 2% to the stop, 5% to the take-profit. A sell is its mirror image."""
    if side is Side.SELL:
        stop = None if stop is None else 2 * MARK - stop
        target = None if target is None else 2 * MARK - target
    return Intent(
        symbol=symbol,
        side=side,
        type=OrderType.LIMIT,
        quantity=quantity,
        price=price if price is not None else (ASK if side is Side.BUY else BID),
        time_in_force=time_in_force,
        purpose=Purpose.ENTRY,
        protection=None if stop is None else Protection(stop_price=stop, take_profit_price=target),
        actor=actor,
    )


def market_exit(quantity: Decimal = ONE, side: Side = Side.SELL, actor: Actor = Actor.AGENT) -> Intent:
    """A reduce-only market order."""
    return Intent(
        symbol=BTC,
        side=side,
        type=OrderType.MARKET,
        quantity=quantity,
        reduce_only=True,
        purpose=Purpose.EXIT,
        actor=actor,
    )


def stop_order(price: Decimal = STOP, side: Side = Side.SELL, quantity: Decimal = ONE) -> Intent:
    """A protective stop that closes the position."""
    return Intent(
        symbol=BTC,
        side=side,
        type=OrderType.STOP_MARKET,
        quantity=quantity,
        stop_price=price,
        close_position=True,
        purpose=Purpose.STOP,
        actor=Actor.SYSTEM,
    )


def unguarded(intent: Intent) -> Intent:
    """The same order with the flags taken off that keep it from opening: what no constructor lets through."""
    bare = replace(intent)
    object.__setattr__(bare, "reduce_only", False)
    object.__setattr__(bare, "close_position", False)
    return bare


def order(
    intent: Intent, *, status: OrderStatus = OrderStatus.ACCEPTED, filled: Decimal = ZERO, name: str = "one"
) -> Order:
    """The intent as an order that is with the exchange."""
    return Order(
        client_order_id=ClientOrderId(f"tt-{name}"),
        intent=intent,
        status=status,
        filled=filled,
        created=Instant(0),
        updated=Instant(0),
    )


def limits(policy: Policy = POLICY, /, **changes: object) -> Policy:
    """The policy with some limits changed, unvalidated."""
    return policy.model_copy(update={"risk": policy.risk.model_copy(update=changes)})
