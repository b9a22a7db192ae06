"""The whole engine in mode demo on the loopback exchange: what it traded is what the exchange says, trade for trade."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from pydantic import SecretStr

from tests.fakes.loopback import BTC, CREDENTIALS
from tests.fakes.loopback_thread import LoopbackThread, loopback_thread
from tests.unit.engine.runs import records_of, run_options
from tui_trader.core.order import Fill
from tui_trader.core.records import CycleDecided, HomeOpened, OrderFilled, TradingStateChanged
from tui_trader.core.words import Mode
from tui_trader.engine.commands import AskStatus, Command, FlattenAll, MoveStop, PlaceOrder, Reduce, Reply
from tui_trader.engine.knowledge import known_from
from tui_trader.engine.options import RunOptions
from tui_trader.engine.settings import BinanceSettings, Settings
from tui_trader.engine.thread import EngineThread
from tui_trader.journal.verify import Verified, verify

D = Decimal
PATIENCE = 60.0
BUY = PlaceOrder(symbol=BTC, side="BUY", quantity=D("0.010"), stop=D(59_500), take_profit=D(62_000))


@pytest.fixture
def exchange() -> Iterator[LoopbackThread]:
    with loopback_thread() as running:
        yield running


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's lock lies outside the home; here it lies in the test's folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def demo_options(
    folder: Path, exchange: LoopbackThread, *, mode: Mode = Mode.DEMO, cycles: int | None = None
) -> RunOptions:
    server = exchange.bench.exchange
    binance = BinanceSettings(
        rest_url=server.rest_url,
        stream_url=server.stream_url,
        api_key=SecretStr(CREDENTIALS.key),
        api_secret=SecretStr(CREDENTIALS.secret),
    )
    prompt = folder / "quick.md"
    folder.mkdir(exist_ok=True)
    shipped = Path(__file__).parents[3] / "prompts" / "trader.md"
    text = shipped.read_text().replace("interval: 60s", "interval: 1s")
    prompt.write_text(text.replace("max_orders_per_minute: 6", "max_orders_per_minute: 60"))
    return run_options(
        folder / "home",
        mode=mode,
        feed="binance",
        prompt=str(prompt),
        seed=None,
        speed=1.0,
        cycles=cycles,
        settings=Settings.model_construct(binance=binance),
    )


@contextmanager
def running(options: RunOptions) -> Iterator[EngineThread]:
    """An engine that answers; stopped and joined at the end."""
    engine = EngineThread(options)
    engine.start()
    try:
        until(lambda: engine.is_over or _is_ready(engine))
        assert engine.failure is None, engine.failure
        yield engine
    finally:
        engine.stop("the test ends")
        engine.join()


def _is_ready(engine: EngineThread) -> bool:
    """Whether it has compared the account and decides."""
    reply = asked(engine, AskStatus())
    return bool(reply.done and reply.result.get("last_cycle"))


def until(holds: Any) -> None:
    deadline = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < deadline
        sleep(0.05)


def asked(engine: EngineThread, command: Command) -> Reply:
    return engine.submit(command).result(PATIENCE)


def buy(engine: EngineThread) -> None:
    """The operator buys, as soon as the market has told its prices."""
    replies: list[Reply] = []

    def is_answered() -> bool:
        replies.append(asked(engine, BUY))
        return replies[-1].code != "PRICE_MISSING"

    until(is_answered)
    assert replies[-1].done, replies[-1]


def fills_of(options: RunOptions) -> list[Fill]:
    return [record.fill for record in records_of(options.home) if isinstance(record, OrderFilled)]


def check_agreement(options: RunOptions, exchange: LoopbackThread) -> list[Fill]:
    """userTrades and the journal tell the same trades, with price, fee and profit; the journal verifies."""
    fills = fills_of(options)
    trades = exchange.ask("/fapi/v1/userTrades", symbol=BTC)
    theirs = [(str(t["id"]), D(t["qty"]), D(t["price"]), D(t["commission"]), D(t["realizedPnl"])) for t in trades]
    ours = [(f.trade_id, f.quantity, f.price, f.fee, f.realised) for f in fills]
    assert sorted(theirs) == sorted(ours)
    assert isinstance(verify(options.home.journal), Verified)
    return fills


def test_orders_stops_and_closes_of_a_demo_run_agree_with_the_exchange(
    tmp_path: Path, exchange: LoopbackThread
) -> None:
    options = demo_options(tmp_path, exchange)
    with running(options) as engine:
        buy(engine)
        stops = exchange.ask("/fapi/v1/openAlgoOrders", symbol=BTC)
        assert {(D(s["triggerPrice"]), s["closePosition"]) for s in stops} >= {(D(59_500), True)}
        moved = asked(engine, MoveStop(symbol=BTC, price=D(59_700)))
        assert moved.done, moved
        until(lambda: _closing_stops(exchange) == [D(59_700)])
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


def _closing_stops(exchange: LoopbackThread) -> list[Decimal]:
    orders = exchange.ask("/fapi/v1/openAlgoOrders", symbol=BTC)
    return [D(o["triggerPrice"]) for o in orders if o["orderType"] == "STOP_MARKET" and o["closePosition"]]


def test_a_restart_finds_its_position_its_stop_and_what_was_traded_meanwhile(
    tmp_path: Path, exchange: LoopbackThread
) -> None:
    options = demo_options(tmp_path, exchange)
    with running(options) as engine:
        buy(engine)
    assert _closing_stops(exchange) == [D(59_500)]
    exchange.call(lambda bench: bench.price(BTC, 59_480))
    until(lambda: exchange.ask("/fapi/v3/positionRisk") == [])
    with running(options) as again:
        until(lambda: asked(again, AskStatus()).result["positions"] == [])
        assert asked(again, AskStatus()).result["trading_state"] == "ACTIVE"
    assert len(check_agreement(options, exchange)) == 2


def test_an_order_with_our_prefix_that_our_log_does_not_know_halts(tmp_path: Path, exchange: LoopbackThread) -> None:
    exchange.call(lambda bench: bench.limit("BUY", "0.010", 50_000, newClientOrderId="tt-of-another-instance"))
    options = demo_options(tmp_path, exchange)
    with running(options):
        pass
    halts = [r for r in records_of(options.home) if isinstance(r, TradingStateChanged)]
    assert halts
    assert "tt-of-another-instance" in halts[0].reason
    assert exchange.ask("/fapi/v1/openOrders", symbol=BTC) != [], "it is not ours to cancel"


def test_paper_on_binances_prices_needs_no_key_and_trades_in_its_own_books(
    tmp_path: Path, exchange: LoopbackThread
) -> None:
    options = demo_options(tmp_path, exchange, mode=Mode.PAPER)
    options.settings.binance.api_key = options.settings.binance.api_secret = None
    with running(options) as engine:
        buy(engine)
        assert asked(engine, FlattenAll()).done
    assert len(fills_of(options)) >= 2
    assert exchange.ask("/fapi/v1/userTrades", symbol=BTC) == []


@pytest.mark.slow
def test_twenty_decisions_in_demo_end_as_they_should(tmp_path: Path, exchange: LoopbackThread) -> None:
    options = demo_options(tmp_path, exchange, cycles=20)
    engine = EngineThread(options)
    engine.start()
    engine.join()
    assert engine.failure is None
    assert engine.ended is not None
    assert engine.ended.is_settled
    assert len([r for r in records_of(options.home) if isinstance(r, CycleDecided)]) == 20
    check_agreement(options, exchange)
