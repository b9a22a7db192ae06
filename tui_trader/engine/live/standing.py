"""How far a home is from live, a line a condition, for whoever asks before starting. Nothing is begun by asking."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tui_trader.core.chance import Chance
from tui_trader.core.clock import WallClock
from tui_trader.core.words import Mode
from tui_trader.engine.credentials import Found
from tui_trader.engine.live.conditions import BEFORE, KEY_FROM_ANYWHERE, RIGHTS, LiveWish
from tui_trader.engine.scouting import PATIENCE, environment_for
from tui_trader.engine.secret_sources import SecretName
from tui_trader.engine.settings import Settings, SettingsError, written_mode
from tui_trader.exchange.binance.environment import Environment
from tui_trader.exchange.binance.key_rights import KeyRights
from tui_trader.exchange.ports import ExchangeUnavailable

_KEYS = (SecretName.BINANCE_API_KEY, SecretName.BINANCE_API_SECRET)


@dataclass(frozen=True, slots=True)
class Standing:
    """One condition of live: whether it holds, and how that is. `refuses` False: a start would only warn of it."""

    name: str
    holds: bool
    said: str
    refuses: bool = True


def standing(settings: Settings, found: Mapping[SecretName, Found], config: Path) -> Iterator[Standing]:
    """Every condition in the order of a start. The key is asked about only where all before it holds.

    `settings` have the secrets in them, `found` says where each was found. Raises SettingsError.
    """
    wish = LiveWish(
        config=config,
        written=written_mode(config),
        feed=settings.feed,
        decider=settings.decider,
        caps=settings.live_caps,
    )
    here = [_judged(each.name, each.problem(wish), each.met) for each in BEFORE]
    here.append(_judged("key", _key_problem(found), "the key and its secret are kept where nobody else sees them"))
    yield from here
    if all(each.holds for each in here):
        yield from _on_the_wire(settings)
    else:
        yield Standing("rights", holds=False, said="not asked what the key may do: what stands above comes first")


def _judged(name: str, problem: str, met: str) -> Standing:
    return Standing(name, holds=not problem, said=problem or met)


def _key_problem(found: Mapping[SecretName, Found]) -> str:
    missing = [name.value for name in _KEYS if name not in found]
    if missing:
        return f"no {' and no '.join(missing)}: keep it with `tui-trader keys set {missing[0]}`"
    plain = [name.value for name, where in found.items() if not where.is_sealed]
    return f"{', '.join(plain)}: live takes no secret from the environment or config.toml" if plain else ""


def _on_the_wire(settings: Settings) -> Iterator[Standing]:
    try:
        account, rights = asyncio.run(_looked(environment_for(settings, Mode.LIVE)))
    except (SettingsError, ExchangeUnavailable) as error:
        yield Standing("rights", holds=False, said=f"what the key may do could not be read: {error}")
        return
    except TimeoutError:
        yield Standing("rights", holds=False, said=f"Binance does not answer within {PATIENCE:g} s")
        return
    problems = [problem for check in RIGHTS if (problem := check(rights))]
    yield from (Standing("rights", holds=False, said=problem) for problem in problems)
    if not problems:
        yield Standing("rights", holds=True, said="the key trades futures, and can move no money")
    if rights.is_ip_bound:
        yield Standing("address", holds=True, said="the key works from its own addresses alone")
    else:
        yield Standing("address", holds=False, said=KEY_FROM_ANYWHERE, refuses=False)
    said = f"{account}: type this name in the console, or start with --i-accept-live {account}"
    yield Standing("account", holds=True, said=said)


async def _looked(environment: Environment) -> tuple[str, KeyRights]:
    # Here and not above: the library takes half a second to load.
    from tui_trader.exchange.binance.opening import account_name, key_rights  # noqa: PLC0415
    from tui_trader.exchange.binance.session import Session  # noqa: PLC0415

    session = Session(environment, WallClock(), Chance(None))
    try:
        async with asyncio.timeout(PATIENCE):
            rights = await key_rights(session)
            return await account_name(session), rights
    finally:
        await session.close()
