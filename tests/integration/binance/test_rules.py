"""The twenty rules of a correct adapter, each with the tests that hold it against the loopback exchange.

The rules are those of the reference on Binance's API; a rule whose tests are renamed or gone fails here.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.fakes.loopback import BTC, LoopbackBench, loopback
from tests.fakes.loopback_thread import LoopbackThread
from tests.integration.binance.demo import asked, buy, closing_stops, demo_options, running, until, urls
from tests.integration.binance.desk import Account, D, close, entry, opened, resting, stop
from tui_trader.core.clock import Instant
from tui_trader.core.order import Fill, OrderStatus
from tui_trader.core.words import Mode
from tui_trader.engine.commands import FlattenAll, PlaceOrder
from tui_trader.exchange.binance import sockets
from tui_trader.exchange.binance.environment import Key, environment_of
from tui_trader.exchange.binance.governor import Urgency
from tui_trader.exchange.loopback import rest
from tui_trader.exchange.loopback.endpoint import Call, Handler
from tui_trader.exchange.loopback.faults import FaultKind
from tui_trader.exchange.loopback.figures import Json
from tui_trader.exchange.loopback.options import Credentials, Limits
from tui_trader.exchange.loopback.stream_names import Route
from tui_trader.exchange.ports import Accepted, CancelDone, ExchangeUnavailable, NotSent, Refused, StreamLost

_HERE = "tests/integration/binance"
_ORDERS, _STREAMS, _FEED = f"{_HERE}/test_orders.py", f"{_HERE}/test_streams.py", f"{_HERE}/test_live_feed.py"
_RULES, _ENGINE, _MATRIX = f"{_HERE}/test_rules.py", f"{_HERE}/test_demo_engine.py", "tests/matrix/test_sample.py"

RULES = MappingProxyType(
    {
        "1 written before sent, one id per intent": (
            f"{_ORDERS}::test_an_order_bears_our_id_and_its_trade_is_told_with_price_fee_and_profit",
            f"{_ORDERS}::test_a_stop_bears_our_id_is_read_back_and_closes_on_the_mark_under_the_same_id",
            f"{_MATRIX}::test_a_kill_in_each_act_and_a_day_of_faults_lose_and_double_nothing",
        ),
        "2 never resent": (
            f"{_ORDERS}::test_an_ambiguous_submit_is_uncertain_is_not_sent_again_and_a_query_settles_it",
            f"{_ORDERS}::test_a_submit_that_its_caller_gives_up_may_have_arrived",
        ),
        "3 one table of failures": (
            f"{_ORDERS}::test_a_definite_failure_of_submit_is_a_refusal_and_nothing_is_there",
            f"{_ORDERS}::test_a_duplicate_among_open_orders_is_adopted",
            f"{_ORDERS}::test_a_server_that_is_gone_has_been_sent_nothing",
        ),
        "4 price, fee and profit from trades alone": (
            f"{_ORDERS}::test_an_order_bears_our_id_and_its_trade_is_told_with_price_fee_and_profit",
            f"{_ORDERS}::test_hundreds_of_trades_are_told_once_each_by_whichever_way_they_are_asked_for",
            f"{_RULES}::test_a_fee_in_bnb_counts_at_its_mark_by_stream_and_by_list",
            f"{_RULES}::test_a_fee_in_bnb_without_a_mark_counts_at_the_full_rate",
        ),
        "5 events in any order, twice, unknown": (
            f"{_STREAMS}::test_events_told_twice_or_in_another_order_tell_each_trade_with_its_id",
            f"{_STREAMS}::test_ten_thousand_messages_at_once_lose_no_fill",
        ),
        "6 full resync after a doubt": (
            f"{_STREAMS}::test_a_dropped_stream_is_told_twice_when_it_went_and_when_it_is_back",
            f"{_ENGINE}::test_a_restart_finds_its_position_its_stop_and_what_was_traded_meanwhile",
            f"{_MATRIX}::test_a_kill_in_each_act_and_a_day_of_faults_lose_and_double_nothing",
        ),
        "7 no new risk while nothing is heard": (
            f"{_RULES}::test_while_the_account_is_not_heard_nothing_new_is_risked_and_exits_go",
        ),
        "8 silence is noticed": (
            f"{_FEED}::test_a_silent_route_is_noticed_and_begun_anew",
            f"{_STREAMS}::test_a_half_open_connection_is_noticed_by_its_ping",
            f"{_ORDERS}::test_trades_that_the_stream_did_not_tell_make_it_suspect_and_are_found_under_their_ids",
        ),
        "9 each stream by its route": (f"{_FEED}::test_every_kind_of_event_comes_by_its_route",),
        "10 a large queue, account events never conflated": (
            f"{_STREAMS}::test_ten_thousand_messages_at_once_lose_no_fill",
            f"{_FEED}::test_ten_thousand_messages_at_once_come_without_a_gap",
        ),
        "11 reconnected for ever, renewed before the day is over": (
            f"{_STREAMS}::test_an_outage_of_any_length_ends_with_a_live_stream",
            f"{_RULES}::test_a_connection_is_renewed_before_its_day_is_over",
        ),
        "12 the listen key": (
            f"{_STREAMS}::test_a_listen_key_is_renewed_and_where_that_fails_the_stream_begins_anew",
            f"{_STREAMS}::test_an_expired_listen_key_is_replaced_by_another",
            f"{_RULES}::test_a_new_listen_key_leaves_no_old_socket_behind",
        ),
        "13 orders over REST, one by one, to one host": (
            f"{_RULES}::test_only_documented_paths_of_ours_are_asked_for",
        ),
        "14 figures that fit the filters": (f"{_ORDERS}::test_what_a_filter_would_refuse_does_not_leave",),
        "15 one-way, single-asset, isolated": (
            f"{_STREAMS}::test_modes_are_set_at_the_opening_and_read_back",
            f"{_RULES}::test_what_lies_in_other_assets_is_no_money_of_the_account",
        ),
        "16 exits only reduce, stops are algo orders on the mark": (
            f"{_ORDERS}::test_a_stop_bears_our_id_is_read_back_and_closes_on_the_mark_under_the_same_id",
            f"{_ORDERS}::test_a_second_stop_that_closes_all_is_refused_and_a_bridge_is_not",
            f"{_RULES}::test_a_stop_that_triggers_with_nothing_to_close_is_told_as_expired",
            f"{_RULES}::test_under_the_systems_protection_exits_and_stops_go_and_entries_do_not",
        ),
        "17 the kill switch works without a market": (f"{_RULES}::test_flatten_works_while_the_market_is_silent",),
        "18 the dead man's switch spares stops": (
            f"{_STREAMS}::test_the_countdown_cancels_what_rests_unless_it_is_called_off",
            f"{_RULES}::test_the_countdown_spares_the_stop",
        ),
        "19 weight is governed, 429 and 418 are pauses": (
            f"{_ORDERS}::test_after_429_nothing_leaves_until_the_pause_is_over",
            f"{_RULES}::test_the_limits_are_the_exchanges_and_a_part_is_kept_for_what_is_vital",
            f"{_RULES}::test_after_418_nothing_leaves_and_it_is_known_for_a_ban",
        ),
        "20 time and key belong to one environment": (
            f"{_STREAMS}::test_a_clock_that_is_off_is_measured_again_after_the_first_refusal",
            f"{_STREAMS}::test_an_opening_takes_the_time_from_the_exchange_before_it_signs",
            f"{_RULES}::test_an_ed25519_key_signs_every_kind_of_request",
        ),
    }
)
"""Rule → tests."""


def test_each_rule_has_tests_and_each_test_is_there() -> None:
    assert [int(rule.split()[0]) for rule in RULES] == list(range(1, 21))
    for rule, tests in RULES.items():
        assert tests, rule
        for test in tests:
            path, name = test.split("::")
            source = (Path(__file__).parents[3] / path).read_text()
            assert re.search(rf"^(async )?def {name}\(", source, re.MULTILINE), f"rule {rule}: {test} is not there"


# ---------------------------------------------------------------------- keys


async def test_an_ed25519_key_signs_every_kind_of_request() -> None:
    private = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    keys = Credentials(key="k" * 64, secret="s" * 64, pem_key="e" * 64, public_pem=public)
    async with loopback(credentials=keys) as bench:
        rest_url, stream_url = bench.exchange.rest_url, bench.exchange.stream_url
        key = Key("e" * 64, secret)
        environment = environment_of(Mode.DEMO, rest_url=rest_url, stream_url=stream_url, key=key)
        async with opened(bench, environment) as account:
            bought, stopped, waiting = account.new_id(), account.new_id(), account.new_id()
            assert isinstance(await account.exchange.submit(bought, entry()), Accepted)
            assert (await account.hear(Fill))[0].client_order_id == bought
            assert isinstance(await account.exchange.submit(stopped, stop()), Accepted)
            assert isinstance(await account.exchange.submit(waiting, resting()), Accepted)
            report = await account.exchange.query(BTC, stopped)
            assert report is not None
            for order_id in (stopped, waiting):
                assert isinstance(await account.exchange.cancel(BTC, order_id), CancelDone)
            assert len((await account.exchange.account_report()).positions) == 1
        other = environment_of(
            Mode.DEMO, rest_url=rest_url, stream_url=stream_url, key=Key("e" * 64, _another_secret())
        )
        with pytest.raises(ExchangeUnavailable, match="Signature"):
            async with opened(bench, other):
                raise AssertionError("a wrong key opens nothing")


def _another_secret() -> str:
    private = Ed25519PrivateKey.from_private_bytes(b"8" * 32)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


# ---------------------------------------------------------------------- other assets


def altered(monkeypatch: pytest.MonkeyPatch, method: str, path: str, change: Callable[[Any], Json]) -> None:
    """What the exchange answers to this goes through `change`."""
    inner = rest.ENDPOINTS[method, path].handler

    async def handler(call: Call) -> Json:
        return change(await inner(call))

    answered_by(monkeypatch, method, path, handler)


def answered_by(monkeypatch: pytest.MonkeyPatch, method: str, path: str, handler: Handler) -> None:
    """This answers instead."""
    endpoint = rest.ENDPOINTS[method, path]
    changed = {**rest.ENDPOINTS, (method, path): replace(endpoint, handler=handler)}
    monkeypatch.setattr(rest, "ENDPOINTS", MappingProxyType(changed))


def _in_bnb(bench: LoopbackBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fees are told as a thousandth of BNB each, by list and by stream."""
    taken = {"commission": "0.00100000", "commissionAsset": "BNB"}
    altered(monkeypatch, "GET", "/fapi/v1/userTrades", lambda rows: [row | taken for row in rows])
    inner = bench.exchange.floor.users.tell

    def tell(event: Any) -> None:
        order = event.get("o", {})
        is_trade = event["e"] == "ORDER_TRADE_UPDATE" and "N" in order
        inner({**event, "o": {**order, "N": "BNB", "n": "0.00100000"}} if is_trade else event)

    monkeypatch.setattr(bench.exchange.floor.users, "tell", tell)


async def test_a_fee_in_bnb_counts_at_its_mark_by_stream_and_by_list(monkeypatch: pytest.MonkeyPatch) -> None:
    async def mark(call: Call) -> Json:
        return {"symbol": call.params.required("symbol"), "markPrice": "640.00", "time": 1}

    answered_by(monkeypatch, "GET", "/fapi/v1/premiumIndex", mark)
    async with loopback() as bench:
        _in_bnb(bench, monkeypatch)
        async with opened(bench) as account:
            await account.exchange.submit(account.new_id(), entry())
            (told,) = await account.hear(Fill)
            (listed,) = await account.exchange.fills_since(BTC, Instant(told.time - 10**9))
            assert told == listed
            assert told.fee == D("0.64")
            assert told.foreign_fee is not None
            assert (told.foreign_fee.asset, told.foreign_fee.is_estimate) == ("BNB", False)


async def test_a_fee_in_bnb_without_a_mark_counts_at_the_full_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    async with loopback() as bench:
        _in_bnb(bench, monkeypatch)
        async with opened(bench) as account:
            await account.exchange.submit(account.new_id(), entry())
            (told,) = await account.hear(Fill)
            (listed,) = await account.exchange.fills_since(BTC, Instant(told.time - 10**9))
            assert told == listed
            assert told.fee == told.quantity * told.price * D("0.0005")
            assert told.foreign_fee is not None
            assert told.foreign_fee.is_estimate


async def test_what_lies_in_other_assets_is_no_money_of_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    async with loopback() as bench, opened(bench) as account:
        before = await account.exchange.account_report()
        await bench.exchange.mischief.transfer(D(5))
        altered(
            monkeypatch,
            "GET",
            "/fapi/v3/account",
            lambda told: (
                told
                | {"assets": [row | {"asset": "BNB", "walletBalance": "77"} for row in told["assets"]] + told["assets"]}
            ),
        )
        altered(
            monkeypatch,
            "GET",
            "/fapi/v1/income",
            lambda rows: [*rows, *(row | {"asset": "BNB", "tranId": 10**6 + row["tranId"]} for row in rows)],
        )
        after = await account.exchange.account_report()
        assert after.wallet == before.wallet + 5
        since = Instant(account.session.clock.now() - 60 * 10**9)
        assert [booked.amount for booked in await account.exchange.transfers_since(since)] == [5]


# ---------------------------------------------------------------------- connections


async def test_a_connection_is_renewed_before_its_day_is_over(
    bench: LoopbackBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sockets.LIFETIME < 24 * 3600
    monkeypatch.setattr(sockets, "LIFETIME", 0.3)
    async with opened(bench) as account:
        lost = await account.hear(StreamLost, 2)
        assert "before its day was over" in lost[0].text
        assert "is back" in lost[1].text
        monkeypatch.setattr(sockets, "LIFETIME", 60.0)
        await account.lost()
        await account.live()
        await account.exchange.submit(account.new_id(), entry())
        assert await account.hear(Fill)


async def test_a_new_listen_key_leaves_no_old_socket_behind(account: Account) -> None:
    mischief = account.bench.exchange.mischief
    for count in (2, 4):
        mischief.expire_listen_key()
        await account.hear(StreamLost, count)
        await account.live()
    private = [each for each in account.bench.exchange.sockets.connections if each.route is Route.PRIVATE]
    assert len(private) == 1


async def test_only_documented_paths_of_ours_are_asked_for(
    bench: LoopbackBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[tuple[str, str, str]] = []
    inner = rest.RestDesk.answer

    async def answer(desk: rest.RestDesk, request: web.Request) -> web.StreamResponse:
        parameters = request.rel_url.raw_query_string + (await request.read()).decode()
        asked_for.append((request.method, request.path, parameters))
        return await inner(desk, request)

    monkeypatch.setattr(rest.RestDesk, "answer", answer)
    await bench.exchange.stop()  # the route to the handler is made at the start
    await bench.exchange.start()
    await bench.open_market()
    async with opened(bench) as account:
        await account.exchange.submit(account.new_id(), entry())
        await account.exchange.submit(account.new_id(), stop())
        waiting = account.new_id()
        await account.exchange.submit(waiting, resting())
        await account.exchange.cancel(BTC, waiting)
        await account.exchange.open_orders()
        await account.exchange.account_report()
    assert len(asked_for) > 15
    for method, path, parameters in asked_for:
        assert path.startswith("/fapi/v"), path
        assert "batch" not in path
        assert "ws-fapi" not in path
        assert (method, path) in rest.ENDPOINTS
        if method == "POST" and path.endswith(("/order", "/algoOrder")):
            assert "tt-test" in parameters, "an order without an id of ours"


# ---------------------------------------------------------------------- exits


async def test_a_stop_that_triggers_with_nothing_to_close_is_told_as_expired(account: Account) -> None:
    await account.exchange.submit(account.new_id(), entry())
    stopped = account.new_id()
    await account.exchange.submit(stopped, stop())
    await account.bench.market("SELL", "0.010")
    await account.bench.price(BTC, 58_990)
    async with asyncio.timeout(5):
        while (report := await account.exchange.query(BTC, stopped)) is None or not report.status.is_final:
            await asyncio.sleep(0.05)
    assert report.status is OrderStatus.EXPIRED
    assert report.filled == 0


async def test_under_the_systems_protection_exits_and_stops_go_and_entries_do_not(account: Account) -> None:
    await account.exchange.submit(account.new_id(), entry())
    account.bench.exchange.mischief.request(FaultKind.ERROR_1008, method="POST", times=100, contains="quantity")
    account.bench.exchange.mischief.request(FaultKind.ERROR_1008, method="POST", path="algoOrder", times=100)
    refused = await account.exchange.submit(account.new_id(), entry())
    assert isinstance(refused, Refused)
    assert refused.code == -1008
    assert isinstance(await account.exchange.submit(account.new_id(), stop()), Accepted)
    assert isinstance(await account.exchange.submit(account.new_id(), close()), Accepted)


async def test_the_countdown_spares_the_stop(account: Account) -> None:
    await account.exchange.submit(account.new_id(), entry())
    stopped, gone = account.new_id(), account.new_id()
    await account.exchange.submit(stopped, stop())
    await account.exchange.submit(gone, resting())
    assert await account.exchange.cancel_all_after(BTC, 0.3) is None
    async with asyncio.timeout(5):
        while len(await account.exchange.open_orders()) > 1:
            await asyncio.sleep(0.1)
    assert [order.client_order_id for order in await account.exchange.open_orders()] == [stopped]


# ---------------------------------------------------------------------- limits


async def test_the_limits_are_the_exchanges_and_a_part_is_kept_for_what_is_vital() -> None:
    async with loopback(limits=Limits(weight_a_minute=400)) as bench, opened(bench) as account:
        governor = account.session.governor
        assert governor.refusal(Urgency.ROUTINE, weight=281)
        assert not governor.refusal(Urgency.VITAL, weight=281)


async def test_after_418_nothing_leaves_and_it_is_known_for_a_ban(account: Account) -> None:
    mischief = account.bench.exchange.mischief
    mischief.request(FaultKind.BANNED_418, method="GET", path="order", times=9)
    with pytest.raises(ExchangeUnavailable):
        await account.exchange.query(BTC, account.new_id())
    assert account.session.governor.is_banned
    for intent in (entry(), close()):
        outcome = await account.exchange.submit(account.new_id(), intent)
        assert isinstance(outcome, NotSent)
        assert "418" in outcome.text
    assert account.bench.exchange.rest.faults.met == 1


# ---------------------------------------------------------------------- the engine


@pytest.mark.usefixtures("own_state_folder")
def test_while_the_account_is_not_heard_nothing_new_is_risked_and_exits_go(
    tmp_path: Path, exchange: LoopbackThread
) -> None:
    with running(demo_options(tmp_path, *urls(exchange))) as engine:
        buy(engine)
        exchange.call(_deafen)
        more = PlaceOrder(symbol=BTC, side="BUY", quantity=D("0.005"), stop=D(59_500), take_profit=D(62_000))
        until(lambda: asked(engine, more).code == "NOT_RECONCILED")
        assert asked(engine, FlattenAll()).done
        assert exchange.ask("/fapi/v3/positionRisk") == []
        assert len(exchange.ask("/fapi/v1/userTrades", symbol=BTC)) == 2


async def _deafen(bench: LoopbackBench) -> None:
    """The account's stream goes, and no other comes in its place."""
    bench.exchange.mischief.request(FaultKind.HTML_502, path="listenKey", times=1_000)
    bench.exchange.mischief.drop_streams(Route.PRIVATE)


@pytest.mark.usefixtures("own_state_folder")
def test_flatten_works_while_the_market_is_silent(tmp_path: Path, exchange: LoopbackThread) -> None:
    with running(demo_options(tmp_path, *urls(exchange))) as engine:
        buy(engine)
        until(lambda: closing_stops(exchange) == [D(59_500)])
        exchange.call(_silence_market)
        assert asked(engine, FlattenAll()).done
        assert exchange.ask("/fapi/v3/positionRisk") == []
        assert exchange.ask("/fapi/v1/openAlgoOrders", symbol=BTC) == []


async def _silence_market(bench: LoopbackBench) -> None:
    for route in (Route.PUBLIC, Route.MARKET):
        bench.exchange.mischief.silence_streams(route)
