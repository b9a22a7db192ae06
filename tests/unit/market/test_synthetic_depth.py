"""The synthetic book and trades say the same as quotes and candles, and change nothing else."""

from collections import defaultdict
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from tests.unit.market.markets import BTC, ETH, MINUTE, played
from tests.unit.market.test_synthetic import StillClock
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Clock, Instant
from tui_trader.core.instrument_table import instrument, known_symbols
from tui_trader.core.market import BookSnapshot, Candle, MarketEvent, MarketTrade, Quote
from tui_trader.core.money import is_multiple
from tui_trader.core.order_book import BookUpdate, OrderBook
from tui_trader.core.words import Symbol
from tui_trader.market.playback import told_at
from tui_trader.market.synthetic import SEEDED_START, SyntheticFeed

KNOWN = {symbol: found for symbol in known_symbols() if (found := instrument(symbol))}
END = Instant(SEEDED_START + 3 * MINUTE)


def events_of(seed: int = 7, *, depth: bool = True, after: Instant | None = None) -> list[MarketEvent]:
    def make(clock: Clock) -> AsyncIterator[MarketEvent]:
        feed = SyntheticFeed([BTC, ETH], instruments=KNOWN, chance=Chance(seed), clock=clock, depth=depth)
        return feed.events(after)

    return played(make, SEEDED_START if after is None else after, lambda event: told_at(event) > END)


def test_without_depth_the_market_is_the_same() -> None:
    told = events_of()
    assert [e for e in told if not isinstance(e, BookSnapshot | MarketTrade)] == events_of(depth=False)


def test_one_seed_one_book_from_wherever_it_is_read() -> None:
    told = events_of()
    assert told == events_of()
    assert told != events_of(8)
    cut = Instant(SEEDED_START + MINUTE + 30 * 10**9)
    assert events_of(after=cut) == [event for event in told if told_at(event) > cut]


def test_the_book_stands_behind_the_quote_each_second() -> None:
    told = events_of()
    quotes = {(event.symbol, event.time): event for event in told if isinstance(event, Quote)}
    books = [event for event in told if isinstance(event, BookSnapshot)]
    assert len(books) == len(quotes)
    shared = {symbol: OrderBook(symbol) for symbol in (BTC, ETH)}
    for event in books:
        quote, known = quotes[event.symbol, event.time], KNOWN[event.symbol]
        book = shared[event.symbol]
        assert book.apply(event) is BookUpdate.APPLIED
        assert book.best_bid == (quote.bid, quote.bid_size)
        assert book.best_ask == (quote.ask, quote.ask_size)
        assert (book.view().bids, book.view().asks) == (event.bids, event.asks)
        assert len(event.bids) == len(event.asks) == 10
        assert all(is_multiple(price, known.tick) for price, _ in event.bids + event.asks)
        assert all(is_multiple(size, known.step) and size > 0 for _, size in event.bids + event.asks)


def test_trades_lie_on_the_touch_and_add_up_to_the_candle() -> None:
    told = events_of()
    quotes = {(event.symbol, event.time): event for event in told if isinstance(event, Quote)}
    compared = 0
    volumes: defaultdict[tuple[Symbol, Instant], Decimal] = defaultdict(Decimal)
    for event in told:
        if isinstance(event, MarketTrade):
            quote = quotes[event.symbol, event.time]
            assert event.price == (quote.bid if event.buyer_is_maker else quote.ask)
            volumes[event.symbol, Instant(event.time - event.time % MINUTE)] += event.quantity
        elif isinstance(event, Candle) and event.time >= SEEDED_START:
            assert volumes.pop((event.symbol, event.time)) == event.volume
            compared += 1
    assert compared == 2 * 3


@pytest.mark.parametrize("symbol", known_symbols())
def test_every_symbol_has_a_sound_book(symbol: Symbol) -> None:
    market = SyntheticFeed([symbol], instruments=KNOWN, chance=Chance(3), clock=StillClock(), depth=True)
    minutes = market._sources[symbol]
    for told in minutes.seconds(SEEDED_START):
        book = OrderBook(symbol)
        for event in told:
            if isinstance(event, BookSnapshot):
                assert book.apply(event) is BookUpdate.APPLIED
                assert book.view().bids == event.bids
