"""A model that thinks while the market moves: what it decided by is held against the price of the decision's end."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from pydantic import SecretStr

from tests.fakes.agent_over import AgentOver
from tests.fakes.model_service import KEY, answers, model_service
from tests.fakes.openai_server import LATER, OPEN, SLOWLY, OpenAIServer
from tests.fakes.trader_parts import Trader, shipped_policy, trading, virtual
from tui_trader.agent.llm.openai_chat import OpenAIChat
from tui_trader.agent.llm.settings import ChatSettings
from tui_trader.core.clock import NANOSECONDS
from tui_trader.core.records import CycleDecided, RiskJudged
from tui_trader.core.words import CycleVerdict

OPENING = LATER + answers(("open_position", {**OPEN, "stop_bps": 100, "take_profit_bps": 300}))


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with model_service() as served:
        yield served


async def just_before_a_tick(trader: Trader) -> None:
    """The market ticks on whole seconds; the model is asked so late before one that its answer comes after it."""
    passed = trader.world.clock.now() % NANOSECONDS / NANOSECONDS
    await trader.wait((2 - SLOWLY / 2 - passed) % 1)


async def decided_while_it_moves(trader: Trader, server: OpenAIServer, by: str) -> CycleDecided:
    """One cycle of a slow model, in which the price moves by this share."""
    over = AgentOver(trader)
    patient = shipped_policy().llm.model_copy(update={"deadline": 60.0})
    trader.policy.current = trader.policy.current.model_copy(update={"llm": patient})
    chat = OpenAIChat(ChatSettings(model=OPENING, api_key=SecretStr(KEY), base_url=server.base_url))
    decider = over.asking(chat)
    await just_before_a_tick(trader)
    target = {symbol: price * (1 + Decimal(by)) for symbol, price in trader.world.prices.items()}
    trader.world.step = lambda symbol, _: target[symbol]
    try:
        return await over.cycle(decider)
    finally:
        await decider.close()


@pytest.mark.parametrize("by", ["0.007", "-0.007"])
def test_a_price_that_moved_beyond_the_policy_denies_what_was_decided_before(by: str, server: OpenAIServer) -> None:
    @virtual
    async def story() -> None:
        async with trading() as trader:
            decided = await decided_while_it_moves(trader, server, by)
            assert (decided.verdict, decided.reason) == (CycleVerdict.DENIED, "0 allowed, denied: PRICE_MOVED")
            (judged,) = [row for row in trader.records(RiskJudged) if row.cycle == decided.cycle]
            assert (judged.code, judged.verdict) == ("PRICE_MOVED", "deny")
            assert "decided at 94000, now" in judged.detail
            assert trader.exchange.submitted_entries() == []

    story()


def test_a_move_within_the_policy_does_not(server: OpenAIServer) -> None:
    @virtual
    async def story() -> None:
        async with trading() as trader:
            decided = await decided_while_it_moves(trader, server, "0.002")
            assert decided.verdict is CycleVerdict.TRADE, decided.reason
            assert len(trader.exchange.submitted_entries()) == 1

    story()
