"""The log against the exchange's own list of orders: opened read-only, asked, compared. No engine is needed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant, WallClock, later
from tui_trader.core.words import Mode
from tui_trader.engine.commitments import Commitments, Compared, compared
from tui_trader.engine.home import Home, HomeError
from tui_trader.engine.scouting import environment_for
from tui_trader.engine.settings import Settings
from tui_trader.exchange.paper.history import PaperHistory
from tui_trader.exchange.ports import ExchangeUnavailable, OrderHistory, OrderReport
from tui_trader.journal.emergency import kept_lines
from tui_trader.journal.ports import JournalUnreadable
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.seal import Seal

_SKEW = 10.0
"""Seconds by which the exchange's clock may be behind ours."""
_WITHIN = 600.0
"""Seconds for all questions: ninety days of ten symbols are some hundred, and the exchange limits their pace."""


class Unaudited(Exception):
    """The exchange does not answer, so nothing was compared; the sentence says why."""


@dataclass(frozen=True, slots=True)
class ExchangeAudited:
    """What was compared, with which account, and from when on."""

    account: str
    since: Instant
    compared: Compared


async def audit_against_exchange(home: Home, settings: Settings, seal: Seal | None = None) -> ExchangeAudited:
    """Compare the home's log with the account's orders; `seal` is the key of an encrypted home.

    The log is read on after the exchange was asked, so an order that leaves meanwhile is in both. Raises Unaudited,
    HomeError, SettingsError, JournalUnreadable, JournalCorrupt.
    """
    known = Commitments()
    upto = _read_on(home, seal, known, 0)
    if known.opened is None:
        raise JournalUnreadable(f"{home.journal}: its first row does not say whose account it is.")
    since = later(known.opened.at, -_SKEW)
    async with _history(home, settings, seal, known.opened.mode) as history:
        if history.account != known.opened.account:
            raise HomeError(
                f"{home.folder}: belongs to the account {known.opened.account}, and the key (or paper.db) is that of "
                f"{history.account}. Use the key of that account."
            )
        listed: list[OrderReport] = []
        for symbol in sorted(known.symbols):
            listed += await history.orders_since(symbol, since)
    _read_on(home, seal, known, upto)
    now = WallClock().now()
    for line in kept_lines(home.emergency, seal):
        known.aside(line, 0, now)
    verdict = compared(known, listed, kept=history.kept, now=now, upto=upto)
    return ExchangeAudited(known.opened.account, since, verdict)


def _read_on(home: Home, seal: Seal | None, known: Commitments, after: int) -> int:
    """Take the rows after that one in; the number of the last one."""
    with JournalReader(home.journal, seal) as reader:
        head = reader.head().seq
        for row in reader.rows(after + 1, head):
            known.apply(row)
    return head


@asynccontextmanager
async def _history(home: Home, settings: Settings, seal: Seal | None, mode: Mode) -> AsyncIterator[OrderHistory]:
    if mode is Mode.PAPER:
        try:
            yield PaperHistory(home.paper, seal)
        except ExchangeUnavailable as error:
            raise Unaudited(str(error)) from None
        return
    # Here and not above: the library takes half a second to load.
    from tui_trader.exchange.binance.opening import open_history  # noqa: PLC0415
    from tui_trader.exchange.binance.session import Session  # noqa: PLC0415

    environment = environment_for(settings, mode)
    session = Session(environment, WallClock(), Chance(None))
    try:
        async with asyncio.timeout(_WITHIN):
            yield await open_history(session)
    except ExchangeUnavailable as error:
        raise Unaudited(f"{environment.host}: {error}") from None
    except TimeoutError:
        raise Unaudited(f"{environment.host} did not answer within {_WITHIN:g} s") from None
    finally:
        await session.close()
