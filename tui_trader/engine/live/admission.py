"""The last conditions of a live start, on the wire: what the key may do, and whether its account is the one meant.

Everything here only reads; the account's modes are set after it, and the first order is far away.
"""

import logging
from typing import TYPE_CHECKING

from tui_trader.core.records import LiveTerms
from tui_trader.engine.live.conditions import RIGHTS, LiveRefused, account_is_accepted, key_warning, refuse_for
from tui_trader.engine.options import RunOptions
from tui_trader.exchange.binance.key_rights import KeyRights
from tui_trader.exchange.ports import ExchangeUnavailable

if TYPE_CHECKING:  # the library behind it takes half a second to load
    from tui_trader.exchange.binance.session import Session

_log = logging.getLogger(__name__)


async def admitted(session: "Session", options: RunOptions) -> LiveTerms:
    """What live is started on. Raises LiveRefused, ExchangeUnavailable."""
    terms = await read_terms(session, options)
    refuse_for(account_is_accepted(options.accepted_live, terms.account))
    if warning := key_warning(terms):
        _log.warning("live, account %s: %s", terms.account, warning)
    return terms


async def read_terms(session: "Session", options: RunOptions) -> LiveTerms:
    """The key's rights, all of them as they have to be, and its account. Raises LiveRefused, ExchangeUnavailable."""
    from tui_trader.exchange.binance.opening import account_name  # noqa: PLC0415

    caps = options.caps
    assert caps is not None  # a condition of the plan
    rights = await _rights(session)
    for problem in RIGHTS:
        refuse_for(problem(rights))
    return LiveTerms(account=await account_name(session), caps=caps.as_record(), is_ip_bound=rights.is_ip_bound)


async def _rights(session: "Session") -> KeyRights:
    """What cannot be read is no yes."""
    from tui_trader.exchange.binance.opening import key_rights  # noqa: PLC0415

    try:
        return await key_rights(session)
    except ExchangeUnavailable as error:
        raise LiveRefused(
            f"mode live: what the key may do could not be read ({error}). Without it nothing is started: try again "
            "later, or make a new key."
        ) from None
