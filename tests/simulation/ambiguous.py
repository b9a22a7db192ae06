"""Ten thousand orders whose answer says nothing: `python -m tests.simulation.ambiguous`; exit 1 where a rule broke.

Every order that leaves meets one of six fates of which the desk is told none: done or not, at once or late. At the wire
each id may be seen once; each order must settle as what the exchange knows of it, and count at full size until it does.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator

from tests.fakes.exchange import Script, WriteFault
from tests.fakes.trader_parts import BTC, D, Trader, entry, shipped_policy, trading, virtual_loop
from tui_trader.core.clock.pulse import stopwatch
from tui_trader.core.order import Order, OrderStatus, Purpose, TimeInForce
from tui_trader.core.words import Actor, TradingState
from tui_trader.desk.hands import Exit
from tui_trader.risk.policy import Policy

FATES = (
    WriteFault.EXECUTED,
    WriteFault.LOST,
    WriteFault.LOST_SLOWLY,
    WriteFault.DELAYED,
    WriteFault.HANGS,
    WriteFault.RAISES,
)
_ROUNDS = 20
"""Entries of one world: few enough for its ledger to remember every order."""
_PATIENCE = 120.0
"""Seconds, of the market's time, in which an order must have settled."""
_LOOK_EVERY = 0.25
_NO_LIMIT = 10**6


def boundless() -> Policy:
    """The shipped policy without the limits that would end the day early."""
    policy = shipped_policy()
    counts = (
        *("max_entries_per_day", "max_orders_per_minute", "max_consecutive_losses", "max_consecutive_failures"),
        *("max_cancels_per_minute", "max_unknown_outcomes", "max_slipped_orders", "max_identical_orders"),
    )
    shares = ("max_daily_loss_pct", "max_drawdown_pct", "max_error_rate_pct")
    pauses = ("reentry_cooldown", "min_hold", "entry_spacing")
    risk = dict.fromkeys(counts, _NO_LIMIT) | dict.fromkeys(shares, D(_NO_LIMIT)) | dict.fromkeys(pauses, 0.0)
    return policy.model_copy(update={"risk": policy.risk.model_copy(update=risk)})


class Ambiguity:
    """One world, in which no order is ever answered."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(f"{seed}:ambiguous")
        self.counts: Counter[str] = Counter()
        self.breaches: list[str] = []

    def _fate(self, _: object) -> WriteFault:
        fate = self._chance.choice(FATES)
        self.counts["outcomes"] += 1
        self.counts[f"fate {fate.name}"] += 1
        return fate

    async def live(self) -> None:
        """Enter and leave, again and again; then everything is compared."""
        script = Script(submit=self._fate, delay=1.9)
        async with trading(policy=boundless(), script=script) as trader:
            watching = asyncio.get_running_loop().create_task(self._watch(trader))
            for _ in range(_ROUNDS):
                await self._round(trader)
            watching.cancel()
            self._compare(trader)

    async def _round(self, trader: Trader) -> None:
        if trader.switch.state is not TradingState.ACTIVE:
            await trader.until(lambda: trader.quantity() == 0 and not trader.ledger.open_orders(), within=_PATIENCE)
            resumed = await trader.desk.resume(
                "the day goes on", actor=Actor.OPERATOR, answering=trader.desk.state.halts()
            )
            self.counts["resumed" if not resumed.refusal else "not resumed"] += 1
        wish = entry(price="94010", quantity="0.01", time_in_force=TimeInForce.IOC)
        sent = await trader.desk.enter(wish, tool="ambiguous")
        self.counts["denied" if sent.order is None else "entries"] += 1
        await self._settled(trader)
        for _ in range(20):
            if trader.quantity() == 0 and trader.world.held() == 0:
                break
            await trader.desk.exit(Exit(symbol=BTC, tool="ambiguous"))
            await self._settled(trader)
        await self._settled(trader)

    async def _settled(self, trader: Trader) -> None:
        left = _PATIENCE
        while _unsettled(trader) and left > 0:
            await trader.wait(_LOOK_EVERY)
            left -= _LOOK_EVERY
        self.counts["unsettled"] += len(_unsettled(trader))

    async def _watch(self, trader: Trader) -> None:
        """What is not settled counts, and at full size."""
        while True:
            await trader.wait(_LOOK_EVERY)
            book = trader.desk.book()
            for order in _unsettled(trader):
                if order.intent.purpose is Purpose.ENTRY:
                    self.counts["looks at an unsettled entry"] += 1
                    if book.worst_case_quantity(BTC, order.intent.side) < order.intent.quantity - order.filled:
                        self.breaches.append(f"{order.client_order_id} is unsettled and does not count at full size")

    def _compare(self, trader: Trader) -> None:
        submitted = trader.exchange.submitted
        seen = Counter(each.client_order_id for each in submitted)
        self.counts["orders at the wire"] += len(submitted)
        self.counts["ids at the wire"] += len(seen)
        self.breaches += [f"{order_id} was sent {count} times" for order_id, count in seen.items() if count > 1]
        for each in submitted:
            order = trader.desk.order(each.client_order_id)
            there = trader.world.paper._books.order(each.intent.symbol, each.client_order_id)
            assert order is not None
            self.counts[f"settled as {order.status.value}"] += 1
            is_open = order.status in (OrderStatus.UNKNOWN, OrderStatus.SENT)  # at full size, as was watched
            if there is None and not is_open and order.status is not OrderStatus.NOT_SENT:
                self.breaches.append(f"{each.client_order_id} is {order.status.value}, and the exchange never had it")
            if there is not None and not is_open and (there.status, there.filled) != (order.status, order.filled):
                self.breaches.append(f"{each.client_order_id} is {order.status.value} here, {there.status.value} there")
        if trader.quantity() != trader.world.held():
            self.breaches.append(f"{trader.quantity()} is held here, {trader.world.held()} there")


def _unsettled(trader: Trader) -> list[Order]:
    return [o for o in trader.ledger.open_orders() if o.status in (OrderStatus.SENT, OrderStatus.UNKNOWN)]


def world_of(seed: int) -> tuple[Counter[str], list[str]]:
    """One world's counts and breaches."""
    world = Ambiguity(seed)
    with asyncio.Runner(loop_factory=virtual_loop) as runner:
        runner.run(world.live())
    return world.counts, [f"seed {seed}: {breach}" for breach in world.breaches]


def worlds(count: int, jobs: int) -> Iterator[tuple[Counter[str], list[str]]]:
    """As many worlds as it takes for so many outcomes."""
    done, first = 0, 0
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        while done < count:
            for counts, breaches in pool.imap_unordered(world_of, range(first, first + 4 * jobs)):
                done += counts["outcomes"]
                yield counts, breaches
            first += 4 * jobs


def main() -> int:
    """Run, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.ambiguous", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="ambiguous outcomes, at least")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args()
    began, counts, breaches = stopwatch(), Counter[str](), list[str]()
    for more, broken in worlds(options.count, options.jobs):
        counts.update(more)
        breaches += broken
    print("\n".join(f"{number:8d}  {what}" for what, number in sorted(counts.items())))
    print("\n".join(breaches))
    print(f"{counts['outcomes']} ambiguous outcomes, {len(breaches)} breaches, {stopwatch() - began:.0f} s")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
