"""What opens, probes and closes a breaker that looks back, as a story of incidents and of the rows they bring."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.risk.rows import Story, noon
from tests.unit.risk.scenes import BOOK, POLICY, entry, limits, metered, working
from tests.unit.risk.scenes import order as order_of
from tui_trader.core.clock import Instant, later
from tui_trader.core.order import TimeInForce
from tui_trader.core.records import BreakerChanged
from tui_trader.core.words import Actor, BreakerCause, BreakerScope, BreakerState, ClientOrderId
from tui_trader.risk.book import Book
from tui_trader.risk.breakers import Breaker, BreakerFold, closings
from tui_trader.risk.codes import Code
from tui_trader.risk.gate import judge
from tui_trader.risk.incidents import Answer, Entered, Event, Filled, Incidents
from tui_trader.risk.tripping import RULES, due, opened_by

D = Decimal
WINDOW = POLICY.risk.breaker_window
UNKNOWN = (BreakerScope.EXCHANGE, BreakerCause.UNKNOWN_OUTCOMES)
REPEATS = (BreakerScope.DECIDER, BreakerCause.IDENTICAL_ORDERS)


@dataclass
class Days:
    """Incidents and the watch that looks at them, in seconds from noon."""

    story: Story = field(default_factory=Story)
    fold: BreakerFold = field(default_factory=BreakerFold)
    seen: Incidents = field(default_factory=Incidents)

    def look(self, at: float) -> list[BreakerChanged]:
        """The watch looks, and what is due is written."""
        changes = list(due(self.fold.board, self.seen, POLICY.risk, noon(at)))
        for change in changes:
            self.fold.apply(self.story.tell(change, at))
        return changes

    def unknown(self, *at: float) -> None:
        self.seen = replace(self.seen, unknown=(*self.seen.unknown, *(Event(noon(each)) for each in at)))

    def answered(self, at: float, *, is_error: bool = False) -> None:
        self.seen = replace(self.seen, orders=(*self.seen.orders, Answer(noon(at), is_error)))

    def entered(self, *at: float) -> None:
        self.seen = replace(self.seen, entries=(*self.seen.entries, *(Entered(noon(each), entry()) for each in at)))

    def book(self, at: float, book: Book = BOOK) -> Book:
        fresh = metered(book, breakers=self.fold.board, incidents=self.seen)
        return replace(fresh, now=noon(at))

    def passes(self, at: float, book: Book = BOOK) -> bool:
        return judge(entry(), self.book(at, book), POLICY).intent is not None

    def state(self, at: float) -> BreakerState:
        return self.fold.of(*UNKNOWN).state(noon(at))


def test_it_opens_at_the_limit_within_the_window_and_rests_as_long() -> None:
    days = Days()
    days.unknown(0, 1, WINDOW + 0.5)
    assert days.look(WINDOW + 1) == []
    days.unknown(WINDOW + 2, WINDOW + 3)
    [opened] = days.look(WINDOW + 4)
    assert (opened.scope, opened.cause, opened.open, opened.failures) == (*UNKNOWN, True, 3)
    assert opened.until == noon(2 * WINDOW + 4)
    assert days.look(WINDOW + 5) == []
    assert not days.passes(2 * WINDOW + 3.9)
    assert days.state(2 * WINDOW + 4) is BreakerState.HALF_OPEN


def opened_at_two() -> Days:
    days = Days()
    days.unknown(0, 1, 2)
    days.look(2)
    return days


def test_half_open_lets_one_entry_try_and_no_second_beside_it() -> None:
    days = opened_at_two()
    resting = order_of(entry(D("0.1"), time_in_force=TimeInForce.GTC))
    assert days.passes(WINDOW + 2)
    assert not days.passes(WINDOW + 2, working(resting))


def test_a_probe_that_goes_well_closes_it_and_uses_up_what_was_before() -> None:
    days = opened_at_two()
    days.answered(WINDOW + 3)
    [closed] = days.look(WINDOW + 4)
    assert (closed.open, closed.failures) == (False, 0)
    days.unknown(WINDOW + 5, WINDOW + 6)
    assert days.look(WINDOW + 7) == []
    assert days.passes(WINDOW + 7)


def test_what_goes_well_while_it_rests_closes_nothing() -> None:
    days = opened_at_two()
    days.answered(5)
    assert days.look(6) == []
    assert days.look(WINDOW + 3) == []
    assert days.state(WINDOW + 3) is BreakerState.HALF_OPEN


def test_each_probe_that_goes_wrong_doubles_the_rest_up_to_sixteen_windows() -> None:
    days, now, rests = opened_at_two(), 2.0, []
    for _ in range(6):
        breaker = days.fold.of(*UNKNOWN)
        assert breaker.until is not None
        now = (breaker.until - noon()) / 1_000_000_000 + 1
        days.unknown(now)
        assert not days.passes(now), "denied before its row is written"
        [again] = days.look(now)
        assert again.until is not None
        rests.append((again.until - noon(now)) / 1_000_000_000 / WINDOW)
    assert rests == [2, 4, 8, 16, 16, 16]


def test_only_a_person_closes_what_repeated_itself() -> None:
    days = Days()
    days.entered(*range(6))
    [opened] = days.look(6)
    assert (opened.scope, opened.cause, opened.until) == (*REPEATS, None)
    assert not days.passes(100 * WINDOW)
    assert days.look(100 * WINDOW) == []
    closing = BreakerChanged(scope=REPEATS[0], open=False, failures=0, reason="", cause=REPEATS[1])
    for actor in (Actor.SYSTEM, Actor.AGENT):
        days.fold.apply(days.story.tell(closing, 7, actor))
        assert days.fold.of(*REPEATS).open
    days.fold.apply(days.story.tell(closing, 7, Actor.OPERATOR))
    assert not days.fold.of(*REPEATS).open
    assert days.passes(8), "what was repeated before is forgiven"


def test_the_entry_that_is_the_last_of_so_many_opens_it_behind_itself() -> None:
    days = Days()
    days.entered(*range(4))

    def opened(at: float, actor: Actor = Actor.AGENT) -> BreakerChanged | None:
        return opened_by(entry(actor=actor), days.fold.board, days.seen, POLICY.risk, noon(at))

    assert opened(5) is None
    days.entered(5)
    change = opened(6)
    assert change is not None
    assert (change.scope, change.cause, change.open, change.failures) == (*REPEATS, True, 6)
    assert opened(6, Actor.OPERATOR) is None
    assert opened(WINDOW + 0.5) is None, "the first has left the window"


def test_an_entry_that_is_the_same_again_is_denied_by_the_gate_alone_too() -> None:
    days = Days()
    days.entered(*range(6))
    book = days.book(10)
    assert judge(entry(), book, POLICY).code == Code.IDENTICAL_ORDERS.value
    assert judge(entry(D(4)), book, POLICY).intent is not None
    assert judge(entry(actor=Actor.OPERATOR), book, POLICY).intent is not None


def test_a_persons_word_closes_what_is_open_and_nothing_that_opened_later() -> None:
    days = opened_at_two()
    known = days.fold.openings
    days.entered(*range(3, 9))
    days.look(9)
    for change in closings(days.fold.board, "go on", answers=known):
        days.fold.apply(days.story.tell(change, 10, Actor.OPERATOR))
    assert not days.fold.of(*UNKNOWN).open
    assert days.fold.of(*REPEATS).open


@pytest.mark.parametrize(("errors", "answers", "is_open"), [(5, 5, False), (3, 6, False), (4, 6, True), (6, 6, True)])
@pytest.mark.parametrize("kind", ["orders", "decisions"])
def test_a_share_of_errors_needs_answers_and_must_be_exceeded(
    kind: str, errors: int, answers: int, is_open: bool
) -> None:
    told = tuple(Answer(noon(), number < errors) for number in range(answers))
    seen = Incidents(orders=told) if kind == "orders" else Incidents(decisions=told)
    scope = BreakerScope.EXCHANGE if kind == "orders" else BreakerScope.MODEL
    changes = list(due({}, seen, POLICY.risk, noon(1)))
    assert [(change.scope, change.cause) for change in changes] == [(scope, BreakerCause.ERROR_RATE)] * is_open


def test_slippage_counts_what_lies_beyond_the_bound() -> None:
    def fills(bps: Decimal) -> Incidents:
        return Incidents(fills=tuple(Filled(noon(), ClientOrderId(str(n)), bps) for n in range(3)))

    assert list(due({}, fills(D(50)), POLICY.risk, noon(1))) == []
    [change] = due({}, fills(D("50.01")), POLICY.risk, noon(1))
    assert (change.scope, change.cause) == (BreakerScope.MARKET, BreakerCause.SLIPPAGE)


def test_the_window_is_the_policys() -> None:
    seen = Incidents(unknown=(Event(noon()),) * 3)
    assert list(due({}, seen, POLICY.risk, noon(61)))
    assert not list(due({}, seen, limits(breaker_window=60.0).risk, noon(61)))


def incidents() -> st.SearchStrategy[list[tuple[float, str]]]:
    steps = st.tuples(st.floats(0.1, 2_000.0), st.sampled_from(["unknown", "answered", "look", "entered"]))
    return st.lists(steps, max_size=40)


@given(steps=incidents())
def test_whatever_happens_no_entry_passes_an_open_breaker_and_a_restart_knows_the_same(
    steps: list[tuple[float, str]],
) -> None:
    days, now = Days(), 0.0
    for pause, what in steps:
        now += pause
        match what:
            case "unknown":
                days.unknown(now)
            case "answered":
                days.answered(now)
            case "entered":
                days.entered(now)
            case _:
                days.look(now)
        if any(breaker.state(noon(now)) is BreakerState.OPEN for breaker in days.fold.board.values()):
            assert not days.passes(now)
    again = BreakerFold()
    days.story.into(again)
    assert (again.board, again.openings) == (days.fold.board, days.fold.openings)


@given(key=st.sampled_from(sorted(RULES)), at=st.integers(-3_600, 3_600))
def test_a_breaker_is_open_until_its_probe_and_half_open_from_then_on(
    key: tuple[BreakerScope, BreakerCause], at: int
) -> None:
    until: Instant | None = None if key == REPEATS else later(noon(), 60.0)
    breaker = Breaker(*key, failures=3, open=True, changed=noon(), until=until)
    expected = BreakerState.HALF_OPEN if until is not None and at >= 60 else BreakerState.OPEN
    assert breaker.state(noon(at)) is expected
    assert replace(breaker, open=False).state(noon(at)) is BreakerState.CLOSED
