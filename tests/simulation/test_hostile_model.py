"""A model that means harm: whatever tools it calls, however often and with whatever arguments, the policy holds."""

import json
import random
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests.fakes.agent_over import AgentOver
from tests.fakes.agent_parts import plain_json
from tests.fakes.door import Door
from tests.fakes.hostile import HOSTILE
from tests.fakes.trader_parts import BTC, ETH, NO_BREAKERS, Trader, shipped_policy, virtual, world_of
from tui_trader.agent.llm.ports import ChatCall, ChatReply, ChatRequest, ChatUsage
from tui_trader.core.records import JsonObject, OrderIntended, ToolCalled, TradingStateChanged
from tui_trader.core.words import Actor, Symbol, TradingState
from tui_trader.risk.policy import Policy

DIRECT = 12
"""Calls straight to the tools, past everything that screens a model's answer, for each cycle."""
NAMES = (
    "open_position", "open_position", "open_position", "close_position", "reduce_position", "set_stop",
    "set_take_profit", "cancel_all", "cancel_order", "halt", "resume", "flatten", "set_leverage", "approve", "reject",
    "propose_position", "observe_position", "hold", "withdraw", "get_account", "", "__class__",
)  # fmt: skip


@dataclass
class Villain:
    """Makes calls up: often nearly right, at times absurd."""

    chance: random.Random
    model: str = "villain"
    max_output_tokens: int = 100
    wishes: int = 0

    def call(self) -> tuple[str, JsonObject]:
        """A tool and its arguments."""
        self.wishes += 1
        name = self.chance.choice(NAMES)
        arguments: dict[str, object] = {
            "symbol": self._symbol(),
            "side": self.chance.choice(["long", "short", "BUY", "SELL", "both"]) if self._odd() else self._side(),
            "risk_bps": self._whole(1, 500),
            "entry": self.chance.choice(["market", "limit"]),
            "limit_offset_bps": self._whole(0, 100),
            "stop_bps": self._whole(5, 2_000),
            "take_profit_bps": self._whole(5, 5_000),
            "percent": self._whole(1, 100),
            "reason": self.chance.choice(HOSTILE)[:400],
            "leverage": 125,
            "quantity": "1000",
            "client_order_id": self.chance.choice(HOSTILE)[:60],
        }
        wanted = _WANTED.get(name, ())
        kept = {key: value for key, value in arguments.items() if key in wanted or self.chance.random() < 0.01}
        return name, plain_json(kept)  # type: ignore[return-value, arg-type]  # a villain keeps to no type

    async def ask(self, request: ChatRequest) -> ChatReply:
        """One to four calls, now and then forty."""
        count = 40 if self.chance.random() < 0.05 else self.chance.randint(1, 4)
        calls = [self.call() for _ in range(count)]
        return ChatReply(
            text=self.chance.choice(HOSTILE)[:400],
            calls=tuple(ChatCall(name=name, arguments=json.dumps(arguments)) for name, arguments in calls),
            usage=ChatUsage(input_tokens=1_000, output_tokens=50),
        )

    async def close(self) -> None:
        """Nothing is open."""

    def _odd(self) -> bool:
        return self.chance.random() < 0.03

    def _side(self) -> str:
        return self.chance.choice(["long", "short"])

    def _symbol(self) -> str:
        return (
            self.chance.choice(["DOGEUSDT", "btcusdt", "BTCUSDT\u200b"])
            if self._odd()
            else self.chance.choice([BTC, ETH])
        )

    def _whole(self, least: int, most: int) -> object:
        odd = [-1, 0, most + 1, 10**30, "5", None, True, "1e9"]
        return self.chance.choice(odd) if self._odd() else self.chance.randint(least, most)


_ENTRY = ("symbol", "side", "risk_bps", "entry", "limit_offset_bps", "stop_bps", "take_profit_bps", "reason")
_WANTED = {
    "open_position": _ENTRY,
    "propose_position": _ENTRY,
    "close_position": ("symbol", "reason"),
    "reduce_position": ("symbol", "percent", "reason"),
    "set_stop": ("symbol", "stop_bps", "reason"),
    "set_take_profit": ("symbol", "take_profit_bps", "reason"),
    "cancel_all": ("reason",),
    "cancel_order": ("client_order_id", "reason"),
    "halt": ("reason",),
    "resume": ("reason",),
    "set_leverage": ("symbol", "leverage"),
}


def busy_policy() -> Policy:
    """The shipped one, except that a day and a minute are not soon used up."""
    policy = shipped_policy()
    pace = {
        "max_entries_per_day": 10_000,
        "max_orders_per_minute": 60,
        "max_consecutive_failures": 100,
        "max_consecutive_losses": 100,
        "entry_spacing": 0.0,
        "min_hold": 1.0,
        "reentry_cooldown": 1.0,
        "max_reversals_per_day": 1_000,
        **NO_BREAKERS,
    }
    return policy.model_copy(update={"risk": policy.risk.model_copy(update=pace)})


def rampage(calls: int, seed: int = 1) -> None:
    chance = random.Random(seed)

    @virtual
    async def story() -> None:
        async with world_of() as world:
            world.step = lambda _, price: max(Decimal(1), price * Decimal(f"{1 + chance.gauss(0, 0.0003):.6f}"))
            trader = await world.start(policy=busy_policy())
            over, villain = AgentOver(trader), Villain(chance)
            over.door = trader.exchange.door = Door(trader, slack=Decimal("1.02"))
            decider = over.asking(villain)
            while villain.wishes < calls:
                await over.cycle(decider)
                for _ in range(DIRECT):
                    name, arguments = villain.call()
                    await trader.tools.call(name, arguments, caller=Actor.AGENT, cycle=over.last_cycle)
                await trader.wait(chance.choice([0.0, 0.5, 3.0]))
                if trader.state.current is not TradingState.ACTIVE:
                    await _set_free(trader)
            await trader.wait(30)
            _nothing_happened_outside_the_policy(trader, over)
            trader.tasks.cancel()

    story()


async def _set_free(trader: Trader) -> None:
    """A person looks, and lets it go on; only a person can."""
    await trader.operator("flatten")
    await trader.wait(15)
    await trader.operator("resume", reason="the test goes on")


def _nothing_happened_outside_the_policy(trader: Trader, over: AgentOver) -> None:
    """The door has judged each order as it went in; the rest is looked at here."""
    assert trader.failures == []
    assert over.door.passed > 20, "a villain that never trades proves nothing"
    assert all(trader.world.is_protected(Symbol(symbol)) for symbol in (BTC, ETH))
    records = trader.journal.log.rows
    resumed = [
        r for r in records if isinstance(r.record, TradingStateChanged) and r.record.state is TradingState.ACTIVE
    ]
    assert all(row.actor is not Actor.AGENT for row in resumed), "only a person resumes"
    intended = [row.record.intent for row in records if isinstance(row.record, OrderIntended)]
    assert {intent.symbol for intent in intended} <= {BTC, ETH}
    assert all(leverage <= 3 for leverage in (trader.world.paper._venue.state.books[s].leverage for s in (BTC, ETH)))
    assert sum(isinstance(row.record, ToolCalled) for row in records) > 0


def test_some_thousand_tool_calls_leave_the_policy_whole() -> None:
    rampage(2_500)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_a_hundred_thousand_tool_calls_leave_the_policy_whole() -> None:
    rampage(100_000, seed=2)
