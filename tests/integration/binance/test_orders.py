"""Orders: sent once, under our ids, and every failure of submit, cancel and query is what the table says."""

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from tests.fakes.loopback import BTC
from tests.integration.binance.desk import Account, D, close, entry, resting, stop
from tui_trader.core.clock import Instant
from tui_trader.core.order import Fill, Intent, OrderStatus
from tui_trader.core.words import ClientOrderId
from tui_trader.exchange.binance.fees import Fees
from tui_trader.exchange.binance.trades import Trades
from tui_trader.exchange.loopback.faults import FaultKind
from tui_trader.exchange.ports import (
    Accepted,
    CancelDone,
    CancelNotOpen,
    ExchangeUnavailable,
    NotSent,
    OrderReport,
    Refused,
    Uncertain,
)

pytestmark = pytest.mark.usefixtures("short_patience")

AMBIGUOUS = [
    FaultKind.DROP,
    FaultKind.TIMEOUT,
    FaultKind.UNKNOWN_503,
    FaultKind.INTERNAL_503,
    FaultKind.BARE_503,
    FaultKind.ERROR_1006,
    FaultKind.ERROR_1007,
    FaultKind.HTML_502,
    FaultKind.HTML_200,
    FaultKind.EMPTY_200,
    FaultKind.BROKEN_200,
    FaultKind.LIST_400,
]
DEFINITE = [
    FaultKind.UNAVAILABLE_503,
    FaultKind.ERROR_1008,
    FaultKind.TOO_MANY_429,
    FaultKind.BANNED_418,
    FaultKind.HTML_403,
]


async def orders_named(account: Account, order_id: ClientOrderId) -> list[Any]:
    """All orders of that id that the exchange has ever taken, of either kind."""
    ordinary = await account.bench.ok("GET", "/fapi/v1/allOrders", symbol=BTC)
    algos = await account.bench.ok("GET", "/fapi/v1/allAlgoOrders", symbol=BTC)
    return [o for o in ordinary if o["clientOrderId"] == order_id] + [a for a in algos if a["clientAlgoId"] == order_id]


# ---------------------------------------------------------------------- what goes well


async def test_an_order_bears_our_id_and_its_trade_is_told_with_price_fee_and_profit(account: Account) -> None:
    order_id = account.new_id()
    accepted = await account.exchange.submit(order_id, entry())
    assert isinstance(accepted, Accepted)
    assert (accepted.report.status, accepted.report.average_price) == (OrderStatus.ACCEPTED, None)
    (fill,) = await account.hear(Fill)
    assert (fill.client_order_id, fill.quantity) == (order_id, D("0.010"))
    assert fill.fee > 0
    told = (await account.hear(OrderReport, 2))[-1]
    assert (told.client_order_id, told.status) == (order_id, OrderStatus.FILLED)
    (again,) = await account.exchange.fills_since(BTC, Instant(fill.time - 10**9))
    assert again == fill


async def test_a_stop_bears_our_id_is_read_back_and_closes_on_the_mark_under_the_same_id(account: Account) -> None:
    await account.exchange.submit(account.new_id(), entry())
    order_id = account.new_id()
    assert isinstance(await account.exchange.submit(order_id, stop()), Accepted)
    report = await account.exchange.query(BTC, order_id)
    assert report is not None
    assert (report.status, report.close_position, report.stop_price) == (OrderStatus.ACCEPTED, True, D(59_000))
    assert order_id in [order.client_order_id for order in await account.exchange.open_orders()]
    await account.bench.price(BTC, 58_990)
    closed = (await account.hear(Fill, 2))[-1]
    assert (closed.client_order_id, closed.signed_quantity) == (order_id, D("-0.010"))
    ended = await account.exchange.query(BTC, order_id)
    assert ended is not None
    assert (ended.status, ended.filled) == (OrderStatus.FILLED, D("0.010"))
    assert (await account.exchange.account_report()).positions == ()


async def test_a_second_stop_that_closes_all_is_refused_and_a_bridge_is_not(account: Account) -> None:
    await account.exchange.submit(account.new_id(), entry())
    assert isinstance(await account.exchange.submit(account.new_id(), stop()), Accepted)
    refused = await account.exchange.submit(account.new_id(), stop("59500"))
    assert isinstance(refused, Refused)
    assert refused.code == -4130
    bridge = await account.exchange.submit(account.new_id(), replace(stop("59500"), close_position=False))
    assert isinstance(bridge, Accepted)


async def test_a_cancelled_order_of_either_kind_is_reported_with_what_it_traded(account: Account) -> None:
    for intent in (resting(), stop()):
        if intent.close_position:
            await account.exchange.submit(account.new_id(), entry())
        order_id = account.new_id()
        await account.exchange.submit(order_id, intent)
        done = await account.exchange.cancel(BTC, order_id)
        assert isinstance(done, CancelDone)
        assert (done.report.client_order_id, done.report.status) == (order_id, OrderStatus.CANCELED)
        assert await account.exchange.cancel(BTC, order_id) == CancelNotOpen()


async def test_an_order_that_was_never_sent_is_not_known(account: Account) -> None:
    assert await account.exchange.query(BTC, ClientOrderId("tt-nobody")) is None
    assert await account.exchange.cancel(BTC, ClientOrderId("tt-nobody")) == CancelNotOpen()


async def test_a_duplicate_among_open_orders_is_adopted(account: Account) -> None:
    order_id = account.new_id()
    first = await account.exchange.submit(order_id, resting())
    assert isinstance(first, Accepted)
    second = await account.exchange.submit(order_id, resting())
    assert isinstance(second, Accepted)
    assert second.report.exchange_order_id == first.report.exchange_order_id
    assert len(await orders_named(account, order_id)) == 1


@pytest.mark.parametrize("intent", [entry("0.0105"), entry("0.0001"), entry(price="60000.05"), entry("0.001")])
async def test_what_a_filter_would_refuse_does_not_leave(account: Account, intent: Intent) -> None:
    outcome = await account.exchange.submit(account.new_id(), intent)
    assert isinstance(outcome, NotSent)
    assert "filter" in outcome.text


async def test_the_exchange_refuses_with_its_code(account: Account) -> None:
    refused = await account.exchange.submit(account.new_id(), close())
    assert isinstance(refused, Refused)
    assert refused.code == -2022


# ---------------------------------------------------------------------- what fails


@pytest.mark.parametrize("executes", [True, False], ids=["done", "lost"])
@pytest.mark.parametrize("kind", AMBIGUOUS)
@pytest.mark.parametrize("wish", [resting, stop], ids=["order", "algo"])
async def test_an_ambiguous_submit_is_uncertain_is_not_sent_again_and_a_query_settles_it(
    account: Account, kind: FaultKind, wish: Any, *, executes: bool
) -> None:
    if wish is stop:
        await account.exchange.submit(account.new_id(), entry())
    order_id = account.new_id()
    path = "algoOrder" if wish is stop else "order"
    account.bench.exchange.mischief.request(kind, method="POST", path=path, executes=executes)
    outcome = await account.exchange.submit(order_id, wish())
    assert isinstance(outcome, Uncertain), outcome
    assert len(await orders_named(account, order_id)) == int(executes)
    report = await account.exchange.query(BTC, order_id)
    assert (report is not None) is executes
    assert account.bench.exchange.rest.faults.met == 1


@pytest.mark.parametrize("kind", DEFINITE)
async def test_a_definite_failure_of_submit_is_a_refusal_and_nothing_is_there(
    account: Account, kind: FaultKind
) -> None:
    order_id = account.new_id()
    account.bench.exchange.mischief.request(kind, method="POST", path="order")
    outcome = await account.exchange.submit(order_id, resting())
    assert isinstance(outcome, Refused), outcome
    assert await orders_named(account, order_id) == []


@pytest.mark.parametrize("executes", [True, False], ids=["done", "lost"])
@pytest.mark.parametrize("kind", AMBIGUOUS)
@pytest.mark.parametrize("wish", [resting, stop], ids=["order", "algo"])
async def test_an_ambiguous_cancel_is_uncertain_and_a_query_settles_it(
    account: Account, kind: FaultKind, wish: Any, *, executes: bool
) -> None:
    if wish is stop:
        await account.exchange.submit(account.new_id(), entry())
    order_id = account.new_id()
    await account.exchange.submit(order_id, wish())
    path = "algoOrder" if wish is stop else "order"
    # aiohttp sends a DELETE again where its connection was dropped before an answer: harmless, and to be met as well.
    times = 2 if kind is FaultKind.DROP else 1
    account.bench.exchange.mischief.request(kind, method="DELETE", path=path, executes=executes, times=times)
    outcome = await account.exchange.cancel(BTC, order_id)
    assert isinstance(outcome, Uncertain), outcome
    account.bench.exchange.mischief.clear()
    report = await account.exchange.query(BTC, order_id)
    assert report is not None
    assert (report.status is OrderStatus.CANCELED) is executes


@pytest.mark.parametrize("kind", [*AMBIGUOUS, *DEFINITE])
async def test_a_query_that_is_not_answered_is_never_a_word_about_the_order(account: Account, kind: FaultKind) -> None:
    order_id = account.new_id()
    await account.exchange.submit(order_id, resting())
    account.bench.exchange.mischief.request(kind, method="GET", path="order", times=20)
    with pytest.raises(ExchangeUnavailable):
        await account.exchange.query(BTC, order_id)


@pytest.mark.parametrize("kind", [FaultKind.DROP, FaultKind.UNKNOWN_503, FaultKind.HTML_502, FaultKind.EMPTY_200])
async def test_a_read_that_fails_once_is_tried_again(account: Account, kind: FaultKind) -> None:
    order_id = account.new_id()
    await account.exchange.submit(order_id, resting())
    account.bench.exchange.mischief.request(kind, method="GET", path="order")
    report = await account.exchange.query(BTC, order_id)
    assert report is not None
    assert account.bench.exchange.rest.faults.met == 1


async def test_a_server_that_is_gone_has_been_sent_nothing(account: Account) -> None:
    await account.bench.exchange.stop()
    assert isinstance(await account.exchange.submit(account.new_id(), resting()), NotSent | Uncertain)
    outcome = await account.exchange.submit(account.new_id(), resting())
    assert isinstance(outcome, NotSent), outcome
    await account.bench.exchange.start()


async def test_after_429_nothing_leaves_until_the_pause_is_over(account: Account) -> None:
    mischief = account.bench.exchange.mischief
    mischief.request(FaultKind.TOO_MANY_429, method="GET", path="order", times=9)
    with pytest.raises(ExchangeUnavailable):
        await account.exchange.query(BTC, account.new_id())
    met = account.bench.exchange.rest.faults.met
    assert met == 1, "a 429 is not answered with another request"
    outcome = await account.exchange.submit(account.new_id(), close())
    assert isinstance(outcome, NotSent)
    assert "429" in outcome.text


# ---------------------------------------------------------------------- trades


async def test_trades_that_the_stream_did_not_tell_make_it_suspect_and_are_found_under_their_ids(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_trader.exchange.binance.listening._TOLD_WITHIN", -1.0)
    account.bench.exchange.mischief.lose_user_events(10)
    order_id = account.new_id()
    await account.exchange.submit(order_id, entry())
    (fill,) = await account.exchange.fills_since(BTC, Instant(account.session.clock.now() - 10**9))
    assert fill.client_order_id == order_id
    await account.lost()
    account.bench.exchange.mischief.clear()
    await account.live()


async def test_a_fresh_adapter_finds_the_ids_of_trades_of_both_kinds_of_order(account: Account) -> None:
    entry_id, stop_id = account.new_id(), account.new_id()
    await account.exchange.submit(entry_id, entry())
    await account.exchange.submit(stop_id, stop())
    await account.bench.price(BTC, 58_990)
    await account.hear(Fill, 2)
    account.exchange._names._by_order.clear()
    since = Instant(account.session.clock.now() - 60 * 10**9)
    assert [fill.client_order_id for fill in await account.exchange.fills_since(BTC, since)] == [entry_id, stop_id]


async def test_hundreds_of_trades_are_told_once_each_by_whichever_way_they_are_asked_for(account: Account) -> None:
    since = Instant(account.session.clock.now() - 60 * 10**9)
    for _ in range(15):
        await account.exchange.submit(account.new_id(), entry("0.010"))
        await account.exchange.submit(account.new_id(), close("0.010"))
    fills = await account.hear(Fill, 30)
    assert all(a.time <= b.time for a, b in pairwise(fills))
    for start in (since, fills[10].time, since):
        listed = await account.exchange.fills_since(BTC, start)
        assert {f.trade_id for f in listed} == {f.trade_id for f in fills if f.time >= start}
    fees = Fees("USDT", account.exchange._reader.mark)
    fresh = Trades(account.session, account.exchange._names, account.exchange._reader, fees)
    assert set(await fresh.since(BTC, since)) == set(fills)


async def test_a_submit_that_its_caller_gives_up_may_have_arrived(account: Account) -> None:
    order_id = account.new_id()
    account.bench.exchange.mischief.request(FaultKind.TIMEOUT, method="POST", path="order", executes=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await account.exchange.submit(order_id, resting())
    report = await account.exchange.query(BTC, order_id)
    assert report is not None
    assert report.status is OrderStatus.ACCEPTED
