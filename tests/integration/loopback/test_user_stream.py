"""The account's stream: listen keys, and what is told of orders, fills, funding, leverage and liquidation."""

from decimal import Decimal

from tests.fakes.loopback import BTC, LoopbackBench, loopback
from tui_trader.core.clock import Instant
from tui_trader.core.market import FundingSettled

KEY = "/fapi/v1/listenKey"


async def test_a_key_is_renewed_not_replaced_and_ends_when_it_is_closed(bench: LoopbackBench) -> None:
    first = await bench.ok_key("POST")
    assert await bench.ok_key("POST") == first
    assert await bench.ok_key("PUT") == first
    await bench.ok_key("DELETE")
    assert (await bench.raw("PUT", KEY)).body["code"] == -1125
    assert await bench.ok_key("POST") != first


async def test_a_key_that_expires_is_told_and_then_there_is_silence(bench: LoopbackBench) -> None:
    async with bench.listen_user() as ear:
        key = (await bench.ok_key("POST"))["listenKey"]
        bench.exchange.mischief.expire_listen_key()
        assert (await ear.hear())["listenKey"] == key
        await bench.market("BUY", "0.010")
        assert await ear.is_silent()
    assert (await bench.raw("PUT", KEY)).body["code"] == -1125


async def test_the_events_of_a_fill_come_in_order(bench: LoopbackBench) -> None:
    async with bench.listen_user() as ear:
        await bench.market("BUY", "0.010", newClientOrderId="tt-1")
        told = [await ear.hear() for _ in range(4)]
    assert [event["e"] for event in told] == [
        "ACCOUNT_UPDATE",
        "ORDER_TRADE_UPDATE",
        "ORDER_TRADE_UPDATE",
        "TRADE_LITE",
    ]
    account, new, traded = told[0]["a"], told[1]["o"], told[2]["o"]
    assert (account["m"], account["P"][0]["pa"], account["B"][0]["wb"]) == ("ORDER", "0.010", "9999.69999950")
    assert (new["x"], new["X"], "n" in new) == ("NEW", "NEW", False)
    assert (traded["x"], traded["X"], traded["L"], traded["n"]) == ("TRADE", "FILLED", "60000.1", "0.30000050")
    (trade,) = await bench.ok("GET", "/fapi/v1/userTrades", symbol=BTC)
    assert (trade["id"], trade["orderId"], trade["commission"]) == (traded["t"], traded["i"], traded["n"])


async def test_only_the_events_that_were_asked_for_come(bench: LoopbackBench) -> None:
    key = (await bench.ok_key("POST"))["listenKey"]
    async with bench.listen(f"/private/ws?listenKey={key}&events=TRADE_LITE") as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        await bench.market("BUY", "0.010")
        assert (await ear.hear())["e"] == "TRADE_LITE"
        assert await ear.is_silent()


async def test_the_combined_form_names_the_key(bench: LoopbackBench) -> None:
    key = (await bench.ok_key("POST"))["listenKey"]
    async with bench.listen(f"/private/stream?listenKey={key}") as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        await bench.market("BUY", "0.010")
        assert (await ear.hear())["stream"] == key


async def test_the_key_may_stand_in_the_path(bench: LoopbackBench) -> None:
    key = (await bench.ok_key("POST"))["listenKey"]
    async with bench.listen(f"/private/ws/{key}") as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        await bench.market("BUY", "0.010")
        assert (await ear.hear())["e"] == "ACCOUNT_UPDATE"


async def test_a_key_that_is_not_renewed_lives_its_time() -> None:
    async with loopback(listen_key_seconds=0.05) as bench, bench.listen_user() as ear:
        assert (await ear.hear())["e"] == "listenKeyExpired"
        assert (await bench.raw("PUT", KEY)).body["code"] == -1125


async def test_a_foreign_key_hears_nothing(bench: LoopbackBench) -> None:
    await bench.ok_key("POST")
    async with bench.listen("/private/ws/another") as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        await bench.market("BUY", "0.010")
        assert await ear.is_silent()


async def test_a_changed_order_is_an_amendment(bench: LoopbackBench) -> None:
    number = (await bench.limit("BUY", "0.010", 59_000))["orderId"]
    async with bench.listen_user() as ear:
        await bench.ok("PUT", "/fapi/v1/order", symbol=BTC, orderId=number, side="BUY", quantity="0.010", price="58000")
        told = (await ear.hear_event("ORDER_TRADE_UPDATE"))["o"]
    assert (told["x"], told["X"], told["p"]) == ("AMENDMENT", "NEW", "58000.0")


async def test_funding_is_told_with_its_symbol_and_stands_in_the_income(bench: LoopbackBench) -> None:
    await bench.market("BUY", "0.010")
    async with bench.listen_user() as ear:
        await bench.exchange.hear(FundingSettled(BTC, Instant(0), Decimal("0.0001"), Decimal(60_000)))
        told = (await ear.hear_event("ACCOUNT_UPDATE"))["a"]
    assert (told["m"], told["S"], told["B"][0]["bc"]) == ("FUNDING_FEE", BTC, "-0.06000000")
    (row,) = await bench.ok("GET", "/fapi/v1/income", incomeType="FUNDING_FEE")
    assert (row["income"], row["symbol"]) == ("-0.06000000", BTC)


async def test_money_that_moves_is_told(bench: LoopbackBench) -> None:
    async with bench.listen_user() as ear:
        await bench.exchange.mischief.transfer(Decimal(-100))
        told = (await ear.hear_event("ACCOUNT_UPDATE"))["a"]
    assert (told["m"], told["B"][0]["wb"], told["B"][0]["bc"]) == ("WITHDRAW", "9900.00000000", "-100.00000000")


async def test_leverage_that_is_set_is_told_and_read_back(bench: LoopbackBench) -> None:
    async with bench.listen_user() as ear:
        done = await bench.ok("POST", "/fapi/v1/leverage", symbol=BTC, leverage=3)
        assert (await ear.hear_event("ACCOUNT_CONFIG_UPDATE"))["ac"] == {"s": BTC, "l": 3}
    assert done["leverage"] == 3
    assert (await bench.ok("GET", "/fapi/v1/symbolConfig", symbol=BTC))[0]["leverage"] == 3
    assert await bench.code("POST", "/fapi/v1/leverage", symbol=BTC, leverage=500) == -4028


async def test_a_liquidation_is_warned_of_forced_and_told_to_everyone(bench: LoopbackBench) -> None:
    await bench.ok("POST", "/fapi/v1/leverage", symbol=BTC, leverage=50)
    await bench.market("BUY", "0.100")
    async with bench.listen("/market/ws/btcusdt@forceOrder") as public, bench.listen_user() as ear:
        await public.ask("LIST_SUBSCRIPTIONS")
        await bench.mark(BTC, 59_085)
        assert (await ear.hear_event("MARGIN_CALL"))["p"][0]["s"] == BTC
        await bench.mark(BTC, 58_900)
        forced = [(await ear.hear_event("ORDER_TRADE_UPDATE"))["o"] for _ in range(2)]
        shown = (await public.hear_event("forceOrder"))["o"]
    assert [event["x"] for event in forced] == ["NEW", "CALCULATED"]
    assert forced[0]["c"].startswith("autoclose-")
    assert (shown["S"], shown["q"]) == ("SELL", "0.100")
    (row,) = await bench.ok("GET", "/fapi/v1/forceOrders", symbol=BTC)
    assert row["clientOrderId"] == forced[0]["c"]
