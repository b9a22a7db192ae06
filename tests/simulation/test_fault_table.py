"""Every fault of a model, at every autonomy, in every state of the position: no order, a named fault, in time."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from tests.fakes.agent_over import AgentOver
from tests.fakes.model_service import KEY, answers, model_service
from tests.fakes.openai_server import OPEN, OpenAIServer
from tests.fakes.trader_parts import BTC, Trader, shipped_policy, trading, virtual
from tests.integration.agent.test_model_faults import EXPECTED
from tui_trader.agent.faults import Fault
from tui_trader.agent.llm.openai_chat import OpenAIChat
from tui_trader.agent.llm.settings import ChatSettings
from tui_trader.core.clock import elapsed
from tui_trader.core.order import Purpose
from tui_trader.core.records import CycleDecided, ModelAnswered, ModelAsked, Record
from tui_trader.core.words import Autonomy, CycleVerdict

PATIENT, HASTY = 60.0, 0.1
"""Seconds for an answer: of a model that answers, and of one that never will."""
SLOW_MACHINE = 2.0
"""Seconds: real ones count here, as a call's do."""


@dataclass
class Service:
    """A model's service, and what it does to the next question: `Trouble`, or an answer."""

    server: OpenAIServer = field(init=False)
    does: str = ""

    def chat(self) -> OpenAIChat:
        """A client of it."""
        return OpenAIChat(ChatSettings(model="any", api_key=SecretStr(KEY), base_url=self.server.base_url))


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    found = Service()
    with model_service(lambda _: found.does) as found.server:
        yield found


async def flat(_: Trader) -> None:
    """Nothing is held, nothing works."""


async def long(trader: Trader) -> None:
    await trader.opened(BTC, "long")


async def short(trader: Trader) -> None:
    await trader.opened(BTC, "short")


async def drawn_near(trader: Trader) -> None:
    """Long, with a stop that was moved since."""
    await trader.opened(BTC, "long")
    assert (await trader.agent("set_stop", symbol=BTC, stop_bps=50)).is_ok


async def resting(trader: Trader) -> None:
    """Flat, with an entry that rests in the book."""
    assert (await trader.open(BTC, "long", entry="limit", limit_offset_bps=40)).is_ok
    assert trader.working(Purpose.ENTRY)


async def long_and_resting(trader: Trader) -> None:
    await trader.opened(BTC, "long")
    prices = {"limit": "93900", "stop": "93000", "take_profit": "96500"}
    assert (await trader.operator("open_position", symbol=BTC, side="BUY", quantity="0.005", **prices)).is_ok
    assert trader.working(Purpose.ENTRY)


STATES: tuple[Callable[[Trader], Awaitable[None]], ...] = (flat, long, short, drawn_near, resting, long_and_resting)


@pytest.mark.parametrize("autonomy", list(Autonomy))
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_no_fault_sends_an_order(
    autonomy: Autonomy, state: Callable[[Trader], Awaitable[None]], service: Service
) -> None:
    """One trader, one agent and one client for all the faults: each has to leave them fit for the next."""

    @virtual
    async def table() -> None:
        async with trading() as trader:
            await state(trader)
            over = AgentOver(trader)
            decider = over.asking(service.chat())
            held, sent = trader.quantity(), len(trader.exchange.submitted)
            for trouble, fault in EXPECTED.items():
                deadline = HASTY if fault is Fault.TIMEOUT else PATIENT
                policy = shipped_policy()
                llm = policy.llm.model_copy(update={"deadline": deadline})
                trader.policy.current = policy.model_copy(update={"autonomy": autonomy, "llm": llm})
                service.does = trouble
                before, began = len(trader.journal.log.records), trader.world.clock.now()
                decided = await over.cycle(decider)
                took = elapsed(began, trader.world.clock.now())
                _is_that_fault(decided, fault, trader.journal.log.records[before:], trouble)
                assert took <= deadline + SLOW_MACHINE, f"{trouble} took {took} s"
                assert len(trader.exchange.submitted) == sent, f"{trouble} sent an order"
                assert trader.quantity() == held == trader.world.held()
                assert trader.world.is_protected()
            await decider.close()

    table()


def _is_that_fault(decided: CycleDecided, fault: Fault, records: Sequence[Record], trouble: str) -> None:
    assert decided.verdict is CycleVerdict.FAULT, trouble
    # The call and the cycle are due at the same moment: which of them is told of first depends on the machine.
    names = {Fault.TIMEOUT, Fault.LATE} if fault is Fault.TIMEOUT else {fault}
    assert decided.reason.split(":")[0] in names, trouble
    kinds = [type(record) for record in records]
    assert kinds.count(ModelAsked) == kinds.count(ModelAnswered) == kinds.count(CycleDecided) == 1, trouble
    [answered] = [record for record in records if isinstance(record, ModelAnswered)]
    assert answered.fault in names | {Fault.INTERRUPTED} if fault is Fault.TIMEOUT else answered.fault == fault


@pytest.mark.parametrize("autonomy", list(Autonomy))
def test_where_the_model_answers_well_only_auto_sends_by_itself(autonomy: Autonomy, service: Service) -> None:
    """So that the table above says something: the same harness does trade."""
    service.does = answers(("open_position", {**OPEN, "stop_bps": 100, "take_profit_bps": 300}))

    @virtual
    async def cycle() -> None:
        policy = shipped_policy().model_copy(update={"autonomy": autonomy})
        async with trading(policy=policy) as trader:
            over = AgentOver(trader)
            decider = over.asking(service.chat())
            decided = await over.cycle(decider)
            await decider.close()
            assert decided.verdict is not CycleVerdict.FAULT, decided.reason
            await trader.wait(12)
            assert bool(trader.exchange.submitted_entries()) == (autonomy is Autonomy.AUTO)
            assert trader.world.is_protected()

    cycle()
