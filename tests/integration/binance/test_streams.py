"""The account's stream and the clock: every loss is told, nothing new is risked meanwhile, and it always comes back."""

import asyncio
from decimal import Decimal

import pytest

from tests.fakes.loopback import BTC, LoopbackBench, loopback
from tests.integration.binance.desk import Account, entry, environment_at, opened, resting
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant, WallClock
from tui_trader.core.order import Fill
from tui_trader.core.records import TransferBooked
from tui_trader.core.words import Mode
from tui_trader.exchange.binance import user_stream
from tui_trader.exchange.binance.opening import public_instruments, server_time
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.loopback.faults import FaultKind
from tui_trader.exchange.loopback.options import MarginType
from tui_trader.exchange.loopback.stream_names import Route
from tui_trader.exchange.ports import Accepted, ExchangeUnavailable, Refused, StreamLost, Uncertain


async def test_a_dropped_stream_is_told_twice_when_it_went_and_when_it_is_back(account: Account) -> None:
    account.bench.exchange.mischief.drop_streams(Route.PRIVATE)
    await account.lost()
    await account.live()
    lost = await account.hear(StreamLost, 2)
    assert "closed" in lost[0].text
    assert "is back" in lost[1].text
    await account.exchange.submit(account.new_id(), entry())
    assert await account.hear(Fill)


async def test_a_half_open_connection_is_noticed_by_its_ping(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_trader.exchange.binance.session._PING_EVERY", 0.2)
    account.bench.exchange.mischief.drop_streams(Route.PRIVATE)
    await account.lost()
    await account.live()  # the new connection pings every 0.2 s
    account.bench.exchange.mischief.half_open_streams(Route.PRIVATE)
    await account.lost()
    await account.live()


async def test_an_expired_listen_key_is_replaced_by_another(account: Account) -> None:
    account.bench.exchange.mischief.expire_listen_key()
    await account.hear(StreamLost, 2)
    await account.live()
    await account.exchange.submit(account.new_id(), entry())
    assert await account.hear(Fill)


async def test_a_listen_key_is_renewed_and_where_that_fails_the_stream_begins_anew(
    bench: LoopbackBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_stream, "_RENEW_EVERY", 0.05)
    renewals: list[str] = []
    async with opened(bench) as account:
        inner = account.session.rest.write

        async def write(endpoint: object, kind: object, **params: object) -> object:
            renewals.append(str(endpoint))
            return await inner(endpoint, kind, **params)  # type: ignore[arg-type]  # handed through

        monkeypatch.setattr(account.session.rest, "write", write)
        async with asyncio.timeout(5):
            while renewals.count("PUT /fapi/v1/listenKey") < 3:
                await asyncio.sleep(0.01)
        assert account.exchange._listening.stream.losses == 0
        bench.exchange.mischief.request(FaultKind.HTML_502, path="listenKey", times=2)
        await account.lost()
        await account.live()


async def test_an_outage_of_any_length_ends_with_a_live_stream(account: Account) -> None:
    await account.bench.exchange.stop()
    await account.lost()
    await asyncio.sleep(2.5)
    assert account.exchange._listening.stream.losses > 1
    await account.bench.exchange.start()
    await account.bench.open_market()
    async with asyncio.timeout(30):
        while not account.exchange.is_heard:
            await asyncio.sleep(0.05)
    await account.exchange.submit(account.new_id(), entry())
    assert await account.hear(Fill)


async def test_ten_thousand_messages_at_once_lose_no_fill(account: Account) -> None:
    account.bench.exchange.mischief.burst_user_events(10_000)
    await account.exchange.submit(account.new_id(), entry())
    assert len(await account.hear(Fill)) == 1
    assert account.heard(StreamLost) == []


async def test_events_told_twice_or_in_another_order_tell_each_trade_with_its_id(account: Account) -> None:
    account.bench.exchange.mischief.duplicate_user_events(4)
    account.bench.exchange.mischief.reorder_user_events(2)
    await account.exchange.submit(account.new_id(), entry())
    fills = await account.hear(Fill, 2)
    assert len({fill.trade_id for fill in fills}) == 1


async def test_a_transfer_is_told_with_the_exchanges_id(account: Account) -> None:
    await account.bench.exchange.mischief.transfer(Decimal(250))
    (told,) = await account.hear(TransferBooked)
    assert told.amount == 250
    assert told in await account.exchange.transfers_since(told.time)
    assert told in await account.exchange.transfers_since(Instant(0)), "older than what is listed is not asked for"


# ---------------------------------------------------------------------- account and clock


async def test_modes_are_set_at_the_opening_and_read_back() -> None:
    async with loopback(margin_type=MarginType.CROSSED) as bench, opened(bench) as account:
        report = await account.exchange.account_report()
        assert (report.not_isolated, report.one_way, report.single_asset) == ((), True, True)
        bench.exchange.mischief.set_margin_type(BTC, MarginType.CROSSED)
        bench.exchange.mischief.report_modes(dual_side=True, multi_assets=True)
        drifted = await account.exchange.account_report()
        assert (drifted.not_isolated, drifted.one_way, drifted.single_asset) == ((BTC,), False, False)
        assert await account.exchange.set_modes() is None
        restored = await account.exchange.account_report()
        assert (restored.not_isolated, restored.one_way, restored.single_asset) == ((), True, True)
        assert await account.exchange.set_modes() is None, "where all is set there is nothing to do"
        await account.exchange.submit(account.new_id(), resting())
        bench.exchange.mischief.set_margin_type(BTC, MarginType.CROSSED)
        assert isinstance(await account.exchange.set_modes(), Refused), "an order is open"


async def test_leverage_is_set_and_is_what_the_account_says(account: Account) -> None:
    assert await account.exchange.set_leverage(BTC, 3) is None
    assert dict((await account.exchange.account_report()).leverage)[BTC] == 3
    assert isinstance(await account.exchange.set_leverage(BTC, 1000), Refused)
    account.bench.exchange.mischief.request(FaultKind.UNKNOWN_503, path="leverage", executes=True)
    assert isinstance(await account.exchange.set_leverage(BTC, 2), Uncertain)


async def test_a_clock_that_is_off_is_measured_again_after_the_first_refusal(account: Account) -> None:
    account.bench.exchange.mischief.skew_clock(20.0)
    assert isinstance(await account.exchange.submit(account.new_id(), resting()), Refused)
    async with asyncio.timeout(5):
        while account.session.rest.offset < 19_000:
            await asyncio.sleep(0.01)
    assert isinstance(await account.exchange.submit(account.new_id(), resting()), Accepted)


@pytest.mark.parametrize("seconds", [-3600.0, 3600.0])
async def test_an_opening_takes_the_time_from_the_exchange_before_it_signs(
    bench: LoopbackBench, seconds: float
) -> None:
    bench.exchange.mischief.skew_clock(seconds)
    async with opened(bench) as account:
        assert abs(account.session.rest.offset - seconds * 1000) < 2000
        assert (await account.exchange.account_report()).wallet == 10_000


async def test_a_refused_key_is_said_and_nothing_new_is_risked(account: Account) -> None:
    account.bench.exchange.mischief.request(FaultKind.HTML_403, path="positionRisk")
    with pytest.raises(ExchangeUnavailable):
        await account.exchange.account_report()
    assert account.exchange._listening.locked_out == "", "one 403 is no word about the key"
    account.session.rest._client._client.API_KEY = "another"
    account.session.rest._client._client.session.headers["X-MBX-APIKEY"] = "another"
    with pytest.raises(ExchangeUnavailable, match="API-key"):
        await account.exchange.account_report()
    assert not account.exchange.is_heard
    assert "key or account" in (await account.hear(StreamLost))[0].text


async def test_the_countdown_cancels_what_rests_unless_it_is_called_off(account: Account) -> None:
    kept, gone = account.new_id(), account.new_id()
    await account.exchange.submit(kept, resting())
    assert await account.exchange.cancel_all_after(BTC, 60.0) is None
    assert await account.exchange.cancel_all_after(BTC, 0.0) is None
    await asyncio.sleep(0.6)
    assert [o.client_order_id for o in await account.exchange.open_orders()] == [kept]
    await account.exchange.submit(gone, resting())
    assert await account.exchange.cancel_all_after(BTC, 0.3) is None
    async with asyncio.timeout(5):
        while await account.exchange.open_orders():
            await asyncio.sleep(0.1)


# ---------------------------------------------------------------------- without a key


async def test_paper_reads_time_and_filters_without_a_key(bench: LoopbackBench) -> None:
    session = Session(environment_at(bench, Mode.PAPER), WallClock(), Chance(1))
    try:
        known = dict(bench.exchange._source.instruments)
        found = await public_instruments(session, (BTC,), known)
        assert found[BTC].tick == known[BTC].tick
        assert found[BTC].min_notional == known[BTC].min_notional
        assert found[BTC].brackets == known[BTC].brackets
        assert abs(await server_time(session) - WallClock().now()) < 5 * 10**9
        assert session.environment.key is None
    finally:
        await session.close()
