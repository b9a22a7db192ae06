"""What the book offers: level by level, within limit and bound, and nothing twice."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.exchange.bench import BTC, DAYBREAK, D, instrument
from tui_trader.core.market import BookDiff, BookSnapshot, Level, Quote
from tui_trader.core.money import ZERO
from tui_trader.core.words import Side
from tui_trader.exchange.paper import DepthModel
from tui_trader.exchange.paper.offers import Offers

BUY, SELL = Side.BUY, Side.SELL
TICK, STEP = D("0.1"), D("0.001")
MODEL = DepthModel(impact_bps=D(1), bound_bps=D(10))

quantities = st.integers(1, 8000).map(lambda n: n * STEP)
sizes = st.lists(st.integers(0, 3000).map(lambda n: n * STEP), min_size=1, max_size=6)
offsets = st.integers(0, 400)
sides = st.sampled_from(Side)


def book(bids: tuple[Level, ...], asks: tuple[Level, ...]) -> Offers:
    offers = Offers(instrument(), MODEL)
    offers.hear(BookSnapshot(BTC, DAYBREAK, 1, bids, asks))
    return offers


def ladder(side: Side, told: list[D]) -> tuple[Level, ...]:
    """Levels a tick apart, away from 100,000."""
    return tuple((D(100_000) - side.sign * TICK * (n + 1), size) for n, size in enumerate(told))


def test_where_nothing_was_heard_nothing_is_known() -> None:
    offers = Offers(instrument(), MODEL)
    assert not offers.are_known
    assert offers.resting(BUY, D(100_000)) is None
    assert offers.take(BUY, D(1), None) == ()
    assert not offers.reach(BUY, D(100_000))


def test_what_rests_is_known_up_to_the_last_level_told() -> None:
    offers = book(((D(100_000), D(2)), (D(99_999), D(1))), ((D(100_001), D(3)),))
    assert offers.resting(BUY, D(100_000)) == 2
    assert offers.resting(BUY, D("99999.5")) == 0, "between known levels there is nothing"
    assert offers.resting(BUY, D("100000.5")) == 0, "nor before the best"
    assert offers.resting(BUY, D("99998.9")) is None
    assert offers.resting(SELL, D(100_001)) == 3
    assert offers.resting(SELL, D("100001.1")) is None


def test_what_is_told_later_widens_what_is_known() -> None:
    offers = book(((D(100_000), D(2)),), ((D(100_001), D(3)),))
    assert offers.resting(BUY, D(99_999)) is None
    offers.hear(BookDiff(BTC, DAYBREAK, 1, 2, 1, ((D(99_998), D(1)),), ()))
    assert offers.resting(BUY, D(99_999)) == 0


def test_a_newer_quote_is_believed_about_the_touch() -> None:
    offers = book(((D(100_000), D(2)), (D(99_999), D(1))), ((D(100_001), D(3)),))
    offers.hear_touch(Quote(BTC, DAYBREAK, D(99_999), D("0.7"), D("99999.5"), D("0.2")))
    assert offers.resting(BUY, D(100_000)) == 0
    assert offers.resting(BUY, D(99_999)) == D("0.7")
    assert offers.resting(SELL, D("99999.5")) == D("0.2")
    assert offers.resting(SELL, D(100_001)) == 3
    assert offers.reach(BUY, D("99999.5"))
    assert not offers.reach(SELL, D("99999.1"))


def test_a_touch_that_shrank_below_what_we_took_gives_nothing_until_it_grows_beyond() -> None:
    offers = book(((D(99_999), D(1)),), ((D(100_000), D(3)),))
    offers.take(BUY, D(2), D(100_000))
    for size, free in (("1.5", "0"), ("1.5", "0"), ("1.9", "0.4")):
        offers.hear_touch(Quote(BTC, DAYBREAK, D(99_999), D(1), D(100_000), D(size)))
        assert offers.give(BUY, D(9), D(100_000)) == D(free)


def test_what_was_taken_before_a_touch_that_moved_away_is_forgotten() -> None:
    offers = book(((D(99_999), D(1)),), ((D(100_000), D(3)), (D(100_001), D(3))))
    offers.take(BUY, D(3), D(100_000))
    for ask in (100_001, 100_000):
        offers.hear_touch(Quote(BTC, DAYBREAK, D(99_999), D(1), D(ask), D(3)))
    assert offers.give(BUY, D(9), D(100_000)) == 3


def test_behind_the_book_each_taker_goes_on_where_the_last_one_ended() -> None:
    """One level of 2: each further 2 costs a basis point; the second taker begins 1 bp away."""
    offers = book(((D(100_000), D(2)),), ((D(100_001), D(2)),))
    first, second = offers.take(SELL, D(4), None), offers.take(SELL, D(2), None)
    assert [(part.price, part.quantity) for part in (*first, *second)] == [
        (D(100_000), D(2)),
        (D(99_995), D(2)),
        (D(99_985), D(2)),
    ]
    offers.hear(BookDiff(BTC, DAYBREAK, 1, 2, 1, (), ((D(100_002), D(1)),)))
    (third,) = offers.take(SELL, D(2), None)
    assert (third.price, third.quantity) == (D(99_995), D(2)), "what is not known comes anew, what is known does not"


@given(sides, sizes, st.lists(st.tuples(quantities, st.one_of(st.none(), offsets)), min_size=1, max_size=6))
def test_takers_get_no_more_than_is_there_no_better_than_the_touch_and_within_limit_and_bound(
    taker: Side, told: list[D], orders: list[tuple[D, int | None]]
) -> None:
    resting = ladder(taker.opposite, told)
    offers = book(*((resting, ()) if taker is SELL else ((), resting)))
    shown = {price: size for price, size in resting if size}
    got: dict[D, D] = {}
    touch = next(iter(shown), None)
    for quantity, offset in orders:
        limit = None if offset is None else D(100_000) + taker.sign * TICK * offset
        taken = offers.take(taker, quantity, limit)
        total = sum((part.quantity for part in taken), start=ZERO)
        assert total <= quantity
        if touch is None:
            assert taken == ()
            continue
        assert limit is not None or total == quantity
        for part in taken:
            assert part.quantity > 0
            assert part.price % TICK == 0
            assert (part.price - touch) * taker.sign >= 0
            assert (part.price - touch) * taker.sign <= touch * MODEL.bound_bps / 10_000 + TICK
            assert limit is None or (limit - part.price) * taker.sign >= 0
            got[part.price] = got.get(part.price, ZERO) + part.quantity
    inside = [price for price in shown if price != list(shown)[-1]]
    for price in inside:
        assert got.get(price, ZERO) <= shown[price], "behind the last level alone the model adds"


@given(sides, sizes, quantities, offsets)
def test_what_is_held_can_be_taken(taker: Side, told: list[D], quantity: D, offset: int) -> None:
    resting = ladder(taker.opposite, told)
    offers = book(*((resting, ()) if taker is SELL else ((), resting)))
    limit = D(100_000) + taker.sign * TICK * offset
    is_held = offers.hold(taker, quantity, limit)
    taken = sum((part.quantity for part in offers.take(taker, quantity, limit)), start=ZERO)
    assert is_held is (taken == quantity)


@given(sides, sizes, st.lists(st.tuples(quantities, sizes), max_size=8))
def test_of_a_level_no_more_is_taken_than_it_had_and_ever_gained(
    taker: Side, told: list[D], rounds: list[tuple[D, list[D]]]
) -> None:
    side = taker.opposite
    level = dict(ladder(side, told))
    first = tuple(level.items())
    offers = book(*((first, ()) if side is BUY else ((), first)))
    had, got = dict(level), dict.fromkeys(level, ZERO)
    for number, (quantity, changed) in enumerate(rounds):
        known = offers._walk(taker, quantity, None).known
        offers.give(taker, quantity, D(200_000) if taker is BUY else D(1))
        for part in known:
            got[part.price] += part.quantity
        after = dict(ladder(side, changed[: len(told)]))
        for price, size in after.items():
            had[price] += max(ZERO, size - level[price])
            level[price] = size
        change = tuple(after.items())
        bids, asks = (change, ()) if side is BUY else ((), change)
        offers.hear(BookDiff(BTC, DAYBREAK, number + 1, number + 2, number + 1, bids, asks))
    assert all(got[price] <= had[price] for price in got)
