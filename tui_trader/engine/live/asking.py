"""Puts the question before live together: judges the conditions, and looks at the account and its key."""

import asyncio

from tui_trader.core.chance import Chance
from tui_trader.core.clock import WallClock
from tui_trader.core.records import LiveTerms
from tui_trader.engine.live.admission import read_terms
from tui_trader.engine.live.conditions import key_warning, require, wish_of
from tui_trader.engine.live.question import LiveQuestion
from tui_trader.engine.options import RunOptions
from tui_trader.engine.plan import prompt_of
from tui_trader.engine.scouting import PATIENCE, environment_for
from tui_trader.exchange.binance.environment import Environment
from tui_trader.exchange.ports import ExchangeUnavailable
from tui_trader.market.ports import FeedError
from tui_trader.risk.caps import LiveCaps


def question_of(options: RunOptions) -> LiveQuestion:
    """Judge the conditions and look at the account, on a loop of its own. Nothing is set or sent.

    Raises LiveRefused, SettingsError, PolicyError, FeedError.
    """
    require(wish_of(options))
    policy = prompt_of(options).policy
    in_force = policy.risk.model_dump(mode="json")
    environment = environment_for(options.settings, options.mode)
    terms = _read(environment, options)
    return LiveQuestion(
        account=terms.account,
        host=environment.host,
        prompt=policy.name,
        autonomy=policy.autonomy,
        decider=options.decider,
        limits=tuple((name, str(in_force[name])) for name in LiveCaps.model_fields),
        warning=key_warning(terms),
    )


def _read(environment: Environment, options: RunOptions) -> LiveTerms:
    try:
        return asyncio.run(_look(environment, options))
    except TimeoutError:
        why = f"it does not answer within {PATIENCE:g} s"
    except ExchangeUnavailable as error:
        why = str(error)
    raise FeedError(f"--feed binance: {environment.host}: {why}. Try again later.")


async def _look(environment: Environment, options: RunOptions) -> LiveTerms:
    # Here and not above: the library takes half a second to load.
    from tui_trader.exchange.binance.session import Session  # noqa: PLC0415

    session = Session(environment, WallClock(), Chance(None))
    try:
        async with asyncio.timeout(PATIENCE):
            return await read_terms(session, options)
    finally:
        await session.close()
