"""Small markets for these tests: instruments, candles, files, and a run through a feed in virtual time."""

import asyncio
import gzip
import math
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from tui_trader.core.clock import NANOSECONDS, Clock, Instant, LoopClock, PacedLoop, from_text, to_milliseconds
from tui_trader.core.instrument import Bracket, Instrument
from tui_trader.core.market import Candle, MarketEvent
from tui_trader.core.words import Symbol

BTC = Symbol("BTCUSDT")
ETH = Symbol("ETHUSDT")
START = from_text("2025-05-05T06:58:00Z")
MINUTE = 60 * NANOSECONDS
HEADER = "open_time,open,high,low,close,volume"


def instrument(symbol: Symbol, tick: str) -> Instrument:
    """An instrument whose steps are a thousandth."""
    return Instrument(
        symbol=symbol,
        base=symbol.removesuffix("USDT"),
        quote="USDT",
        tick=Decimal(tick),
        step=Decimal("0.001"),
        market_step=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(1000),
        market_max_quantity=Decimal(120),
        min_price=Decimal(tick),
        max_price=Decimal(4_000_000),
        min_notional=Decimal(20),
        price_band_up=Decimal("1.05"),
        price_band_down=Decimal("0.95"),
        brackets=(Bracket(Decimal(10**9), Decimal("0.004"), 125, Decimal(0)),),
        liquidation_fee_rate=Decimal("0.0125"),
    )


INSTRUMENTS = {BTC: instrument(BTC, "0.1"), ETH: instrument(ETH, "0.01")}


def at(minutes: int, seconds: int = 0) -> Instant:
    """That long after START."""
    return Instant(START + minutes * MINUTE + seconds * NANOSECONDS)


def candle(minutes: int, prices: str, volume: str = "6", symbol: Symbol = BTC) -> Candle:
    """A minute candle; `prices` are open, high, low, close, apart by blanks."""
    opened, high, low, close = (Decimal(price) for price in prices.split())
    return Candle(symbol, at(minutes), 60, opened, high, low, close, Decimal(volume))


def row(minutes: int, prices: str = "100 103 98 101", volume: str = "6") -> str:
    """A line of a kline file."""
    return f"{to_milliseconds(at(minutes))},{','.join(prices.split())},{volume}"


def write(path: Path, rows: Iterable[str], header: str = HEADER) -> Path:
    """A CSV file, packed if its name says so."""
    text = "\n".join([header, *rows]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def played(
    make: Callable[[Clock], AsyncIterator[MarketEvent]], start: Instant, until: Callable[[MarketEvent], bool]
) -> list[MarketEvent]:
    """The events of a feed up to the first for which `until` holds (left out), each checked to come at its time."""
    events: list[MarketEvent] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, PacedLoop)
        stream = make(LoopClock(loop, start))
        async for event in stream:
            if until(event):
                return
            events.append(event)

    with asyncio.Runner(loop_factory=lambda: PacedLoop(pace=math.inf, deadlock_is_error=True)) as runner:
        runner.run(run())
    return events


def never(_: MarketEvent) -> bool:
    """For a feed that ends by itself."""
    return False


def real_data() -> Path:
    """The folder of recorded market data beside the checkout; skips the test without it."""
    folder = Path(__file__).parents[3].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real market data is not beside the checkout")
    return folder


def texts(rows: Sequence[object]) -> list[str]:
    """For comparing Decimals with their exponents."""
    return [repr(row) for row in rows]
