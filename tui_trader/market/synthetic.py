"""The synthetic market as a feed: endless, seeded, warm from its first minute, and resumed anywhere at once."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal

from tui_trader.core.chance import Chance
from tui_trader.core.clock import NANOSECONDS, Clock, Instant, start_of_day
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import Candle, FundingSettled, MarketEvent, MarkPrice, Quote
from tui_trader.core.money import CENT_OF_A_CENT, Price, Quantity, nearest_to
from tui_trader.core.words import Symbol
from tui_trader.market.choose import FeedKind
from tui_trader.market.playback import MINUTE_NS, MINUTE_SECONDS, play
from tui_trader.market.ports import FeedError
from tui_trader.market.synthetic_depth import MinuteDepth
from tui_trader.market.synthetic_model import CHARACTERS, MINUTES_A_DAY, MinuteState, Step, SymbolModel

SEEDED_START = Instant(1_767_225_600 * NANOSECONDS)
"""2026-01-01T00:00Z: where the market begins under a seed."""
_PREHISTORY_DAYS = 2
"""Whole days before the day of the start that have a history, so that every indicator is warm at once."""
_KEPT_DAYS = 3
_KEPT_MINUTES = 4
_HALF_SPREAD = 0.000005
"""Half the spread in a usual market, as a fraction of the price: one twentieth of a basis point."""


class SyntheticFeed:
    """A seeded market without end.

    Two feeds of one seed, start and instruments say the same of every minute, whenever and from wherever they are
    read. A resume regenerates only the minute steps since the origin: about half a second for a month of two symbols.
    """

    def __init__(
        self,
        symbols: Sequence[Symbol],
        *,
        instruments: Mapping[Symbol, Instrument],
        chance: Chance,
        clock: Clock,
        start: Instant = SEEDED_START,
        depth: bool = False,
    ) -> None:
        """`start` is taken down to the minute; without a seed it is the caller's present. Raises FeedError.

        With `depth` every second also tells the order book and the trades of others; the rest stays the same.
        """
        known = tuple(symbol for symbol in symbols if symbol in CHARACTERS and symbol in instruments)
        if not known:
            offered = ", ".join(symbol for symbol in CHARACTERS if symbol in instruments)
            raise FeedError(
                f"The synthetic market has none of the symbols {', '.join(symbols) or '(none)'}. "
                f"It has: {offered}; name one of them in the prompt."
            )
        # One root is drawn here: real chance, too, must give the same path each time this feed is asked.
        seeded = Chance(int.from_bytes(chance.salt("synthetic")))
        self._clock = clock
        self._name = (FeedKind.SYNTHETIC_DEPTH if depth else FeedKind.SYNTHETIC).value
        self._start = Instant(start - start % MINUTE_NS)
        origin = Instant(start_of_day(self._start) - _PREHISTORY_DAYS * MINUTES_A_DAY * MINUTE_NS)
        self._sources = {
            symbol: _SyntheticMinutes(instruments[symbol], origin, seeded, depth=depth) for symbol in known
        }

    @property
    def name(self) -> str:
        """`synthetic`, or `synthetic:depth`."""
        return self._name

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        """The symbols of the policy that this market has."""
        return {symbol: source.instrument for symbol, source in self._sources.items()}

    @property
    def start(self) -> Instant:
        """The first minute; there is a history of two days and more before it."""
        return self._start

    def history(self, symbol: Symbol, before: Instant, count: int) -> tuple[Candle, ...]:
        """Up to `count` candles that had closed by `before`, oldest first; none of an unknown symbol."""
        source = self._sources.get(symbol)
        if source is None or count <= 0:
            return ()
        end = Instant(before - before % MINUTE_NS)
        first = max(source.origin, Instant(end - count * MINUTE_NS))
        return tuple(source.candle(Instant(opens)) for opens in range(first, end, MINUTE_NS))

    async def events(self, after: Instant | None) -> AsyncIterator[MarketEvent]:
        """All events later than `after`, without end."""
        sources = tuple(self._sources.values())
        async for event in play(sources, self._clock, start=self._start, end=None, after=after):
            yield event


class _SyntheticMinutes:
    """The minutes of one symbol in whole ticks and steps."""

    def __init__(self, instrument: Instrument, origin: Instant, chance: Chance, *, depth: bool) -> None:
        self.instrument = instrument
        self.origin = origin
        self._symbol = instrument.symbol
        self._depth = depth
        self._funding_minutes = instrument.funding_hours * 60
        # The origin is a midnight, and fundings count from midnight, so a minute's number tells whether one is due.
        character = CHARACTERS[instrument.symbol]
        self._model = SymbolModel(self._symbol, character, chance, minutes_a_funding=self._funding_minutes)
        self._days: OrderedDict[int, list[Step]] = OrderedDict()
        self._begins: list[MinuteState] = [self._model.origin()]
        self._minutes: OrderedDict[int, _Minute] = OrderedDict()

    def opening(self, opens: Instant) -> list[MarketEvent]:
        told: list[MarketEvent] = []
        if opens > self.origin:
            told.append(self.candle(Instant(opens - MINUTE_NS)))
        minute = self._minute(opens)
        mark, quote = minute.second(0)
        if self._number(opens) % self._funding_minutes == 0:
            told.append(FundingSettled(self._symbol, opens, mark.funding_rate, mark.price))
        told += minute.around(0, mark, quote) if self._depth else (mark, quote)
        return told

    def seconds(self, opens: Instant) -> Sequence[Sequence[MarketEvent]]:
        minute = self._minute(opens)
        told = [minute.second(second) for second in range(1, MINUTE_SECONDS)]
        if not self._depth:
            return told
        return [minute.around(second, mark, quote) for second, (mark, quote) in enumerate(told, start=1)]

    def candle(self, opens: Instant) -> Candle:
        """The candle that opens then, at the origin or later."""
        return self._minute(opens).candle()

    def _number(self, opens: Instant) -> int:
        return (opens - self.origin) // MINUTE_NS

    def _minute(self, opens: Instant) -> "_Minute":
        number = self._number(opens)
        minute = self._minutes.get(number)
        if minute is None:
            day, index = divmod(number, MINUTES_A_DAY)
            step = self._day(day)[index]
            minute = _Minute(self.instrument, self._model, opens, number, step)
            self._minutes[number] = minute
            if len(self._minutes) > _KEPT_MINUTES:
                self._minutes.popitem(last=False)
        return minute

    def _day(self, day: int) -> list[Step]:
        """The steps of a day; the states in which days begin are kept for ever (one small value a day)."""
        while len(self._begins) <= day:
            number = len(self._begins) - 1
            ended = self._days.get(number) or self._model.day(number, self._begins[number])
            self._begins.append(ended[-1].end)
        steps = self._days.get(day)
        if steps is None:
            steps = self._days[day] = self._model.day(day, self._begins[day])
            if len(self._days) > _KEPT_DAYS:
                self._days.popitem(last=False)
        return steps


class _Minute:
    """One generated minute: its path in ticks, and all that is told with it."""

    def __init__(self, instrument: Instrument, model: SymbolModel, opens: Instant, number: int, step: Step) -> None:
        self._instrument = instrument
        self._model = model
        self._opens = opens
        self._number = number
        self._step = step
        self._path = model.path(number, step)
        self._behind: MinuteDepth | None = None
        self._shares: list[tuple[float, float]] | None = None
        self._tick = float(instrument.tick)
        period = instrument.funding_hours * 3600 * NANOSECONDS
        self._next_funding = Instant(opens - opens % period + period)
        self._rate = nearest_to(Decimal(step.begin.funding_rate), CENT_OF_A_CENT)

    def candle(self) -> Candle:
        prices, tick = self._path.prices, self._instrument.tick
        opened, high, low, close = (
            self._ticks(price) * tick for price in (prices[0], max(prices), min(prices), prices[-1])
        )
        volume = self._size(self._model.character.volume * self._path.traded, prices[0])
        return Candle(self._instrument.symbol, self._opens, MINUTE_SECONDS, opened, high, low, close, volume)

    def second(self, number: int) -> tuple[MarkPrice, Quote]:
        if self._shares is None:
            self._shares = self._model.shares(self._number)
        symbol, tick = self._instrument.symbol, self._instrument.tick
        now = Instant(self._opens + number * NANOSECONDS)
        exact, stress = self._path.prices[number], self._path.stress_at(number)
        ticks = self._ticks(exact)
        half = max(1, min(ticks - 1, round(ticks * _HALF_SPREAD * stress)))
        level = self._model.character.depth / stress
        bid_share, ask_share = self._shares[number]
        bid_size, ask_size = self._size(level * bid_share, exact), self._size(level * ask_share, exact)
        quote = Quote(symbol, now, (ticks - half) * tick, bid_size, (ticks + half) * tick, ask_size)
        mark = ticks * tick + self._basis(number, exact)
        return MarkPrice(symbol, now, mark, self._rate, self._next_funding), quote

    def around(self, second: int, mark: MarkPrice, quote: Quote) -> tuple[MarketEvent, ...]:
        """Mark and quote of a second with the trades that led to the quote, and the book behind it."""
        if self._behind is None:
            chance = self._model.depth_stream(self._number)
            self._behind = MinuteDepth(self._instrument, chance, self._path.prices, self.candle().volume)
        return mark, *self._behind.trades(second, quote), quote, self._behind.book(second, quote)

    def _ticks(self, price: float) -> int:
        return max(2, round(price / self._tick))

    def _basis(self, number: int, price: float) -> Price:
        """Mark minus price, moving straight from this minute's basis to the next one's."""
        begin, end = self._step.begin.basis, self._step.end.basis
        fraction = begin + (end - begin) * number / MINUTE_SECONDS
        return round(fraction * price * 1e8) * CENT_OF_A_CENT

    def _size(self, notional: float, price: float) -> Quantity:
        """A notional as a quantity in whole steps, at least the smallest order."""
        step = self._instrument.step
        return max(self._instrument.min_quantity, round(notional / price / float(step)) * step)
