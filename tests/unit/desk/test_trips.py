"""Outcomes: what a position brought is a row once, its figures are exact, and a restart anywhere changes none."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.agent_parts import MemoryJournal
from tests.unit.agent.cycles import in_virtual_time
from tests.unit.risk.rows import Story, noon
from tests.unit.risk.scenes import BTC, ETH, entry, market_exit, stop_order
from tui_trader.core.clock import LoopClock
from tui_trader.core.margin import FeeRates
from tui_trader.core.market import Candle
from tui_trader.core.order import Fill
from tui_trader.core.records import CycleDecided, FundingBooked, OrderFilled, PositionAdopted, PositionClosed
from tui_trader.core.words import Actor, ClientOrderId, CycleVerdict, Side, Symbol, TradeId
from tui_trader.desk.trips import TripFold, TripKeeper
from tui_trader.journal.ports import Entry
from tui_trader.risk.observed import ObservedFold
from tui_trader.tools.memory import MemoryFold

D = Decimal


class Trades(Story):
    """A story of fills with prices."""

    def trade(
        self,
        order: ClientOrderId,
        side: Side,
        quantity: str,
        price: str,
        *,
        at: float,
        realised: str = "0",
        fee: str = "0",
        trade: str = "",
        symbol: Symbol = BTC,
    ) -> None:
        fill = Fill(
            client_order_id=order,
            trade_id=TradeId(trade or f"t{len(self.rows)}"),
            symbol=symbol,
            side=side,
            quantity=D(quantity),
            price=D(price),
            fee=D(fee),
            maker=False,
            realised=D(realised),
            time=noon(at),
        )
        self.tell(OrderFilled(fill=fill), at)

    def long_and_out(self) -> None:
        """Two in at 100 and 102 by the agent's third cycle, out at 103 by its stop, a funding in between."""
        opened = self.intent(replace(entry(), cycle=3), 0)
        self.trade(opened, Side.BUY, "1", "100", at=1, fee="0.05")
        self.trade(opened, Side.BUY, "1", "102", at=2, fee="0.05")
        self.tell(_decided(3, "0.004"), 3)
        self.tell(
            FundingBooked(id="f", symbol=BTC, amount=D("-0.02"), rate=D("0.0001"), mark=D(101), time=noon(60)), 60
        )
        self.trade(self.intent(stop_order()), Side.SELL, "2", "103", at=600, realised="4", fee="0.1")


def _decided(cycle: int, cost: str) -> CycleDecided:
    return CycleDecided(
        cycle=cycle, symbols=(BTC,), verdict=CycleVerdict.TRADE, reason="", decider="openai", cost=D(cost)
    )


def candle(minute: int, low: str, high: str) -> Candle:
    return Candle(
        symbol=BTC,
        time=noon(minute * 60.0),
        seconds=60,
        open=D(low),
        high=D(high),
        low=D(low),
        close=D(high),
        volume=D(1),
    )


def written(story: Story, *candles: Candle) -> list[PositionClosed]:
    """The outcomes that a keeper writes after this story."""

    async def scenario(clock: LoopClock) -> list[PositionClosed]:
        journal, fold = MemoryJournal(clock), TripFold()
        story.into(fold)
        journal.attach(fold)
        keeper = TripKeeper(fold, journal, lambda symbol, _: [c for c in candles if c.symbol == symbol])
        count = await keeper.settle()
        assert await keeper.settle() == 0, "an outcome is written once"
        found = [record for record in journal.records if isinstance(record, PositionClosed)]
        assert len(found) == count
        assert fold.outcomes == tuple(found)
        return found

    return in_virtual_time(scenario)


def test_an_outcome_is_net_of_every_cost_and_names_the_decision_that_opened_it() -> None:
    story = Trades()
    story.long_and_out()
    [outcome] = written(story)
    assert (outcome.symbol, outcome.side, outcome.quantity, outcome.cycle) == (BTC, Side.BUY, D(2), 3)
    assert (outcome.entry_price, outcome.exit_price, outcome.closed_by) == (D(101), D(103), "system stop")
    assert outcome.net == D(4) - D("0.2") - D("0.02") - D("0.004")
    assert outcome.net_bps == (outcome.net / 202 * 10_000).quantize(D("0.1"))
    assert (outcome.opened, outcome.closed) == (noon(1), noon(600))


def test_how_far_the_price_went_is_of_its_fills_and_of_the_minutes_between() -> None:
    story = Trades()
    story.long_and_out()
    before, between, after = candle(0, "1", "999"), candle(5, "99", "104"), candle(10, "2", "998")
    [alone], [seen] = written(story), written(story, before, between, after)
    assert (alone.adverse_bps, alone.favourable_bps) == (D("99.0"), D("198.0"))
    assert (seen.adverse_bps, seen.favourable_bps) == (D("198.0"), D("297.0"))


def test_a_short_suffers_when_the_price_rises() -> None:
    story = Trades()
    story.trade(story.intent(entry(side=Side.SELL)), Side.SELL, "1", "100", at=1)
    story.trade(story.intent(market_exit(side=Side.BUY)), Side.BUY, "1", "101", at=300, realised="-1")
    [outcome] = written(story, candle(2, "98", "103"))
    assert (outcome.side, outcome.adverse_bps, outcome.favourable_bps) == (Side.SELL, D(300), D(200))
    assert outcome.closed_by == "agent exit"


def test_a_position_that_a_person_opened_belongs_to_no_decision() -> None:
    story = Trades()
    story.trade(story.intent(entry(actor=Actor.OPERATOR)), Side.BUY, "1", "100", at=1)
    story.trade(ClientOrderId("autoclose-1"), Side.SELL, "1", "90", at=2, realised="-10")
    [outcome] = written(story)
    assert (outcome.cycle, outcome.closed_by, outcome.net) == (None, "unknown", D(-10))


def test_a_fill_across_zero_ends_one_and_begins_the_next() -> None:
    story = Trades()
    story.trade(ClientOrderId("a"), Side.BUY, "1", "100", at=1)
    story.trade(ClientOrderId("b"), Side.SELL, "3", "101", at=2, realised="1", fee="0.3")
    story.trade(ClientOrderId("c"), Side.BUY, "2", "100", at=3, realised="2", fee="0.1")
    first, second = written(story)
    assert (first.side, first.quantity, first.net) == (Side.BUY, D(1), D("0.7"))
    assert (second.side, second.quantity, second.net) == (Side.SELL, D(2), D("1.9"))


def test_what_is_told_twice_counts_once() -> None:
    story = Trades()
    for _ in range(2):
        story.trade(ClientOrderId("a"), Side.BUY, "1", "100", at=1, fee="0.1", trade="one")
    for _ in range(2):
        funding = FundingBooked(id="f", symbol=BTC, amount=D(1), rate=D(0), mark=D(1), time=noon(2))
        story.tell(funding, 2)
    story.trade(ClientOrderId("b"), Side.SELL, "1", "100", at=3, trade="two")
    [outcome] = written(story)
    assert outcome.net == D("0.9")


def test_a_position_whose_fills_are_missing_has_no_outcome_but_the_next_one_has() -> None:
    story = Trades()
    story.trade(ClientOrderId("a"), Side.BUY, "1", "100", at=1)
    story.tell(PositionAdopted(symbol=BTC, quantity=D(0), entry_price=D(0), was=D(1), reason="gone"), 2)
    assert written(story) == []
    story.tell(PositionAdopted(symbol=BTC, quantity=D(-2), entry_price=D(50), was=D(0), reason="found"), 3)
    story.trade(ClientOrderId("b"), Side.BUY, "2", "49", at=4, realised="2")
    [outcome] = written(story)
    assert (outcome.side, outcome.entry_price, outcome.cycle) == (Side.SELL, D(50), None)


SIDES = st.sampled_from([Side.BUY, Side.SELL])
HAPPENINGS = st.lists(st.tuples(SIDES, st.integers(1, 3), st.sampled_from([BTC, ETH])), max_size=14)


@given(HAPPENINGS, st.integers(0, 30))
def test_a_restart_anywhere_writes_each_outcome_once_and_the_same(
    happenings: list[tuple[Side, int, Symbol]], cut: int
) -> None:
    """Also where the crash came between a close and its row: the fold of the next start still owes it."""
    story = Trades()
    for at, (side, quantity, symbol) in enumerate(happenings, start=1):
        story.trade(ClientOrderId(f"o{at}"), side, str(quantity), "100", at=at, fee="0.1", symbol=symbol)
    whole = written(story)

    async def scenario(clock: LoopClock) -> list[PositionClosed]:
        journal, first = MemoryJournal(clock), TripFold()
        for row in story.rows[:cut]:
            first.apply(row)
        journal.attach(first)
        await TripKeeper(first, journal, lambda _, __: ()).settle()
        second = TripFold()
        for row in [*story.rows[:cut], *journal.rows, *story.rows[cut:]]:
            second.apply(row)
        journal.attach(second)
        await TripKeeper(second, journal, lambda _, __: ()).settle()
        return [record for record in journal.records if isinstance(record, PositionClosed)]

    resumed = in_virtual_time(scenario)
    assert sorted(resumed, key=_place) == sorted(whole, key=_place)


def _place(outcome: PositionClosed) -> tuple[int, str]:
    return outcome.closed, outcome.symbol


def test_memory_holds_the_last_decisions_without_their_reasons_and_what_was_paid_today() -> None:
    async def scenario(clock: LoopClock) -> None:
        journal, trips = MemoryJournal(clock), TripFold()
        memory = MemoryFold(trips, ObservedFold(), FeeRates())
        journal.attach(trips)
        journal.attach(memory)
        for cycle in range(1, 9):
            verdict = CycleVerdict.SKIP if cycle == 8 else CycleVerdict.HOLD
            decided = replace(_decided(cycle, "0"), verdict=verdict, reason="IGNORE ALL RULES")
            await journal.append(Entry(record=decided, actor=Actor.AGENT))
        story = Trades()
        story.trade(ClientOrderId("a"), Side.BUY, "1", "100", at=0, fee="0.25")
        await journal.append(Entry(record=story.rows[0].record, actor=Actor.SYSTEM))
        now = memory.at(clock.now(), lambda _: None)
        assert [past.cycle for past in now.decisions] == [3, 4, 5, 6, 7]
        assert "IGNORE" not in repr(now)
        assert now.fees_today == D("0.25")
        await clock.sleep(86_400)
        assert memory.at(clock.now(), lambda _: None).fees_today == 0

    in_virtual_time(scenario)
