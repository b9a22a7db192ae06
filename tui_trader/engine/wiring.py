"""Puts a trader together: exchange, journal, folds, desk, tools, agent. The only place that knows all of them."""

from dataclasses import dataclass

from langgraph.checkpoint.base import BaseCheckpointSaver

from tui_trader.agent.deciders.ports import Decider
from tui_trader.agent.runner import Agent
from tui_trader.agent.trace import AgentListener
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Clock
from tui_trader.core.words import Symbol
from tui_trader.desk.account import AccountSeen
from tui_trader.desk.desk import Desk
from tui_trader.desk.ledger import Ledger
from tui_trader.desk.parts import Parts, TaskKeeper
from tui_trader.desk.switch import HaltSwitch
from tui_trader.desk.trips import TripKeeper
from tui_trader.engine.knowledge import Knowledge
from tui_trader.engine.plan import Plan
from tui_trader.engine.policy_holder import PolicyHolder
from tui_trader.engine.prompt_keeper import PromptKeeper
from tui_trader.exchange.ports import Exchange
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.ports import Journal
from tui_trader.market.choose import FeedKind
from tui_trader.market.ports import Feed
from tui_trader.market.recording import recording_feed
from tui_trader.market.state import MarketState
from tui_trader.market.synthetic import SyntheticFeed
from tui_trader.risk.book import MarketView
from tui_trader.risk.breakers import Breakers
from tui_trader.risk.meters import LossMeters
from tui_trader.risk.trading_state import StateFold
from tui_trader.tools.box import ToolLayer
from tui_trader.tools.catalogue import all_tools
from tui_trader.tools.readings import LiveReadings


class MarketPrices:
    """The market state as the desk may see it."""

    def __init__(self, market: MarketState) -> None:
        self._market = market

    def of(self, symbol: Symbol) -> MarketView:
        """Prices of one symbol and their ages."""
        view = self._market.view(symbol)
        return MarketView(bid=view.bid, ask=view.ask, mark=view.mark, quote_age=view.quote_age, mark_age=view.mark_age)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A trader in its parts, wired and not yet started."""

    plan: Plan
    policy: PolicyHolder
    prompt: PromptKeeper
    market: MarketState
    feed: Feed
    ledger: Ledger
    state: StateFold
    meters: LossMeters
    switch: HaltSwitch
    seen: AccountSeen
    breakers: Breakers
    tasks: TaskKeeper
    desk: Desk
    tools: ToolLayer
    readings: LiveReadings
    trips: TripKeeper


def feed_of(plan: Plan, clock: Clock, ledger: Ledger) -> Feed:
    """The market of the plan, on this clock."""
    if plan.recorded is not None:
        return recording_feed(plan.recorded, clock=clock, lean=lambda symbol: _sign(ledger, symbol))
    return SyntheticFeed(
        plan.symbols,
        instruments=plan.instruments,
        chance=Chance(plan.market_seed),
        clock=clock,
        start=plan.market_start,
        depth=plan.choice.kind is FeedKind.SYNTHETIC_DEPTH,
    )


def _sign(ledger: Ledger, symbol: Symbol) -> int:
    side = ledger.position(symbol).side
    return side.sign if side is not None else 0


def assemble(
    plan: Plan,
    *,
    clock: Clock,
    journal: Journal,
    exchange: Exchange,
    feed: Feed,
    knowledge: Knowledge,
    emergency: EmergencyLog,
    tasks: TaskKeeper,
) -> Assembly:
    """Wire the parts. What is known follows the journal already."""
    ledger, state, meters = knowledge.ledger, knowledge.state, knowledge.meters
    policy = PolicyHolder(plan.prompt.policy.model_copy(update={"symbols": tuple(feed.instruments)}))
    market = MarketState(clock)
    switch = HaltSwitch(state, plan.options.home.halt_file)
    breakers = Breakers(journal, meters.breakers, lambda: policy.current.risk.max_consecutive_failures)
    seen, fees = AccountSeen(), knowledge.fees
    desk = Desk(
        Parts(
            exchange=exchange,
            journal=journal,
            clock=clock,
            ledger=ledger,
            state=state,
            meters=meters,
            approvals=knowledge.approvals,
            observed=knowledge.observed,
            breakers=breakers,
            switch=switch,
            seen=seen,
            emergency=emergency,
            prices=MarketPrices(market),
            policy=policy,
            instruments=feed.instruments,
            fees=fees,
            tasks=tasks,
        )
    )
    readings = LiveReadings(desk, market, policy, state, knowledge.memory)
    tools = ToolLayer(
        all_tools(desk, readings, policy),
        journal=journal,
        calls=knowledge.calls,
        emergency=emergency,
        symbols=tuple(feed.instruments),
    )
    return Assembly(
        plan=plan,
        policy=policy,
        prompt=PromptKeeper(
            plan.prompt,
            policy,
            symbols=tuple(feed.instruments),
            mode=plan.options.mode,
            caps=plan.options.caps,
        ),
        market=market,
        feed=feed,
        ledger=ledger,
        state=state,
        meters=meters,
        switch=switch,
        seen=seen,
        breakers=breakers,
        tasks=tasks,
        desk=desk,
        tools=tools,
        readings=readings,
        trips=TripKeeper(knowledge.trips, journal, market.candles),
    )


def agent_of(
    assembly: Assembly,
    journal: Journal,
    clock: Clock,
    checkpointer: "BaseCheckpointSaver[str]",
    *,
    emit: AgentListener,
    decider: Decider,
) -> Agent:
    """The agent over the assembly's tools and readings."""
    return Agent(
        decider=decider,
        toolbox=assembly.tools,
        readings=assembly.readings,
        journal=journal,
        breakers=assembly.breakers,
        clock=clock,
        policy=lambda: assembly.policy.current,
        checkpointer=checkpointer,
        emit=emit,
        asks_model=assembly.plan.decider != "rules",
        is_traced=assembly.plan.options.settings.langsmith_tracing,
    )
