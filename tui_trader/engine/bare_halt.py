"""The halt that needs no engine: cancels, and closes if asked, at the exchange itself.

For the case that none runs, or that one runs and does not answer. It is built on as little as possible: the account's
own word on orders and positions, and a file that is synced before each order leaves. The journal is never written here:
an engine that hangs may still have it open, and one log has one writer. What is done stands in `emergency.jsonl`, whose
lines commit the orders' ids like rows do, and which the next start imports.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Clock, LoopClock, PacedLoop, WallClock
from tui_trader.core.instrument_table import instrument, known_symbols
from tui_trader.core.records import HomeOpened, JsonObject, ToolCalled, ToolReturned, ToolStatus, TradingStateChanged
from tui_trader.core.words import Mode, TradingState
from tui_trader.engine.bare_hand import BareHand, Diary, Handled, position_name
from tui_trader.engine.commands import Halt
from tui_trader.engine.credentials import load_with_secrets
from tui_trader.engine.home import Home, HomeError, HomeLock
from tui_trader.engine.scouting import environment_for
from tui_trader.engine.settings import Settings, SettingsError
from tui_trader.engine.vault import seal_to_read
from tui_trader.exchange.paper import PaperBooksError, PaperExchange
from tui_trader.exchange.ports import Exchange, ExchangeUnavailable
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.ports import JournalCorrupt, JournalUnreadable, Row
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.redact import SECRETS
from tui_trader.journal.seal import Seal, SealUnusable

_WITHIN = 45.0
"""Seconds for everything, connecting included."""
_NEEDS_AN_ENGINE = "on paper nothing trades without an engine: start it and flatten"


class Unreached(Exception):
    """Nothing could be done at the exchange; the sentence says why."""


@dataclass(frozen=True, slots=True)
class _Halting:
    """One halt. `is_alone`: no other process holds this home."""

    home: Home
    settings: Settings
    opened: HomeOpened
    asked: Halt
    is_alone: bool
    seal: Seal | None


def halt_at_exchange(home: Home, asked: Halt) -> Handled:
    """Do it, on a loop of its own. Raises Unreached.

    Where no process holds the home, it is held meanwhile, so that no engine starts in between. Where one does, it is
    one that does not answer: at Binance everything is done beside it, as an exit can do no harm twice; on paper the
    exchange hangs with that process, and nothing trades.
    """
    seal, settings = _opened(home)
    first, last = _ends_of_the_log(home, seal)
    if first is None or last is None or not isinstance(first.record, HomeOpened):
        return Handled()  # nothing was ever sent from here
    lock = _lock(home)
    halting = _Halting(home, settings, first.record, asked, lock is not None, seal)
    loop = PacedLoop(1.0)
    # On paper time goes on where the log stopped: the books have never seen the machine's.
    clock = LoopClock(loop, last.time) if first.record.mode is Mode.PAPER else WallClock()
    try:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(_halted(halting, clock))
    except TimeoutError:
        raise Unreached(f"it took longer than {_WITHIN:g} s; what was done is in {home.emergency}") from None
    except (ExchangeUnavailable, SettingsError, HomeError, PaperBooksError) as error:
        raise Unreached(str(error)) from None
    finally:
        if lock is not None:
            lock.__exit__(None, None, None)


def _ends_of_the_log(home: Home, seal: Seal | None) -> tuple[Row | None, Row | None]:
    """The first and the last row, and none between: a long log must not hold up a halt."""
    if not home.journal.exists():
        return None, None
    try:
        with JournalReader(home.journal, seal) as reader:
            head = reader.head().seq
            return next(reader.rows(1, 1), None), next(reader.rows(head, head), None)
    except (JournalUnreadable, JournalCorrupt) as error:
        raise Unreached(f"whose account this is cannot be read: {error}") from None


def _opened(home: Home) -> tuple[Seal | None, Settings]:
    """What opens the home's files (None where they are plain), and the settings with the account's key."""
    try:
        seal = seal_to_read(home)  # first: gathering the settings takes all keys out of the environment
        return seal, load_with_secrets(home.config).settings
    except (SealUnusable, HomeError, SettingsError) as error:
        raise Unreached(str(error)) from None


def _lock(home: Home) -> HomeLock | None:
    """The home's lock; None where another process holds it."""
    try:
        return home.locked()
    except HomeError:
        return None


async def _halted(halting: _Halting, clock: Clock) -> Handled:
    asked = halting.asked
    log = EmergencyLog(halting.home.emergency, clock, Chance(None), redact=SECRETS, seal=halting.seal)
    diary = Diary(log)
    # Before anything is asked of the exchange: whatever comes of that, the next start is HALTED and knows why.
    diary.write(
        TradingStateChanged(state=TradingState.HALTED, reason=asked.reason, code="OPERATOR_HALT", person=asked.person)
    )
    arguments: JsonObject = {"reason": asked.reason, "flatten": asked.flatten}
    diary.write(ToolCalled(tool="halt", arguments=arguments, person=asked.person))
    async with asyncio.timeout(_WITHIN):
        done = await (_on_paper if halting.opened.mode is Mode.PAPER else _at_binance)(halting, clock, diary)
    status = ToolStatus.FAILED if done.left else ToolStatus.OK
    told = {"cancelled": done.cancelled, "closed": done.closed, "left": done.left}
    diary.write(ToolReturned(tool="halt", status=status, result=told))
    return done


async def _on_paper(halting: _Halting, clock: Clock, diary: Diary) -> Handled:
    """Entries go; nothing can be closed, since orders trade against what the market tells an engine."""
    if not halting.is_alone:
        return Handled(left=(_NEEDS_AN_ENGINE,) if halting.asked.flatten else ())
    known = {symbol: found for symbol in known_symbols() if (found := instrument(symbol)) is not None}
    exchange = PaperExchange.open(halting.home.paper, known, clock, seal=halting.seal)
    try:
        done = await BareHand(exchange, clock, diary, flatten=False, looks_again=False).work()
        report = await exchange.account_report()
    finally:
        await exchange.close()
    held = [position_name(position) for position in report.positions if position.quantity]
    if not halting.asked.flatten or not held:
        return done
    return Handled(cancelled=done.cancelled, left=(*done.left, *held, _NEEDS_AN_ENGINE))


async def _at_binance(halting: _Halting, clock: Clock, diary: Diary) -> Handled:
    async with _account(halting, clock) as exchange:
        if exchange.account != halting.opened.account:
            theirs, ours = exchange.account, halting.opened.account
            raise Unreached(f"the key is of the account {theirs}, and this home belongs to {ours}")
        hand = BareHand(exchange, clock, diary, flatten=halting.asked.flatten, looks_again=not halting.is_alone)
        return await hand.work()


@asynccontextmanager
async def _account(halting: _Halting, clock: Clock) -> AsyncIterator[Exchange]:
    # Here and not above: the library takes half a second to load, which a home on paper need not wait for.
    from tui_trader.exchange.binance.opening import open_for_exits  # noqa: PLC0415
    from tui_trader.exchange.binance.session import Session  # noqa: PLC0415

    session = Session(environment_for(halting.settings, halting.opened.mode), clock, Chance(None))
    try:
        yield await open_for_exits(session)
    finally:
        await session.close()
