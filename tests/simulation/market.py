"""A fast market: a seeded random walk of two symbols, heard truly by the exchange and less truly by the engine."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from decimal import Decimal

from tests.simulation.faults import Faults
from tui_trader.core.clock import NANOSECONDS, Clock, Instant, elapsed, later
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import Candle, FundingSettled, MarketEvent, MarkPrice, Quote
from tui_trader.core.money import nearest_to
from tui_trader.core.words import Symbol

D = Decimal
_FIRST_PRICES = {"BTCUSDT": D(94_000), "ETHUSDT": D(1_800)}
_HISTORY = 90
"""Minutes of candles before the beginning: enough for every figure that the rules look at."""
_NEXT_FUNDING = 3_600.0
REMEMBERED = 20.0
"""Seconds for which the prices that the engine was told are remembered."""


class Market:
    """Prices that move each `every` seconds. `tell_exchange` hears what is true, feeds hear what gets through."""

    def __init__(
        self,
        instruments: Mapping[Symbol, Instrument],
        clock: Clock,
        chance: random.Random,
        *,
        every: float,
        tell_exchange: Callable[[MarketEvent], None],
    ) -> None:
        self._instruments = instruments
        self._clock = clock
        self._chance = chance
        self._every = every
        self._tell_exchange = tell_exchange
        self._volatility = chance.choice([0.0001, 0.0004, 0.0012])
        self._size = D(chance.choice(["0.01", "0.05", "1"]))
        self._candles: dict[Symbol, deque[Candle]] = {}
        self._told: dict[Symbol, deque[tuple[Instant, Decimal]]] = {s: deque() for s in instruments}
        self._frozen_until = 0
        self.prices = {symbol: _FIRST_PRICES[symbol] for symbol in instruments}
        self.faults = Faults()
        self.feed: LineFeed | None = None
        """The ear of the engine that lives, if one does."""
        self.minutes = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.tick()
            await self._clock.sleep(self._every)

    def tick(self) -> None:
        """One move of all prices, told to exchange and engine."""
        now = self._clock.now()
        minute = now // (60 * NANOSECONDS)
        closes, self.minutes = minute > self.minutes, minute
        if self._chance.random() < self.faults.feed_frozen:
            self._frozen_until = later(now, self._chance.uniform(3, 40))
        for symbol in self.prices:
            self._move(symbol)
            if closes:
                self._pass_on(self._candle(symbol, now), now)
            if self._chance.random() < self.faults.funding * self._every:
                self._fund(symbol, now)
            for event in self._events(symbol, now):
                self._tell_exchange(event)
                self._pass_on(event, now)

    def _move(self, symbol: Symbol) -> None:
        step = self._chance.gauss(0, self._volatility)
        drawn = self._chance.random()
        if drawn < self.faults.market_crashes * self._every:
            step += self._chance.choice([-0.45, -0.3, -0.12, 0.15, 0.4])
        elif drawn < (self.faults.market_crashes + self.faults.price_jumps) * self._every:
            step += self._chance.choice([-1, 1]) * self._chance.uniform(0.002, 0.03)
        # The walk is drawn back home, so that notional limits mean the same quantity an hour later.
        home = _FIRST_PRICES[symbol]
        pull = 0.001 * (float(home / self.prices[symbol]) - 1)
        moved = self.prices[symbol] * D(round(1 + step + pull, 8))
        self.prices[symbol] = min(max(moved, home / 4), home * 4)

    def _events(self, symbol: Symbol, now: Instant) -> tuple[MarkPrice, Quote]:
        tick, price = self._instruments[symbol].tick, self.prices[symbol]
        bid = nearest_to(price, tick)
        scale = 1 if symbol == "BTCUSDT" else 50
        sizes = [self._size * scale * D(round(self._chance.uniform(0.2, 2), 3)) for _ in range(2)]
        quote = Quote(symbol, now, bid, sizes[0], bid + tick, sizes[1])
        return MarkPrice(symbol, now, nearest_to(price, tick / 10), D("0.0001"), later(now, _NEXT_FUNDING)), quote

    def _fund(self, symbol: Symbol, now: Instant) -> None:
        rate = D(self._chance.choice(["0.0001", "-0.0003", "0.002"]))
        self._tell_exchange(FundingSettled(symbol, now, rate, self.prices[symbol]))

    # ------------------------------------------------------------------ what the engine hears

    def _pass_on(self, event: MarketEvent, now: Instant) -> None:
        if now < self._frozen_until or self._chance.random() < self.faults.feed_dropped:
            return
        if not isinstance(event, Candle) and self._chance.random() < self.faults.feed_wrong:
            event = self._falsified(event)
        if isinstance(event, MarkPrice) and event.price.is_finite() and event.price > 0:
            told = self._told[event.symbol]
            told.append((now, event.price))
            while elapsed(told[0][0], now) > REMEMBERED and len(told) > 1:
                told.popleft()
        if self.feed is not None:
            self.feed.hear(event)

    def _falsified(self, event: MarketEvent) -> MarketEvent:
        """With a price that is nonsense, or a figure that is only wrong."""
        factor = D(self._chance.choice(["0.5", "0.97", "1.03", "2"]))
        price = self._chance.choice([D(0), D("NaN"), D("Infinity"), D(-5), None, None])
        match event:
            case MarkPrice():
                wrong = event.price * factor if price is None else price
                return MarkPrice(event.symbol, event.time, wrong, event.funding_rate, event.next_funding)
            case Quote():
                wrong = event.bid * factor if price is None else price
                return Quote(event.symbol, event.time, wrong, event.bid_size, event.ask, event.ask_size)
            case _:
                return event

    def told(self, symbol: Symbol) -> tuple[Decimal, Decimal]:
        """The lowest and the highest mark price that an engine may still go by, and the true one."""
        prices = [price for _, price in self._told[symbol]] + [self.prices[symbol]]
        return min(prices), max(prices)

    # ------------------------------------------------------------------ candles

    def _candle(self, symbol: Symbol, now: Instant) -> Candle:
        opened = Instant(now - now % (60 * NANOSECONDS) - 60 * NANOSECONDS)
        price = nearest_to(self.prices[symbol], self._instruments[symbol].tick)
        candle = Candle(symbol, opened, 60, price, price, price, price, D(10))
        self._history(symbol).append(candle)
        return candle

    def _history(self, symbol: Symbol) -> deque[Candle]:
        if symbol not in self._candles:
            price, tick = _FIRST_PRICES[symbol], self._instruments[symbol].tick
            end = self._clock.now() // (60 * NANOSECONDS) * 60 * NANOSECONDS
            walk = deque[Candle](maxlen=_HISTORY)
            for minute in range(_HISTORY, 0, -1):
                price = nearest_to(price * D(round(1 + self._chance.gauss(0, 0.0004), 6)), tick)
                walk.append(
                    Candle(symbol, Instant(end - minute * 60 * NANOSECONDS), 60, price, price, price, price, D(10))
                )
            self._candles[symbol] = walk
        return self._candles[symbol]

    def history(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        """The last closed candles."""
        return tuple(self._history(symbol))[-count:]


class LineFeed:
    """`Feed` of one life: what the market tells from now on."""

    name = "simulated"

    def __init__(self, market: Market, instruments: Mapping[Symbol, Instrument], start: Instant) -> None:
        self._market = market
        self._queue: asyncio.Queue[MarketEvent] = asyncio.Queue()
        self._instruments = instruments
        self._start = start

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        return self._instruments

    @property
    def start(self) -> Instant:
        return self._start

    def history(self, symbol: Symbol, before: Instant, count: int) -> tuple[Candle, ...]:
        return self._market.history(symbol, count)

    def hear(self, event: MarketEvent) -> None:
        """The market says something."""
        self._queue.put_nowait(event)

    async def events(self, after: Instant | None) -> AsyncIterator[MarketEvent]:
        while True:
            yield await self._queue.get()
