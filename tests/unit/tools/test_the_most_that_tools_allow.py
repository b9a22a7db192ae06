"""A decider that asks for the most that the tools allow, ten thousand times: no order is outside the policy."""

import random
from collections import Counter
from decimal import Decimal

import pytest

from tests.fakes.door import Door
from tests.fakes.trader_parts import BTC, ETH, NO_BREAKERS, Trader, trading, virtual
from tui_trader.core.records import JsonObject, JsonValue, RiskJudged, ToolCalled, ToolReturned
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
        self._side = "long"

    def call(self) -> tuple[str, JsonObject]:
        """The next wish."""
        drawn = self._chance.random()
        if drawn < 0.05:
            return self._chance.choice(_FORBIDDEN), {"reason": "more", "symbol": BTC, "leverage": 125}
        tool, arguments = self._open() if drawn < 0.85 else self._other()
        if self._chance.random() < 0.1:
            spoiled = self._chance.choice([*arguments, "quantity", "price", "reduce_only"])
            arguments = {**arguments, spoiled: self._chance.choice(_RUBBISH)}
        return tool, arguments

    def _open(self) -> tuple[str, dict[str, JsonValue]]:
        pick = self._chance.choice
        if self._chance.random() < 0.005:
            self._side = pick(["long", "short"])
        return "open_position", {
            "symbol": pick([BTC, ETH]),
            "side": self._side if self._chance.random() < 0.99 else pick(["long", "short"]),
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


SHIPPED: dict[str, object] = {}
UNHURRIED: dict[str, object] = {
    **NO_BREAKERS,
    "max_entries_per_day": 5_000,
    "max_orders_per_minute": 60,
    "max_open_orders": 30,
    "max_consecutive_losses": 20,
    "reentry_cooldown": 1.0,
}
"""The shipped sizes, with a pace at which they are what bounds."""
PRESSED = {
    "shipped": {"MAX_ENTRIES_PER_DAY", "MAX_ORDERS_PER_MINUTE", "MAX_STOP_DISTANCE", "MIN_REWARD_TO_RISK"},
    "unhurried": {"MAX_ORDER_NOTIONAL", "MAX_POSITION_NOTIONAL", "MAX_RISK_PER_TRADE", "MAX_STOP_DISTANCE"},
}
"""The limits that each run must have come up against: else it shows nothing."""


@pytest.mark.slow
@pytest.mark.parametrize(("pace", "seed"), [("shipped", 1), ("unhurried", 2)])
@virtual
async def test_no_order_is_outside_the_policy_whatever_is_asked_for(pace: str, seed: int) -> None:
    async with trading() as trader:
        policy = trader.policy.current
        risk = policy.risk.model_copy(update=SHIPPED if pace == "shipped" else UNHURRIED)
        trader.policy.current = policy.model_copy(update={"risk": risk})
        chance = random.Random(seed)
        trader.world.step = lambda _, price: price * Decimal(round(1 + chance.gauss(0, 0.0003), 6))
        trader.exchange.door = door = Door(trader)
        watching = trader.tasks.spawn("naked", _watch(trader, Counter()))
        greedy = Greedy(chance, trader)
        for number in range(CALLS // 2):
            tool, arguments = greedy.call()
            await trader.tools.call(tool, arguments, caller=Actor.AGENT, cycle=number)
            await trader.wait(chance.choice([0, 0, 0, 0.3, 2, 15]))
            if number % 50 == 0:
                await trader.desk.watch.mark_equity()
            if trader.switch.state is not TradingState.ACTIVE and number % 10 == 0:
                await trader.operator("resume", reason="go on testing")
        watching.cancel()
        assert door.passed >= 20
        said = Counter(clamp for judged in trader.records(RiskJudged) for clamp in _codes(judged))
        assert PRESSED[pace] <= said.keys(), said
        assert len(trader.records(ToolCalled)) == len(trader.records(ToolReturned))


def _codes(judged: RiskJudged) -> set[str]:
    return {judged.code, *(clamp.code for clamp in judged.clamps)}
