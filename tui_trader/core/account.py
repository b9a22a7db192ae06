"""What the exchange says about the account: balance, positions, leverage; truth to reconcile against."""

from dataclasses import dataclass

from tui_trader.core.clock import Instant
from tui_trader.core.money import Money, Price, Quantity
from tui_trader.core.words import Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPosition:
    """A position as the exchange reports it."""

    symbol: Symbol
    quantity: Quantity
    entry_price: Price
    mark_price: Price
    liquidation_price: Price | None
    isolated_wallet: Money
    leverage: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """Balance and positions at one instant. `wallet` is realised money only; `available` can back new orders."""

    time: Instant
    wallet: Money
    available: Money
    positions: tuple[HeldPosition, ...]
    leverage: tuple[tuple[Symbol, int], ...]
    """The leverage set for each symbol, also where nothing is held."""
    not_isolated: tuple[Symbol, ...]
    """The symbols, of those that are traded, whose margin is not known to be isolated."""
    one_way: bool
    single_asset: bool
