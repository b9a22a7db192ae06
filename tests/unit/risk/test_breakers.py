"""Circuit breakers: they open after so many failures in a row, rest, probe, and forget nothing in a restart."""

import asyncio
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.risk.rows import Story, noon
from tests.unit.risk.scenes import BOOK, POLICY, entry, metered
from tui_trader.core.words import BreakerScope
from tui_trader.journal.ports import Entry, Fold, Head, Row
from tui_trader.risk.breakers import (
    COOL_DOWN,
    LONGEST_COOL_DOWN,
    Breaker,
    BreakerFold,
    Breakers,
    after_failure,
    after_success,
    most_failures,
    open_breakers,
)
from tui_trader.risk.codes import Code
from tui_trader.risk.gate import judge

EXCHANGE, MODEL = BreakerScope.EXCHANGE, BreakerScope.MODEL
MOST = POLICY.risk.max_consecutive_failures
D = Decimal


class ListJournal:
    """Keeps rows in a list and lets another task in while it writes, as a real one does."""

    def __init__(self) -> None:
        self.story = Story()
        self._folds: list[Fold] = []

    @property
    def head(self) -> Head:
        return Head(len(self.story.rows), b"")

    def attach(self, fold: Fold) -> None:
        self._folds.append(fold)

    def follow(self, *folds: Fold) -> None:
        self._folds.extend(folds)

    async def append(self, *entries: Entry) -> tuple[Row, ...]:
        turn = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(turn.set_result, None)
        await turn
        rows = tuple(self.story.tell(entry.record) for entry in entries)
        for row in rows:
            for fold in self._folds:
                fold.apply(row)
        return rows


def folded(outcomes: str, *, scope: BreakerScope = EXCHANGE) -> BreakerFold:
    """What is left of failures (-) and successes (+), a second apart."""
    story, fold = Story(), BreakerFold()
    for outcome in outcomes:
        breaker = fold.of(scope)
        change = after_success(breaker) if outcome == "+" else after_failure(breaker, MOST, "timeout")
        if change is not None:
            fold.apply(story.tell(change, at=float(len(story.rows))))
    return fold


def opened(fold: BreakerFold) -> tuple[BreakerScope, ...]:
    return tuple(breaker.scope for breaker in open_breakers(fold.board))


def test_it_opens_at_the_limit_and_not_before() -> None:
    assert opened(folded("--")) == ()
    assert most_failures(folded("--").board) == 2
    assert opened(folded("---")) == (EXCHANGE,)


def test_a_success_in_between_begins_the_count_anew() -> None:
    assert opened(folded("--+--")) == ()


def test_a_success_that_changes_nothing_is_not_written() -> None:
    assert after_success(Breaker(EXCHANGE)) is None


def test_scopes_do_not_share_their_counts() -> None:
    fold = folded("---", scope=MODEL)
    assert fold.of(EXCHANGE).failures == 0
    assert opened(fold) == (MODEL,)


def test_a_probe_is_due_after_the_cool_down_and_each_failed_one_doubles_it() -> None:
    breaker = folded("---").of(EXCHANGE)
    assert not breaker.may_try(noon(2 + COOL_DOWN - 0.1))
    assert breaker.may_try(noon(2 + COOL_DOWN))
    assert breaker.open
    again = folded("----").of(EXCHANGE)
    assert again.open
    assert again.cool_down() == 2 * COOL_DOWN
    assert folded("-" * 40).of(EXCHANGE).cool_down() == LONGEST_COOL_DOWN


def test_a_probe_that_succeeds_closes_it() -> None:
    fold = folded("---+")
    assert (opened(fold), most_failures(fold.board)) == ((), 0)
    assert fold.of(EXCHANGE).may_try(noon())


@given(outcomes=st.text("+-", max_size=30))
def test_open_means_that_the_last_outcomes_are_that_many_failures(outcomes: str) -> None:
    fold = folded(outcomes)
    last = len(outcomes) - len(outcomes.rstrip("-"))
    assert fold.of(EXCHANGE).failures == last
    assert bool(opened(fold)) is (last >= MOST)


async def test_failures_reported_at_the_same_time_are_all_counted() -> None:
    journal, fold = ListJournal(), BreakerFold()
    journal.attach(fold)
    breakers = Breakers(journal, fold, lambda: MOST)
    await asyncio.gather(*(breakers.failed(EXCHANGE, "timeout") for _ in range(MOST)))
    assert fold.of(EXCHANGE).open
    assert not breakers.may_try(EXCHANGE, noon())
    await breakers.succeeded(EXCHANGE)
    await breakers.succeeded(EXCHANGE)
    assert breakers.may_try(EXCHANGE, noon())
    assert len(journal.story.rows) == MOST + 1


def test_an_open_breaker_denies_new_risk_until_its_probe_succeeded() -> None:
    assert judge(entry(), metered(breakers=folded("---", scope=MODEL).board), POLICY).code == Code.BREAKER_OPEN.value
    assert judge(entry(), BOOK, POLICY).intent is not None
