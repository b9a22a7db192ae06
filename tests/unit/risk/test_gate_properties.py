"""The gate's promises, for all inputs: nothing grows, limits hold, reducing only reduces, exits always pass."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.risk.scenes import (
    BOOK,
    BTC,
    ETH,
    METERS,
    NOW,
    POLICY,
    entry,
    holding,
    instrument,
    limits,
    market_exit,
    order,
    stop_order,
    unguarded,
    view,
    with_equity,
    working,
)
from tui_trader.core.money import HUNDRED, ZERO
from tui_trader.core.order import Intent, Order, OrderStatus, Purpose, TimeInForce
from tui_trader.core.words import Actor, BreakerCause, BreakerScope, Side, TradingState
from tui_trader.risk.book import Book, Meters
from tui_trader.risk.breakers import Breaker
from tui_trader.risk.gate import Outcome, judge
from tui_trader.risk.incidents import Answer, Entered, Event, Incidents
from tui_trader.risk.sizing import loss_per_unit

D = Decimal

sides = st.sampled_from(Side)
quantities = st.integers(1, 40_000).map(lambda steps: D(steps) / 1_000)
signed_quantities = st.integers(-20_000, 20_000).map(lambda steps: D(steps) / 1_000)
states = st.sampled_from(
    [OrderStatus.INTENDED, OrderStatus.SENT, OrderStatus.ACCEPTED, OrderStatus.UNKNOWN, OrderStatus.PARTIALLY_FILLED]
)
prices = st.integers(9_800, 10_200).map(lambda ticks: D(ticks) / 100)


@st.composite
def entries(draw: st.DrawFn, side: st.SearchStrategy[Side] = sides) -> Intent:
    """An entry somewhere near the market; stop and take-profit are mostly good, so that most sizes are judged."""
    distance = draw(st.integers(-10, 520))
    reward = draw(st.integers(0, 40).map(lambda tenths: D(tenths) / 10))
    chosen = draw(side)
    paid = D(draw(st.integers(-100, 60)))
    return entry(
        draw(quantities),
        chosen,
        price=100 + chosen.sign * paid / 100,
        stop=100 - D(distance) / 100,
        target=draw(st.sampled_from([None, *[round(100 + D(distance) / 100 * reward + 1, 2)] * 9])),
        actor=draw(st.sampled_from(Actor)),
        time_in_force=draw(st.sampled_from(TimeInForce)),
    )


@st.composite
def open_orders(draw: st.DrawFn) -> tuple[Order, ...]:
    """Up to three entries of one side, and exits, that still work."""
    found = []
    side = st.just(draw(sides))
    for number in range(draw(st.integers(0, 3))):
        intent = draw(st.one_of(entries(side), st.builds(market_exit, quantities, sides)))
        filled = draw(st.sampled_from([ZERO, intent.quantity / 2]))
        found.append(order(intent, status=draw(states), filled=filled, name=str(number)))
    return tuple(found)


@st.composite
def books(draw: st.DrawFn) -> Book:
    """An account of some size that may hold and work something."""
    book = with_equity(draw(st.sampled_from([D(500), D(5_000), D(50_000)])))
    held = draw(st.one_of(st.just(ZERO), signed_quantities))
    book = holding(held, draw(prices), book=book) if held else book
    return working(*draw(open_orders()), book=book)


@given(intent=st.one_of(entries(), st.builds(market_exit, quantities, sides)), book=books())
def test_nothing_the_gate_returns_is_larger_than_what_it_was_given(intent: Intent, book: Book) -> None:
    judgement = judge(intent, book, POLICY)
    if judgement.intent is None:
        assert judgement.verdict is Outcome.DENY
        assert judgement.code
        return
    assert ZERO < judgement.intent.quantity <= intent.quantity
    assert judgement.intent == intent.resized(judgement.intent.quantity)
    assert (judgement.verdict is Outcome.ALLOW) == (judgement.intent == intent)
    assert [clamp.before for clamp in judgement.clamps] == sorted((c.before for c in judgement.clamps), reverse=True)
    assert all(clamp.after <= clamp.before for clamp in judgement.clamps)
    assert judge(judgement.intent, book, POLICY).verdict is Outcome.ALLOW


@given(intent=entries(), book=books())
def test_whatever_passes_stays_within_every_notional_and_risk_limit(intent: Intent, book: Book) -> None:
    passed = judge(intent, book, POLICY).intent
    if passed is None:
        return
    assert passed.price is not None
    assert passed.protection is not None
    assert book.equity is not None
    risk = POLICY.risk
    after = working(order(passed, status=OrderStatus.UNKNOWN, name="new"), book=book)
    position, gross = after.worst_case_notional(BTC), after.worst_case_gross()
    assert position is not None
    assert gross is not None
    assert passed.quantity * passed.price <= risk.max_order_notional
    assert position <= risk.max_position_notional
    assert gross <= min(risk.max_gross_notional, risk.max_leverage * book.equity)
    lost = passed.quantity * loss_per_unit(passed.side, passed.price, passed.protection.stop_price, book.fees)
    assert lost <= book.equity * risk.max_risk_per_trade_pct / HUNDRED


@given(slices=st.lists(quantities, min_size=2, max_size=6))
def test_an_entry_cut_into_slices_gets_no_more_room_than_in_one_piece(slices: list[Decimal]) -> None:
    policy = limits(max_open_orders=200, max_orders_per_minute=600)
    book = with_equity(D(5_000))
    for number, quantity in enumerate(slices):
        passed = judge(entry(quantity, stop=D(96), target=D(110)), book, policy).intent
        if passed is not None:
            book = working(order(passed, status=OrderStatus.UNKNOWN, name=str(number)), book=book)
    lost = sum((o.remaining * loss_per_unit(Side.BUY, D("100.01"), D(96), book.fees) for o in book.orders), start=ZERO)
    assert lost <= D(50)
    assert (book.worst_case_notional(BTC) or ZERO) <= policy.risk.max_position_notional


@given(
    intent=st.one_of(entries(), st.builds(market_exit, quantities, sides)),
    plain_exit=st.booleans(),
    book=books(),
    fills=st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_in_reducing_nothing_can_open_or_flip(intent: Intent, plain_exit: bool, book: Book, fills: list[bool]) -> None:
    """Whatever of the working exits fills before, and even with an exit that lost its reduce-only flag."""
    if plain_exit and intent.purpose is Purpose.EXIT:
        intent = unguarded(intent)
    judgement = judge(intent, replace(book, trading_state=TradingState.REDUCING), POLICY)
    if judgement.intent is None:
        return
    assert judgement.intent.purpose is not Purpose.ENTRY
    held = book.position(BTC).quantity
    before = held
    for working_order, fills_first in zip(book.orders, fills, strict=False):
        if fills_first and working_order.intent.purpose is Purpose.EXIT:
            held = _filled(held, working_order.intent, working_order.remaining)
    after = _filled(held, judgement.intent, judgement.intent.quantity)
    assert abs(after) <= abs(before)
    assert after * before >= 0


def _filled(held: Decimal, intent: Intent, quantity: Decimal) -> Decimal:
    """What is held after a fill; the exchange cuts a reduce-only order to what there is to reduce."""
    change = quantity * intent.side.sign
    if intent.reduce_only:
        if held * change >= 0:
            return held
        change = intent.side.sign * min(quantity, abs(held))
    return held + change


LOST_METERS = Meters(
    day_loss=None,
    day_start_equity=None,
    drawdown=None,
    peak_equity=None,
    consecutive_losses=99,
    entries_today=99,
    orders_last_minute=999,
    stopped_out=METERS.stopped_out,
    agent_entered=METERS.agent_entered,
    model_spend_today=D(999),
    breakers={
        (scope, cause): Breaker(scope, cause, failures=99, open=True, changed=NOW)
        for scope in BreakerScope
        for cause in BreakerCause
    },
    incidents=Incidents(
        orders=(Answer(NOW, is_error=True),) * 50,
        unknown=(Event(NOW),) * 50,
        cancels=(Event(NOW),) * 50,
        entries=(Entered(NOW, entry()),) * 50,
    ),
)

blind_views = st.sampled_from(
    [
        {},
        {BTC: replace(view(), mark=None)},
        {BTC: replace(view(), quote_age=9_999.0, mark_age=None)},
        {BTC: replace(view(), mark=D("NaN"), bid=D("NaN"), ask=D("NaN"))},
    ]
)


@given(
    state=st.sampled_from(TradingState),
    equity=st.sampled_from([None, D("NaN"), D(-5), D(0)]),
    markets=blind_views,
    known=st.booleans(),
    orders=open_orders(),
    intent=st.one_of(
        st.builds(market_exit, quantities, sides, st.sampled_from(Actor)),
        st.builds(stop_order, st.just(D(98)), sides, quantities),
    ),
)
def test_exits_pass_whatever_is_wrong(
    state: TradingState,
    equity: Decimal | None,
    markets: dict[object, object],
    known: bool,
    orders: tuple[Order, ...],
    intent: Intent,
) -> None:
    """Halted, unreconciled, blind, every meter lost, every breaker open: reduce-only and close-position orders pass."""
    book = replace(
        BOOK,
        trading_state=state,
        equity=equity,
        available=None,
        reconciled=False,
        markets=markets,  # type: ignore[arg-type]  # the strategy's mapping is wider than the field on purpose
        instruments=BOOK.instruments if known else {},
        leverage={},
        orders=orders,
        meters=LOST_METERS,
    )
    assert judge(intent, book, POLICY).verdict is Outcome.ALLOW


@given(
    figure=st.sampled_from([D("NaN"), D("Infinity"), D("-Infinity"), D("1e999999"), D("-1e999999"), D(0)]),
    where=st.sampled_from(["equity", "available", "bid", "ask", "mark", "eth", "peak", "loss"]),
)
def test_a_figure_that_is_none_denies_new_risk_and_raises_nothing(figure: Decimal, where: str) -> None:
    book = BOOK
    match where:
        case "equity" | "available":
            book = replace(book, **{where: figure})  # type: ignore[arg-type]  # the two names are Decimal fields
        case "bid" | "ask" | "mark":
            book = replace(book, markets={BTC: replace(view(), **{where: figure})})  # type: ignore[arg-type]  # as above
        case "eth":
            book = holding(D(1), symbol=ETH, book=replace(book, markets={BTC: view(), ETH: view(figure)}))
        case "peak":
            book = replace(book, meters=replace(METERS, peak_equity=figure))
        case _:
            book = replace(book, meters=replace(METERS, day_loss=figure))
    # A loss that is none, and figures so large that they bind nothing, are odd but readable.
    harmless = (where, figure) in {
        ("loss", D(0)),
        ("loss", D("-1e999999")),
        ("equity", D("1e999999")),
        ("available", D("1e999999")),
        ("ask", D("1e999999")),
    }
    if not harmless:
        assert judge(entry(), book, POLICY).verdict is Outcome.DENY
    assert judge(market_exit(), book, POLICY).verdict is Outcome.ALLOW


def test_an_exit_larger_than_one_order_may_be_goes_out_in_parts() -> None:
    judgement = judge(market_exit(D(150)), holding(D(150)), POLICY)
    assert judgement.verdict is Outcome.SHRINK
    assert judgement.intent is not None
    assert judgement.intent.quantity == instrument().market_max_quantity
