"""The account as Binance reports it, put together from four answers."""

from collections.abc import Mapping, Sequence

from tui_trader.core.account import AccountReport, HeldPosition
from tui_trader.core.clock import Instant
from tui_trader.core.words import Symbol
from tui_trader.exchange.binance.answers import (
    AccountAnswer,
    AccountConfig,
    PositionAnswer,
    SymbolConfig,
    Unreadable,
    figure,
)

_ONE_WAY = "BOTH"
_ISOLATED = "ISOLATED"


def report_of(
    *,
    time: Instant,
    quote: str,
    symbols: Sequence[Symbol],
    account: AccountAnswer,
    positions: Sequence[PositionAnswer],
    config: AccountConfig,
    settings: Sequence[SymbolConfig],
) -> AccountReport:
    """Balance in `quote`, all positions, and the settings of `symbols`. Raises Unreadable."""
    balance = next((asset for asset in account.assets if asset.asset == quote), None)
    if balance is None:
        raise Unreadable(f"the account has no {quote}")
    by_symbol = {Symbol(each.symbol): each for each in settings}
    ours = [by_symbol[symbol] for symbol in symbols if symbol in by_symbol]
    return AccountReport(
        time=time,
        wallet=balance.wallet_balance,
        available=balance.available_balance,
        positions=tuple(_held(each, by_symbol) for each in positions if each.position_amt),
        leverage=tuple((Symbol(each.symbol), each.leverage) for each in ours),
        not_isolated=tuple(s for s in symbols if s not in by_symbol or by_symbol[s].margin_type != _ISOLATED),
        one_way=not config.dual_side_position and all(each.position_side == _ONE_WAY for each in positions),
        single_asset=not config.multi_assets_margin,
    )


def _held(answer: PositionAnswer, settings: Mapping[Symbol, SymbolConfig]) -> HeldPosition:
    setting = settings.get(Symbol(answer.symbol))
    return HeldPosition(
        symbol=Symbol(answer.symbol),
        quantity=answer.position_amt,
        entry_price=answer.entry_price,
        mark_price=answer.mark_price,
        liquidation_price=figure(answer.liquidation_price),
        isolated_wallet=answer.isolated_wallet,
        leverage=setting.leverage if setting else 1,
    )
