"""An engine in demo on a loopback exchange: its options, commands to it, and what must agree at the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep

from pydantic import SecretStr

from tests.fakes.loopback import BTC, CREDENTIALS
from tests.fakes.loopback_thread import LoopbackThread
from tests.unit.engine.runs import records_of, run_options
from tui_trader.core.order import Fill
from tui_trader.core.records import OrderFilled
from tui_trader.core.words import Mode
from tui_trader.engine.commands import AskStatus, Command, PlaceOrder, Reply
from tui_trader.engine.options import RunOptions
from tui_trader.engine.settings import BinanceSettings, Settings
from tui_trader.engine.thread import EngineThread
from tui_trader.journal.verify import Verified, verify

D = Decimal
NEVER_TRIPS = (
    "  max_cancels_per_minute: 600\n  max_unknown_outcomes: 10000\n  max_slipped_orders: 10000\n"
    "  max_identical_orders: 10000\n  max_error_rate_pct: 100\nllm:\n"
)
"""In place of `llm:`, for runs in which far more goes wrong in minutes than the breakers let pass in a day."""
PATIENCE = 60.0
BUY = PlaceOrder(symbol=BTC, side="BUY", quantity=D("0.010"), stop=D(59_500), take_profit=D(62_000))


def demo_options(
    folder: Path, rest_url: str, stream_url: str, *, mode: Mode = Mode.DEMO, cycles: int | None = None
) -> RunOptions:
    """A home in the folder, on the exchange at these URLs; decisions every second."""
    binance = BinanceSettings(
        rest_url=rest_url,
        stream_url=stream_url,
        api_key=SecretStr(CREDENTIALS.key),
        api_secret=SecretStr(CREDENTIALS.secret),
    )
    prompt = quick_prompt(folder)
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


def quick_prompt(folder: Path) -> Path:
    """The shipped prompt, deciding every second, with many orders a minute."""
    folder.mkdir(exist_ok=True)
    shipped = Path(__file__).parents[3] / "prompts" / "trader.md"
    text = shipped.read_text().replace("interval: 60s", "interval: 1s")
    prompt = folder / "quick.md"
    prompt.write_text(text.replace("max_orders_per_minute: 6", "max_orders_per_minute: 60"))
    return prompt


@contextmanager
def running(options: RunOptions) -> Iterator[EngineThread]:
    """An engine that answers; stopped and joined at the end."""
    engine = EngineThread(options)
    engine.start()
    try:
        until(lambda: engine.is_over or is_ready(engine))
        assert engine.failure is None, engine.failure
        yield engine
    finally:
        engine.stop("the test ends")
        engine.join()


def is_ready(engine: EngineThread) -> bool:
    """Whether it has compared the account and decides."""
    reply = asked(engine, AskStatus())
    return bool(reply.done and reply.result.get("last_cycle"))


def until(holds: Callable[[], object], *, every: float = 0.05) -> None:
    """Wait until it holds, in real time; a question to the exchange costs weight and is asked less often."""
    deadline = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < deadline
        sleep(every)


def asked(engine: EngineThread, command: Command) -> Reply:
    """What the engine answers."""
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
    """The trades in the journal."""
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


def closing_stops(exchange: LoopbackThread) -> list[Decimal]:
    """The trigger prices of the stops at the exchange that close all of the position."""
    orders = exchange.ask("/fapi/v1/openAlgoOrders", symbol=BTC)
    return [D(o["triggerPrice"]) for o in orders if o["orderType"] == "STOP_MARKET" and o["closePosition"]]


def urls(exchange: LoopbackThread) -> tuple[str, str]:
    """Where the exchange serves requests and streams."""
    return exchange.bench.exchange.rest_url, exchange.bench.exchange.stream_url
