"""Orders, answers and events between the desk's words and Binance's."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.core.clock import from_milliseconds
from tui_trader.core.order import Fill, ForeignFee, Intent, OrderStatus, OrderType, Purpose, TimeInForce
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol
from tui_trader.exchange.binance.answers import AlgoAnswer, OrderAnswer, TradeAnswer, Unreadable, figure, read_as
from tui_trader.exchange.binance.fees import Fees
from tui_trader.exchange.binance.names import Names
from tui_trader.exchange.binance.orders import algo_params, algo_report, fill_of, order_params, order_report
from tui_trader.exchange.binance.user_events import Hint, Occasion, read_event
from tui_trader.exchange.ports import OrderReport

D = Decimal
BTC = Symbol("BTCUSDT")
ID = ClientOrderId("tt-abc_DEF-123")
LIMIT = Intent(
    symbol=BTC,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=D("1E-5"),
    price=D("94000.10"),
    time_in_force=TimeInForce.IOC,
    purpose=Purpose.ENTRY,
    actor=Actor.AGENT,
)
STOP = Intent(
    symbol=BTC,
    side=Side.SELL,
    type=OrderType.STOP_MARKET,
    quantity=D("0.012"),
    stop_price=D(93000),
    reduce_only=True,
    close_position=True,
    purpose=Purpose.STOP,
    actor=Actor.SYSTEM,
)


ROW = {"id": 7, "orderId": 9, "symbol": "BTCUSDT", "side": "SELL", "price": "1", "qty": "2", "realizedPnl": "-3"}
ROW |= {"commission": "0.5", "commissionAsset": "USDT", "maker": False, "time": 1}


def fees_at(mark: D | None) -> Fees:
    """Every contract stands at this mark, once it is asked for."""

    async def asked(_: Symbol) -> D | None:
        return mark

    return Fees("USDT", asked)


FEES = fees_at(None)


def test_an_entry_goes_out_under_its_own_id_with_plain_figures() -> None:
    params = order_params(ID, LIMIT)
    assert params["newClientOrderId"] == ID
    assert (params["quantity"], params["price"], params["timeInForce"]) == ("0.00001", "94000.1", "IOC")
    assert "reduceOnly" not in params
    assert all(isinstance(value, str) for value in params.values())


def test_a_market_exit_is_reduce_only_and_has_no_price() -> None:
    params = order_params(ID, replace(LIMIT, type=OrderType.MARKET, price=None, reduce_only=True, purpose=Purpose.EXIT))
    assert params["reduceOnly"] == "true"
    assert not {"price", "timeInForce"} & set(params)


def test_a_stop_is_an_algo_order_on_the_mark_that_closes_all_and_names_no_quantity() -> None:
    params = algo_params(ID, STOP)
    assert (params["clientAlgoId"], params["algoType"]) == (ID, "CONDITIONAL")
    assert (params["triggerPrice"], params["workingType"], params["closePosition"]) == ("93000", "MARK_PRICE", "true")
    assert not {"quantity", "reduceOnly", "newClientOrderId", "stopPrice"} & set(params)


def test_a_bridge_is_reduce_only_with_a_quantity() -> None:
    params = algo_params(ID, replace(STOP, close_position=False))
    assert (params["quantity"], params["reduceOnly"]) == ("0.012", "true")
    assert "closePosition" not in params


@given(st.decimals(min_value="0.00000001", max_value="1000000", allow_nan=False, places=8))
def test_no_figure_is_written_with_an_exponent(quantity: D) -> None:
    written = order_params(ID, replace(LIMIT, quantity=quantity))["quantity"]
    assert "e" not in written.lower()
    assert D(written) == quantity


# ---------------------------------------------------------------------- answers

ORDER = {
    "clientOrderId": ID,
    "orderId": 1573346959,
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "status": "PARTIALLY_FILLED",
    "origQty": "0.40",
    "executedQty": "0.10",
    "price": "94000.1",
    "avgPrice": "94000.00000",
    "updateTime": 1579276756075,
    "somethingNew": {"nobody": "knows"},
}
ALGO = {
    "algoId": 2146760,
    "clientAlgoId": ID,
    "symbol": "BTCUSDT",
    "side": "SELL",
    "orderType": "STOP_MARKET",
    "algoStatus": "NEW",
    "quantity": "",
    "triggerPrice": "93000.0",
    "closePosition": True,
    "actualOrderId": "",
    "updateTime": 1750514545091,
}


def test_an_acknowledgement_without_a_price_is_no_average_of_zero() -> None:
    acknowledged = {key: value for key, value in ORDER.items() if key != "avgPrice"}
    assert order_report(read_as(OrderAnswer, acknowledged)).average_price is None
    assert order_report(read_as(OrderAnswer, ORDER | {"avgPrice": "0.00000"})).average_price is None
    report = order_report(read_as(OrderAnswer, ORDER))
    assert (report.status, report.filled, report.average_price) == (OrderStatus.PARTIALLY_FILLED, D("0.10"), D(94000))


@pytest.mark.parametrize("answer", [{}, [], None, "Service Unavailable.", {"orderId": 1}, ORDER | {"origQty": "much"}])
def test_an_answer_that_is_none_is_unreadable(answer: object) -> None:
    with pytest.raises(Unreadable):
        read_as(OrderAnswer, answer)


def test_a_status_that_nobody_documented_is_unreadable_and_not_guessed() -> None:
    with pytest.raises(Unreadable, match="SHINY"):
        order_report(read_as(OrderAnswer, ORDER | {"status": "SHINY"}))


def test_a_conditional_order_that_triggered_is_what_became_of_its_child() -> None:
    child = read_as(OrderAnswer, ORDER | {"status": "FILLED", "executedQty": "0.40", "side": "SELL"})
    waiting = algo_report(read_as(AlgoAnswer, ALGO))
    triggered = read_as(AlgoAnswer, ALGO | {"algoStatus": "FINISHED", "actualOrderId": "1573346959"})
    assert (waiting.status, waiting.close_position, waiting.stop_price) == (OrderStatus.ACCEPTED, True, D(93000))
    assert triggered.child == 1573346959
    done = algo_report(triggered, child)
    assert (done.client_order_id, done.status, done.filled) == (ID, OrderStatus.FILLED, D("0.40"))


def test_a_trade_bears_fee_and_profit_of_its_row() -> None:
    fill = fill_of(read_as(TradeAnswer, ROW), ID, FEES)
    assert (fill.fee, fill.realised, fill.trade_id, fill.side) == (D("0.5"), D(-3), "7", Side.SELL)
    assert fill.foreign_fee is None
    assert fill.wallet_change == D("-3.5")


async def test_a_fee_in_another_asset_counts_at_its_mark_and_the_wallet_did_not_pay_it() -> None:
    fees, row = fees_at(D(640)), read_as(TradeAnswer, ROW | {"commission": "0.00070000", "commissionAsset": "BNB"})
    await fees.refresh()
    fill = fill_of(row, ID, fees)
    assert fill.fee == D("0.448")
    assert fill.foreign_fee == ForeignFee(asset="BNB", amount=D("0.0007"), is_estimate=False)
    assert fill.wallet_change == -3


@pytest.mark.parametrize(("maker", "most"), [(False, D("0.001")), (True, D("0.0004"))])
def test_a_fee_whose_mark_is_not_known_counts_at_the_full_rate_and_never_as_nothing(*, maker: bool, most: D) -> None:
    row = read_as(TradeAnswer, ROW | {"commission": "0.00000001", "commissionAsset": "BNB", "maker": maker})
    fill = fill_of(row, ID, FEES)
    assert fill.fee == most
    assert fill.foreign_fee == ForeignFee(asset="BNB", amount=D("0.00000001"), is_estimate=True)


async def test_the_mark_of_an_asset_is_asked_for_once_it_was_met() -> None:
    asked: list[Symbol] = []

    async def mark(symbol: Symbol) -> D | None:
        asked.append(symbol)
        return None if symbol == "BNBUSDT" else D(2)

    fees = Fees("USDT", mark)
    await fees.learn(["USDT", "FDUSD", "FDUSD"])
    await fees.learn(["FDUSD"])
    assert asked == ["FDUSDUSDT"]
    assert fees.worth(D(3), "FDUSD", notional=D(1), maker=False)[0] == 6
    await fees.refresh()
    assert sorted(asked[1:]) == ["BNBUSDT", "FDUSDUSDT"]


@pytest.mark.parametrize("text", ["", "0", "0.00000"])
def test_no_figure_is_none(text: str) -> None:
    assert figure(text) is None


# ---------------------------------------------------------------------- events

TRADE = {
    "s": "BTCUSDT", "c": ID, "S": "BUY", "o": "MARKET", "f": "GTC", "q": "0.4", "p": "0", "ap": "94000", "sp": "0",
    "x": "TRADE", "X": "FILLED", "i": 8886774, "l": "0.4", "z": "0.4", "L": "94000", "N": "USDT", "n": "18.8",
    "T": 1568879465651, "t": 55, "m": False, "R": False, "ot": "MARKET", "cp": False, "rp": "-1.5",
}  # fmt: skip


def event(kind: str, **fields: object) -> bytes:
    return json.dumps({"e": kind, "E": 1568879465651, "T": 1568879465650, **fields}).encode()


def test_a_trade_is_told_before_the_order_that_it_fills() -> None:
    fill, report = read_event(event("ORDER_TRADE_UPDATE", o=TRADE), Names(), FEES)
    assert isinstance(fill, Fill)
    assert isinstance(report, OrderReport)
    assert (fill.trade_id, fill.price, fill.fee, fill.realised) == ("55", D(94000), D("18.8"), D("-1.5"))
    assert (report.status, report.filled, report.client_order_id) == (OrderStatus.FILLED, D("0.4"), ID)
    assert fill.time == from_milliseconds(1568879465650)


def test_a_fee_in_another_asset_is_told_by_the_stream_with_its_worth() -> None:
    told = read_event(event("ORDER_TRADE_UPDATE", o=TRADE | {"N": "BNB", "n": "0.02"}), Names(), FEES)[0]
    assert isinstance(told, Fill)
    assert told.fee == D("18.8"), "at the taker's rate"
    assert told.foreign_fee == ForeignFee(asset="BNB", amount=D("0.02"), is_estimate=True)


def test_a_trade_without_a_fee_costs_none() -> None:
    free = {key: value for key, value in TRADE.items() if key not in ("N", "n")}
    fill = read_event(event("ORDER_TRADE_UPDATE", o=free), Names(), FEES)[0]
    assert isinstance(fill, Fill)
    assert fill.fee == 0


@pytest.mark.parametrize("own_id", [ID, "some-id-of-its-own"])
def test_what_comes_of_a_conditional_order_bears_its_id(own_id: str) -> None:
    names = Names()
    algo = {"caid": ID, "aid": 5, "s": "BTCUSDT", "S": "SELL", "o": "STOP_MARKET", "X": "TRIGGERED", "ai": "8886774"}
    assert read_event(event("ALGO_UPDATE", o=algo), names, FEES) == ()
    fill, report = read_event(event("ORDER_TRADE_UPDATE", o=TRADE | {"c": own_id}), names, FEES)
    assert isinstance(fill, Fill)
    assert isinstance(report, OrderReport)
    assert fill.client_order_id == report.client_order_id == ID
    assert names.is_conditional(ID)


@pytest.mark.parametrize(
    ("state", "status"),
    [("NEW", OrderStatus.ACCEPTED), ("CANCELED", OrderStatus.CANCELED), ("REJECTED", OrderStatus.REJECTED)],
)
def test_a_stop_that_binance_gives_up_is_told_with_the_reason(state: str, status: OrderStatus) -> None:
    algo = {"caid": ID, "aid": 5, "s": "BTCUSDT", "S": "SELL", "o": "STOP_MARKET", "X": state, "rm": "no margin"}
    (report,) = read_event(event("ALGO_UPDATE", o=algo), Names(), FEES)
    assert isinstance(report, OrderReport)
    assert (report.status, report.reason) == (status, "no margin")


@pytest.mark.parametrize(
    ("json_", "hint"),
    [
        (event("ACCOUNT_UPDATE", a={"m": "FUNDING_FEE", "B": []}), Hint.MONEY_MOVED),
        (event("ACCOUNT_UPDATE", a={"m": "DEPOSIT", "B": []}), Hint.MONEY_MOVED),
        (event("MARGIN_CALL", cw="1", p=[]), Hint.ACCOUNT_CHANGED),
        (event("ACCOUNT_CONFIG_UPDATE", ac={"s": "BTCUSDT", "l": 25}), Hint.ACCOUNT_CHANGED),
        (event("listenKeyExpired", listenKey="k"), Hint.KEY_EXPIRED),
    ],
)
def test_events_that_are_the_occasion_for_a_question(json_: bytes, hint: Hint) -> None:
    (occasion,) = read_event(json_, Names(), FEES)
    assert isinstance(occasion, Occasion)
    assert occasion.hint is hint


@pytest.mark.parametrize("kind", ["TRADE_LITE", "STRATEGY_UPDATE", "SOMETHING_NEW"])
def test_events_that_are_not_known_or_not_needed_are_passed_over(kind: str) -> None:
    assert read_event(event(kind, o={"whatever": [1]}), Names(), FEES) == ()


@pytest.mark.parametrize("json_", [b"", b"<html>", b"[1", event("ORDER_TRADE_UPDATE", o={"s": 1})])
def test_an_event_that_cannot_be_read_is_said_to_be_so(json_: bytes) -> None:
    with pytest.raises(Unreadable):
        read_event(json_, Names(), FEES)


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(json_: bytes) -> None:
    try:
        read_event(json_, Names(), FEES)
    except Unreadable:
        return
