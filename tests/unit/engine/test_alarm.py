"""The alarm: what should not wait for its interval is decided at once, once, and only where early decisions are on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from tests.fakes.agent_parts import BTC, POLICY_TEXT, account, snapshot
from tests.unit.engine.time import NOON, in_virtual_time
from tests.unit.risk.rows import Story
from tests.unit.risk.scenes import entry, stop_order
from tui_trader.agent.attention import Attention
from tui_trader.agent.observation import Observation
from tui_trader.core.clock import Instant, LoopClock, later
from tui_trader.core.market import MarkPrice, Quote
from tui_trader.core.order import Intent, TimeInForce
from tui_trader.core.words import Side
from tui_trader.desk.ledger import Ledger
from tui_trader.engine.alarm import Alarm
from tui_trader.engine.schedule import Schedule
from tui_trader.market.state import MarketState
from tui_trader.risk.front_matter import read_prompt
from tui_trader.risk.policy import Policy, Triage

D = Decimal
RULES = Triage(early_move_atr=D(4), move_bps=D(1), early_per_hour=2)
"""With a range of 50, a move of 200 rings."""
POLICY: Policy = read_prompt(
    POLICY_TEXT.format(autonomy="auto", deadline="5s", budget="2"), file="test.md"
).policy.model_copy(update={"triage": RULES})


@dataclass
class Watch:
    """An alarm over a market, and the decisions that were made early."""

    clock: LoopClock
    is_on: bool = True
    looks: bool = True
    attention: Attention = field(default_factory=Attention)
    story: Story = field(default_factory=Story)
    schedule: Schedule = field(init=False)
    market: MarketState = field(init=False)
    ledger: Ledger = field(default_factory=Ledger)
    alarm: Alarm = field(init=False)

    def __post_init__(self) -> None:
        self.market = MarketState(self.clock)
        self.schedule = Schedule(self.clock, interval=lambda: 600.0, decide=self._decide, first_cycle=1)
        self.alarm = Alarm(
            attention=self.attention,
            market=self.market,
            ledger=self.ledger,
            clock=self.clock,
            policy=lambda: POLICY,
            schedule=self.schedule,
            is_on=lambda: self.is_on,
        )

    async def _decide(self, _: int) -> None:
        """The decider looks at what there is, or is not asked."""
        if self.looks:
            self.see()

    def see(self) -> None:
        calm = replace(snapshot(BTC), time=self.clock.now(), next_funding=self.funding)
        seen = Observation(
            time=self.clock.now(),
            snapshots=(calm,),
            unusable=(),
            account=account(),
            positions=(),
            orders=(),
            limits=(),
        )
        self.attention.looked(seen, RULES)

    @property
    def funding(self) -> Instant:
        return later(NOON, 2 * 3_600)

    def price(self, price: str) -> None:
        now, mid = self.clock.now(), D(price)
        self.market.apply(Quote(BTC, now, mid - 1, D(1), mid + 1, D(1)))
        self.market.apply(MarkPrice(BTC, now, mid, D("0.0001"), self.funding))
        self.alarm.look()

    def trade(self, intent: Intent) -> None:
        """The order is intended and trades."""
        before = len(self.story.rows)
        order = self.story.intent(intent)
        self.story.fill(order, intent.side, 1)
        for row in self.story.rows[before:]:
            self.ledger.apply(row)
            self.alarm.apply(row)
        self.alarm.look()


def early(scenario: Callable[[Watch], None], *, is_on: bool = True, after: float = 60.0) -> int:
    """How many decisions came early when this happened a minute after the first."""

    async def run(clock: LoopClock) -> int:
        watch = Watch(clock, is_on=is_on)
        running = asyncio.create_task(watch.schedule.run(None))
        await clock.sleep(after)
        first = watch.schedule.last_cycle
        scenario(watch)
        await clock.sleep(1)
        count = watch.schedule.last_cycle - first
        watch.schedule.stop()
        await running
        return count

    return in_virtual_time(run)


def test_a_large_move_is_decided_at_once_and_a_small_one_waits() -> None:
    assert early(lambda watch: watch.price("94201")) == 1
    assert early(lambda watch: watch.price("93799")) == 1
    assert early(lambda watch: watch.price("94199")) == 0


@pytest.mark.parametrize("looks", [True, False])
def test_the_same_view_rings_once_and_a_new_one_again(looks: bool) -> None:
    """Where the decision it called for was skipped or failed, nothing new was seen: it would ring for ever."""

    async def scenario(clock: LoopClock) -> int:
        watch = Watch(clock)
        running = asyncio.create_task(watch.schedule.run(None))
        await clock.sleep(60)
        watch.looks = looks
        for _ in range(2):
            watch.price("94201")
            await clock.sleep(60)
        watch.schedule.stop()
        await running
        return watch.schedule.last_cycle - 1

    assert in_virtual_time(scenario) == (2 if looks else 1)


def test_soon_after_a_decision_it_waits() -> None:
    assert early(lambda watch: watch.price("94201"), after=10.0) == 0


def test_where_early_decisions_are_off_nothing_rings() -> None:
    assert early(lambda watch: watch.price("95000"), is_on=False) == 0
    assert early(lambda watch: watch.trade(stop_order()), is_on=False) == 0


def test_a_stop_that_is_hit_or_an_entry_that_rested_rings_and_an_order_that_trades_at_once_does_not() -> None:
    assert early(lambda watch: watch.trade(stop_order())) == 1
    assert early(lambda watch: watch.trade(entry(time_in_force=TimeInForce.GTC))) == 1
    assert early(lambda watch: watch.trade(entry(time_in_force=TimeInForce.IOC))) == 0


def test_funding_that_comes_near_rings_for_what_is_held() -> None:
    def near(watch: Watch) -> None:
        watch.trade(entry(side=Side.BUY))
        watch.price("94000")

    assert early(near, after=2 * 3_600 - 700.0) == 0
    assert early(near, after=2 * 3_600 - 500.0) == 1
    assert early(lambda watch: watch.price("94000"), after=2 * 3_600 - 500.0) == 0
