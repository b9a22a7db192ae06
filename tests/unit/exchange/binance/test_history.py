"""All past orders are read, however many lie in a window and from whichever end Binance cuts a page."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.core.chance import Chance
from tui_trader.core.clock import DAY, Instant, WallClock, later, to_milliseconds
from tui_trader.core.words import Symbol
from tui_trader.exchange.binance import endpoints, history
from tui_trader.exchange.binance.answers import read_as
from tui_trader.exchange.binance.endpoints import Endpoint
from tui_trader.exchange.binance.history import BinanceHistory
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.ports import ExchangeUnavailable

BTC = Symbol("BTCUSDT")
NOW = Instant(1_800_000_000_000_000_000)


class Books:
    """Answers like Binance: orders of a window, at most so many, the newest or the oldest of them."""

    def __init__(self, orders: list[dict[str, Any]], algos: list[dict[str, Any]], *, newest: bool) -> None:
        self.lists = {endpoints.ALL_ORDERS: orders, endpoints.ALGO_HISTORY: algos}
        self.newest = newest
        self.held_back = 0

    async def read(self, endpoint: Endpoint, kind: type[Any], **asked: Any) -> Any:
        if self.held_back:
            self.held_back -= 1
            raise ExchangeUnavailable("held back")
        first, last, most = int(asked["startTime"]), int(asked["endTime"]), int(asked["limit"])
        assert last - first <= 7 * DAY * 1000
        rows = [row for row in self.lists[endpoint] if first <= row["time"] <= last]
        return read_as(kind, rows[-most:] if self.newest else rows[:most])


class Clock(WallClock):
    def now(self) -> Instant:
        return NOW

    async def sleep(self, seconds: float) -> None:
        return None


def order(number: int, time: int) -> dict[str, Any]:
    return {
        "clientOrderId": f"tt-{number}", "orderId": number, "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT",
        "status": "FILLED", "origQty": "0.01", "executedQty": "0.01", "updateTime": time, "time": time,
    }  # fmt: skip


def algo(number: int, time: int, child: int | None = None) -> dict[str, Any]:
    return {
        "algoId": number, "clientAlgoId": f"tt-a{number}", "symbol": "BTCUSDT", "side": "SELL",
        "orderType": "STOP_MARKET", "algoStatus": "FINISHED" if child else "NEW", "updateTime": time, "time": time,
        "triggerPrice": "1", "closePosition": True, "actualOrderId": str(child or ""),
    }  # fmt: skip


def reader(books: Books) -> BinanceHistory:
    session = SimpleNamespace(rest=books, clock=Clock(), chance=Chance(1))
    return BinanceHistory(cast("Session", session), "demo-x")


@given(st.lists(st.integers(0, 30 * 86_400_000), max_size=25, unique=True), st.booleans(), st.integers(2, 5))
async def test_every_order_of_a_month_is_read_whatever_a_page_holds(ages: list[int], newest: bool, page: int) -> None:
    now = to_milliseconds(NOW)
    times = sorted(now - age for age in ages)
    books = Books([order(n, time) for n, time in enumerate(times)], [], newest=newest)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "_PAGE", page)
        found = await reader(books).orders_since(BTC, later(NOW, -31 * DAY))
    assert {report.client_order_id for report in found} == {f"tt-{n}" for n in range(len(times))}


async def test_what_a_conditional_order_became_is_told_with_it() -> None:
    now = to_milliseconds(NOW)
    books = Books([order(1, now - 5), order(7, now - 3)], [algo(3, now - 9, child=7), algo(4, now - 8)], newest=True)
    found = await reader(books).orders_since(BTC, later(NOW, -DAY))
    assert [report.client_order_id for report in found] == ["tt-a3", "tt-a4", "tt-1"]


async def test_what_is_held_back_is_asked_for_again() -> None:
    books = Books([order(1, to_milliseconds(NOW))], [], newest=True)
    books.held_back = 3
    assert len(await reader(books).orders_since(BTC, later(NOW, -DAY))) == 1
