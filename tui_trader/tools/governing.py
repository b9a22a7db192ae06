"""halt, resume, flatten, set_leverage: the trader's own state; all but halt are the operator's alone."""

from typing import ClassVar

from tui_trader.core.words import Actor
from tui_trader.desk.desk import Desk
from tui_trader.desk.parts import PolicyInForce
from tui_trader.desk.state import Halts
from tui_trader.tools.arguments import LeverageOf, NoArguments, WithReason
from tui_trader.tools.ports import ToolAnswer
from tui_trader.tools.tool import Call, Tool, denied, done, failed, symbol_of

RESUME_REFUSED = "RESUME_REFUSED"
"""Trading does not go on; the sentence says why."""


class Halt(Tool):
    """Stop all new risk, now."""

    name: ClassVar = "halt"
    description: ClassVar = "Halt trading: no new risk until a person resumes. Stops stay on the exchange."
    forms: ClassVar = {Actor.AGENT: WithReason, Actor.OPERATOR: WithReason}
    trades: ClassVar = True
    reduces: ClassVar = True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, call: Call) -> ToolAnswer:
        """Halt."""
        assert isinstance(call.arguments, WithReason)
        code = "AGENT_HALT" if call.caller is Actor.AGENT else "OPERATOR_HALT"
        await self._desk.state.halt(call.arguments.reason, actor=call.caller, code=code, person=call.person)
        return done(self.name, {"trading_state": "HALTED"})


class Resume(Tool):
    """Go on trading, with a reason."""

    name: ClassVar = "resume"
    description: ClassVar = "Resume trading after a halt or while reducing."
    forms: ClassVar = {Actor.OPERATOR: WithReason}
    trades: ClassVar = True
    reduces: ClassVar = False

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def noted(self) -> Halts:
        """The halts that a resume asked for now may answer; one that comes later wins."""
        return self._desk.state.halts()

    async def run(self, call: Call) -> ToolAnswer:
        """Resume, or say why not."""
        assert isinstance(call.arguments, WithReason)
        assert isinstance(call.asked, Halts)
        resumed = await self._desk.resume(
            call.arguments.reason, actor=call.caller, answering=call.asked, person=call.person
        )
        if not resumed.is_done:
            return denied(self.name, RESUME_REFUSED, resumed.refusal)
        return done(self.name, {"trading_state": "ACTIVE"})


class Flatten(Tool):
    """Cancel everything, close everything, verify."""

    name: ClassVar = "flatten"
    description: ClassVar = "Cancel all orders, close all positions reduce-only, verify that nothing is left."
    forms: ClassVar = {Actor.OPERATOR: NoArguments}
    trades: ClassVar = True
    reduces: ClassVar = True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, call: Call) -> ToolAnswer:
        """Flatten, and say what is left if it did not come about."""
        flattened = await self._desk.flatten(actor=call.caller, correlation=call.correlation)
        if not flattened.is_flat:
            return failed(self.name, "not flat: " + "; ".join(flattened.left))
        return done(self.name, {"flat": True})


class SetLeverage(Tool):
    """The exchange's leverage setting of a symbol, within the policy."""

    name: ClassVar = "set_leverage"
    description: ClassVar = "Set a symbol's leverage at the exchange."
    forms: ClassVar = {Actor.OPERATOR: LeverageOf, Actor.SYSTEM: LeverageOf}
    trades: ClassVar = True
    reduces: ClassVar = False

    def __init__(self, desk: Desk, policy: PolicyInForce) -> None:
        self._desk = desk
        self._policy = policy

    async def run(self, call: Call) -> ToolAnswer:
        """Set it and compare."""
        assert isinstance(call.arguments, LeverageOf)
        wish, limit = call.arguments, self._policy.current.risk.max_leverage
        if wish.leverage > limit:
            return denied(self.name, "MAX_LEVERAGE", f"asked {wish.leverage}, the policy allows {limit}")
        refusal = await self._desk.set_leverage(symbol_of(wish.symbol), wish.leverage)
        if refusal:
            return failed(self.name, refusal)
        return done(self.name, {"symbol": wish.symbol, "leverage": wish.leverage})
