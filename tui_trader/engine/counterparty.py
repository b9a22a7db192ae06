"""Exchange and market of a run, opened: on paper the books of the home, else the account of the key."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Clock
from tui_trader.core.market import MarketEvent
from tui_trader.core.records import LiveTerms
from tui_trader.core.words import Mode
from tui_trader.desk.ledger import Ledger
from tui_trader.engine.home import HomeError, account_lock
from tui_trader.engine.live.admission import admitted
from tui_trader.engine.plan import Plan
from tui_trader.engine.scouting import environment_for
from tui_trader.engine.settings import PaperSettings
from tui_trader.engine.wiring import feed_of
from tui_trader.exchange.paper import Jitter, Latency
from tui_trader.exchange.paper.books import PaperBooksError
from tui_trader.exchange.paper.exchange import PaperExchange
from tui_trader.exchange.ports import Exchange, ExchangeUnavailable
from tui_trader.market.choose import FeedKind
from tui_trader.market.live_feed import open_live_feed
from tui_trader.market.ports import Feed, FeedError

_LONGEST_TAIL = 20
"""Times the mean: 3 s at the most that can be set, so that an answer comes before a request counts as lost."""
_WAY_OUT = "Restore the file from a copy, or start in another folder with --home."


@dataclass(frozen=True, slots=True)
class Counterparty:
    """Who trades with us, on which market. `hears` is the ear of a paper exchange, which hears each event first."""

    exchange: Exchange
    feed: Feed
    hears: Callable[[MarketEvent], None] | None = None
    live: LiveTerms | None = None
    """On what real money is traded; None where none is."""


async def open_counterparty(
    plan: Plan, ledger: Ledger, clock: Clock, chance: Chance, stack: AsyncExitStack
) -> Counterparty:
    """Open both; `stack` closes them. Raises HomeError, FeedError, LiveRefused."""
    if plan.choice.kind is not FeedKind.BINANCE:
        return _on_paper(plan, feed_of(plan, clock, ledger), clock, chance, stack)
    # Here and not above: the library takes half a second to load, which a synthetic market need not wait for.
    from tui_trader.exchange.binance.opening import open_exchange  # noqa: PLC0415
    from tui_trader.exchange.binance.public_data import PublicData  # noqa: PLC0415
    from tui_trader.exchange.binance.session import Session  # noqa: PLC0415

    environment = environment_for(plan.options.settings, plan.options.mode)
    session = Session(environment, clock, chance)
    stack.push_async_callback(session.close)
    try:
        if plan.options.mode is Mode.PAPER:
            feed = await open_live_feed(PublicData(session), plan.instruments, clock=clock, start=plan.market_start)
            return _on_paper(plan, feed, clock, chance, stack)
        live = await admitted(session, plan.options) if plan.options.mode is Mode.LIVE else None
        exchange = await open_exchange(session, plan.symbols)
        stack.push_async_callback(exchange.close)
        _check_account(plan, exchange, environment.host)
        stack.enter_context(account_lock(exchange.account))
        instruments = await exchange.instruments()
        feed = await open_live_feed(PublicData(session), instruments, clock=clock, start=plan.market_start)
        return Counterparty(exchange, feed, live=live)
    except ExchangeUnavailable as error:
        raise FeedError(f"--feed binance: {environment.host}: {error}. Try again later.") from None


def _on_paper(plan: Plan, feed: Feed, clock: Clock, chance: Chance, stack: AsyncExitStack) -> Counterparty:
    exchange = _paper_exchange(plan, feed, clock, chance)
    stack.push_async_callback(exchange.close)
    _check_account(plan, exchange, str(plan.options.home.paper))
    return Counterparty(exchange, feed, exchange.on_market)


def _paper_exchange(plan: Plan, feed: Feed, clock: Clock, chance: Chance) -> PaperExchange:
    """The paper exchange of this home. Raises HomeError."""
    path = plan.options.home.paper
    if plan.past.opened is not None and not (path.exists() and path.stat().st_size):
        raise HomeError(f"{path}: the paper exchange's books are gone, though this home has traded. {_WAY_OUT}")
    try:
        return PaperExchange.open(
            path,
            feed.instruments,
            clock,
            account=f"paper-{chance.token('account')}",
            latency=latency_of(plan.options.settings.paper, chance),
            seal=plan.options.seal,
        )
    except PaperBooksError as error:
        raise HomeError(str(error)) from None


def latency_of(paper: PaperSettings, chance: Chance) -> Latency:
    """The way to the paper exchange as it is set; the tail ends at twenty times its mean, which none in 10^8 passes."""
    constant, mean = paper.latency_ms / 1000, paper.jitter_ms / 1000
    return Latency(constant, Jitter(chance=chance, mean=mean, most=_LONGEST_TAIL * mean) if mean else None)


def _check_account(plan: Plan, exchange: Exchange, where: str) -> None:
    """The account is the one that the home's first row names. Raises HomeError."""
    opened = plan.past.opened
    if opened is not None and opened.account != exchange.account:
        what = f"holds the account {exchange.account}, and this home belongs to {opened.account}"
        raise HomeError(f"{where}: {what}. {_WAY_OUT}")
