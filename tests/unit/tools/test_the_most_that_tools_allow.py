"""A decider that asks for the most that the tools allow, ten thousand times: no order is outside the policy."""

import random
from collections import Counter
from decimal import Decimal

import pytest

from tests.fakes.door import Door
from tests.fakes.trader_parts import BTC, ETH, Trader, trading, virtual
from tui_trader.core.records import JsonObject, JsonValue, ToolCalled, ToolReturned
from tui_trader.core.words import Actor, Symbol, TradingState

CALLS = 10_000
_NAKED_FOR = 11
"""Seconds: the time to protect, and the second at which one looks."""
_RUBBISH: tuple[JsonValue, ...] = (None, True, -1, 0, 10**30, "NaN", "1e9", "", "BTCUSD", "\x00", [], {}, ["long"])
_FORBIDDEN = ("resume", "flatten", "set_leverage", "set_limits", "__class__", "")


class Greedy:
    """Random tools with extreme arguments, from a seed."""

    def __init__(self, chance: random.Random, trader: Trader) -> None:
        self._chance = chance
        self._trader = trader

    def call(self) -> tuple[str, JsonObject]:
        """The next wish."""
        drawn = self._chance.random()
        if drawn < 0.05:
            return self._chance.choice(_FORBIDDEN), {"reason": "more", "symbol": BTC, "leverage": 125}
        tool, arguments = self._open() if drawn < 0.75 else self._other()
        if self._chance.random() < 0.1:
            spoiled = self._chance.choice([*arguments, "quantity", "price", "reduce_only"])
            arguments = {**arguments, spoiled: self._chance.choice(_RUBBISH)}
        return tool, arguments

    def _open(self) -> tuple[str, dict[str, JsonValue]]:
        pick = self._chance.choice
        return "open_position", {
            "symbol": pick([BTC, ETH]),
            "side": pick(["long", "short"]),
            "risk_bps": pick([500, 500, 500, 100, 20]),
            "entry": pick(["market", "limit"]),
            "limit_offset_bps": pick([0, 0, 5, 100]),
            "stop_bps": pick([5, 20, 50, 100, 300, 500, 2_000]),
            "take_profit_bps": pick([5_000, 1_000, 300, 60]),
            "reason": "more",
        }

    def _other(self) -> tuple[str, dict[str, JsonValue]]:
        pick = self._chance.choice
        symbol = pick([BTC, ETH])
        orders = self._trader.ledger.open_orders()
        order_id = pick(orders).client_order_id if orders else "tt-none"
        wishes: list[tuple[str, dict[str, JsonValue]]] = [
            ("close_position", {"symbol": symbol, "reason": "less"}),
            ("reduce_position", {"symbol": symbol, "percent": pick([1, 50, 100]), "reason": "less"}),
            ("set_stop", {"symbol": symbol, "stop_bps": pick([5, 20, 100, 2_000]), "reason": "x" * 5_000}),
            ("set_take_profit", {"symbol": symbol, "take_profit_bps": pick([5, 5_000]), "reason": "x"}),
            ("cancel_order", {"client_order_id": order_id, "reason": "x"}),
            ("cancel_all", {"symbol": symbol, "reason": "x"}),
            ("get_limits", {}),
        ]
        return pick(wishes)


async def _watch(trader: Trader, naked: Counter[Symbol]) -> None:
    """No position stands without a stop for longer than the time to protect."""
    while True:
        await trader.wait(1)
        for symbol in trader.world.prices:
            naked[symbol] = 0 if trader.world.is_protected(symbol) else naked[symbol] + 1
            assert naked[symbol] <= _NAKED_FOR


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "entries_a_day"), [(1, 20), (2, 5_000)])
@virtual
async def test_no_order_is_outside_the_policy_whatever_is_asked_for(seed: int, entries_a_day: int) -> None:
    """Half of the calls under the shipped policy, half with a day that is never used up."""
    async with trading() as trader:
        policy = trader.policy.current
        risk = policy.risk.model_copy(update={"max_entries_per_day": entries_a_day})
        trader.policy.current = policy.model_copy(update={"risk": risk})
        chance = random.Random(seed)
        trader.world.step = lambda _, price: price * Decimal(round(1 + chance.gauss(0, 0.0003), 6))
        trader.exchange.door = door = Door(trader)
        watching = trader.tasks.spawn("naked", _watch(trader, Counter()))
        greedy, answers = Greedy(chance, trader), Counter[str]()
        for number in range(CALLS // 2):
            tool, arguments = greedy.call()
            answer = await trader.tools.call(tool, arguments, caller=Actor.AGENT, cycle=number)
            answers[answer.code or answer.status.value] += 1
            await trader.wait(chance.choice([0, 0, 0.3, 2, 20]))
            if number % 50 == 0:
                await trader.desk.watch.mark_equity()
            if trader.switch.state is not TradingState.ACTIVE and number % 25 == 0:
                await trader.operator("resume", reason="go on testing")
        watching.cancel()
        assert door.passed >= 20, answers
        assert len(trader.records(ToolCalled)) == len(trader.records(ToolReturned))
