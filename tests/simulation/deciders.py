"""Scripted deciders: random, hostile, runaway and silent ones, beside the program's own rules."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence

from tui_trader.agent.deciders.ports import Decider, Decision, DecisionRequest, ProposedCall
from tui_trader.agent.deciders.rules import RulesDecider
from tui_trader.agent.faults import Fault
from tui_trader.core.records import JsonObject, JsonValue
from tui_trader.tools.ports import ToolSpec

KINDS = ("random", "random", "hostile", "runaway", "silent", "rules")
"""Each as likely as it is often named. `repeating`, which asks for one entry for ever, only a focus names."""
_RUNS_ON = 0.8
"""How often a runaway asks for the next decision itself."""


class Hushed:
    """Another decider, until `is_hushed`: then nothing is wanted any more."""

    def __init__(self, inner: Decider, is_hushed: Callable[[], bool]) -> None:
        self._inner = inner
        self._is_hushed = is_hushed

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def amends(self) -> bool:
        return self._inner.amends

    async def unaffordable(self, request: DecisionRequest) -> str:
        return await self._inner.unaffordable(request)

    async def decide(self, request: DecisionRequest) -> Decision:
        return Decision() if self._is_hushed() else await self._inner.decide(request)

    async def close(self) -> None:
        await self._inner.close()


class ScriptedDecider:
    """Draws its answers; `name` says how."""

    def __init__(self, name: str, chance: random.Random, symbols: tuple[str, ...], again: Callable[[], None]) -> None:
        """`again` asks for the next decision at once."""
        self.name = name
        self.amends = chance.random() < 0.3
        self._chance = chance
        self._symbols = symbols
        self._again = again
        self._wished_for = 0.0
        self._once: ProposedCall | None = None

    async def unaffordable(self, request: DecisionRequest) -> str:
        return ""

    async def decide(self, request: DecisionRequest) -> Decision:
        match self.name:
            case "silent":
                return await self._silence(request)
            case "runaway":
                self._run_on()
                return Decision(calls=tuple(self._trade() for _ in range(4)), reason="more")
            case "hostile":
                return self._hostile(request)
            case "repeating":
                self._once = self._once or self._trade()
                return Decision(calls=(self._once,), reason="the same again")
            case _:
                return Decision(calls=tuple(self._anything(request) for _ in range(self._chance.choice([0, 1, 1, 2]))))

    async def close(self) -> None:
        """Holds nothing."""

    def _run_on(self) -> None:
        """Ask for the next decision itself, soon; one such wish at a time."""
        loop = asyncio.get_running_loop()
        if loop.time() >= self._wished_for and self._chance.random() < _RUNS_ON:
            self._wished_for = loop.time() + self._chance.uniform(0.1, 2)
            loop.call_at(self._wished_for, self._again)

    async def _silence(self, request: DecisionRequest) -> Decision:
        """Late, faulty, broken, or at last a trade."""
        match self._chance.randrange(5):
            case 0:
                await asyncio.sleep(self._chance.uniform(request.deadline, 3 * request.deadline + 10))
                return Decision(calls=(self._trade(),))
            case 1:
                raise RuntimeError("the decider breaks")
            case 2:
                return Decision(fault=Fault.TIMEOUT)
            case _:
                return Decision(calls=(self._trade(),))

    def _hostile(self, request: DecisionRequest) -> Decision:
        """The most that the forms take, and now and then what no form takes."""
        chance = self._chance
        if chance.random() < 0.1:
            bad: JsonObject = chance.choice(
                [{}, {"symbol": "DOGEUSDT"}, {"reason": "x" * 9_000}, {"symbol": self._symbols[0], "stop_bps": -1}]
            )
            name = chance.choice(["resume", "set_leverage", "flatten", "rm -rf", "set_stop", "open_position"])
            return Decision(calls=(ProposedCall(tool=name, arguments=bad),))
        calls = [self._trade(most=True) for _ in range(chance.choice([1, 2, 3]))]
        calls += [self._extreme(spec) for spec in request.tools if spec.name == "set_stop"]
        return Decision(calls=tuple(calls), reason="all of it")

    def _anything(self, request: DecisionRequest) -> ProposedCall:
        if self._chance.random() < 0.6:
            return self._trade()
        spec = self._chance.choice([s for s in request.tools if s.name != "halt" or self._chance.random() < 0.1])
        orders = [order.client_order_id for order in request.observation.orders]
        return self._drawn(spec, orders)

    def _trade(self, *, most: bool = False) -> ProposedCall:
        """An entry that has a chance to pass the gate."""
        pick = self._chance.choice
        stop = pick([20, 50, 150, 400])
        arguments: dict[str, JsonValue] = {
            "symbol": pick(self._symbols),
            "side": pick(["long", "short"]),
            "risk_bps": 500 if most else pick([5, 20, 100, 500]),
            "entry": pick(["market", "limit"]),
            "limit_offset_bps": pick([0, 2, 10, 60]),
            "stop_bps": stop,
            "take_profit_bps": min(5_000, stop * pick([2, 4]) + 30),
            "reason": "r",
        }
        return ProposedCall(tool="open_position", arguments=arguments)

    def _drawn(self, spec: ToolSpec, orders: Sequence[str]) -> ProposedCall:
        return ProposedCall(tool=spec.name, arguments=self._filled(spec, self._draw_whole, orders))

    def _extreme(self, spec: ToolSpec) -> ProposedCall:
        return ProposedCall(tool=spec.name, arguments=self._filled(spec, lambda _, most: most, []))

    def _draw_whole(self, least: int, most: int) -> int:
        return min(most, max(least, int(10 ** self._chance.uniform(0, 3.5))))

    def _filled(self, spec: ToolSpec, whole: Callable[[int, int], int], orders: Sequence[str]) -> JsonObject:
        properties = spec.parameters["properties"]
        assert isinstance(properties, Mapping)
        return {name: self._value(name, schema, whole, orders) for name, schema in properties.items()}

    def _value(
        self, name: str, schema: JsonValue, whole: Callable[[int, int], int], orders: Sequence[str]
    ) -> JsonValue:
        assert isinstance(schema, Mapping)
        match schema:
            case {"enum": [*options]}:
                return self._chance.choice(options)
            case {"type": "integer", "minimum": int() as least, "maximum": int() as most}:
                return whole(least, most)
            case _ if name == "client_order_id":
                return self._chance.choice(orders) if orders else "tt-none"
            case _:
                return "r"


def decider_of(kind: str, chance: random.Random, symbols: tuple[str, ...], again: Callable[[], None]) -> Decider:
    """A decider of this kind."""
    return RulesDecider() if kind == "rules" else ScriptedDecider(kind, chance, symbols, again)
