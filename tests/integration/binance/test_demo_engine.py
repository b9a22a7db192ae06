"""The whole engine in mode demo on the loopback exchange: what it traded is what the exchange says, trade for trade."""

from pathlib import Path

import pytest

from tests.fakes.loopback import BTC
from tests.fakes.loopback_thread import LoopbackThread
from tests.integration.binance.demo import (
    D,
    asked,
    buy,
    check_agreement,
    closing_stops,
    demo_options,
    fills_of,
    running,
    until,
    urls,
)
from tests.unit.engine.runs import records_of
from tui_trader.core.records import CycleDecided, HomeOpened, TradingStateChanged
from tui_trader.core.words import Mode
from tui_trader.engine.commands import AskStatus, FlattenAll, MoveStop, Reduce
from tui_trader.engine.knowledge import known_from
from tui_trader.engine.thread import EngineThread

pytestmark = pytest.mark.usefixtures("own_state_folder")


def test_orders_stops_and_closes_of_a_demo_run_agree_with_the_exchange(
    tmp_path: Path, exchange: LoopbackThread
) -> None:
    options = demo_options(tmp_path, *urls(exchange))
    with running(options) as engine:
        buy(engine)
        stops = exchange.ask("/fapi/v1/openAlgoOrders", symbol=BTC)
        assert {(D(s["triggerPrice"]), s["closePosition"]) for s in stops} >= {(D(59_500), True)}
        moved = asked(engine, MoveStop(symbol=BTC, price=D(59_700)))
        assert moved.done, moved
        until(lambda: closing_stops(exchange) == [D(59_700)])
        assert asked(engine, Reduce(symbol=BTC, percent=50)).done
        until(lambda: [D(p["positionAmt"]) for p in exchange.ask("/fapi/v3/positionRisk")] == [D("0.005")])
        assert asked(engine, FlattenAll()).done
        assert exchange.ask("/fapi/v3/positionRisk") == []
        assert exchange.ask("/fapi/v1/openAlgoOrders", symbol=BTC) == []
    assert engine.failure is None
    assert len(check_agreement(options, exchange)) >= 3
    (opened,) = [r for r in records_of(options.home) if isinstance(r, HomeOpened)]
    assert opened.mode is Mode.DEMO
    assert opened.account.startswith("demo-")
    knowledge, _ = known_from(options.home.journal)
    (balance,) = [b for b in exchange.ask("/fapi/v3/balance") if b["asset"] == "USDT"]
    assert knowledge.ledger.wallet == D(balance["balance"])


def test_a_restart_finds_its_position_its_stop_and_what_was_traded_meanwhile(
    tmp_path: Path, exchange: LoopbackThread
) -> None:
    options = demo_options(tmp_path, *urls(exchange))
    with running(options) as engine:
        buy(engine)
    assert closing_stops(exchange) == [D(59_500)]
    exchange.call(lambda bench: bench.price(BTC, 59_480))
    until(lambda: exchange.ask("/fapi/v3/positionRisk") == [])
    with running(options) as again:
        until(lambda: asked(again, AskStatus()).result["positions"] == [])
        assert asked(again, AskStatus()).result["trading_state"] == "ACTIVE"
    assert len(check_agreement(options, exchange)) == 2


def test_an_order_with_our_prefix_that_our_log_does_not_know_halts(tmp_path: Path, exchange: LoopbackThread) -> None:
    exchange.call(lambda bench: bench.limit("BUY", "0.010", 50_000, newClientOrderId="tt-of-another-instance"))
    options = demo_options(tmp_path, *urls(exchange))
    with running(options):
        pass
    halts = [r for r in records_of(options.home) if isinstance(r, TradingStateChanged)]
    assert halts
    assert "tt-of-another-instance" in halts[0].reason
    assert exchange.ask("/fapi/v1/openOrders", symbol=BTC) != [], "it is not ours to cancel"


def test_paper_on_binances_prices_needs_no_key_and_trades_in_its_own_books(
    tmp_path: Path, exchange: LoopbackThread
) -> None:
    options = demo_options(tmp_path, *urls(exchange), mode=Mode.PAPER)
    options.settings.binance.api_key = options.settings.binance.api_secret = None
    with running(options) as engine:
        buy(engine)
        assert asked(engine, FlattenAll()).done
    assert len(fills_of(options)) >= 2
    assert exchange.ask("/fapi/v1/userTrades", symbol=BTC) == []


@pytest.mark.slow
def test_twenty_decisions_in_demo_end_as_they_should(tmp_path: Path, exchange: LoopbackThread) -> None:
    options = demo_options(tmp_path, *urls(exchange), cycles=20)
    engine = EngineThread(options)
    engine.start()
    engine.join()
    assert engine.failure is None
    assert engine.ended is not None
    assert engine.ended.is_settled
    assert len([r for r in records_of(options.home) if isinstance(r, CycleDecided)]) == 20
    check_agreement(options, exchange)
