"""What the account's owner sets by hand: a symbol's leverage, and the margin of what is held."""

from tui_trader.core.margin import initial_margin
from tui_trader.core.money import ZERO, Money
from tui_trader.core.words import Symbol
from tui_trader.exchange.paper.clearing import Clearing
from tui_trader.exchange.paper.margin import largest_notional, worst_notional
from tui_trader.exchange.ports import Refused

_NO_SYMBOL = Refused(-1121, "Invalid symbol.")


def set_leverage(clearing: Clearing, symbol: Symbol, leverage: int) -> Refused | None:
    """Set it for what comes; the margin of what is held stays. Lower is refused while something is held."""
    state = clearing.state
    book = state.books.get(symbol)
    if book is None:
        return _NO_SYMBOL
    if not 1 <= leverage <= book.instrument.max_leverage:
        return Refused(-4028, f"Leverage {leverage} is not valid.")
    if leverage < book.leverage and not book.position.is_flat:
        return Refused(-4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions.")
    worst = worst_notional(book.position, book.working_entries(), book.mark_price())
    if worst > largest_notional(book.instrument, leverage):
        return Refused(-2027, "Exceeded the maximum allowable position at current leverage.")
    was, book.leverage = book.leverage, leverage
    if leverage < was and state.free_money() < 0:
        book.leverage = was
        return Refused(-2028, "Leverage is smaller than permitted: insufficient margin balance.")
    clearing.change.holdings.add(symbol)
    return None


def move_margin(clearing: Clearing, symbol: Symbol, amount: Money) -> Refused | None:
    """Give the position more margin of its own from what is free, or (a negative amount) take some back.

    What stays must cover the initial margin at the mark price, and losses that are not realised yet: a gain that is
    not realised does not count, since it may be gone before the money is back.
    """
    state = clearing.state
    book = state.books.get(symbol)
    if book is None:
        return _NO_SYMBOL
    if book.position.is_flat:
        return Refused(-4054, "Cannot add position margin: position is 0.")
    if amount > 0 and amount > state.free_money():
        return Refused(-4050, "Cross balance insufficient.")
    mark = book.mark_price()
    stays = book.isolated + amount + min(ZERO, book.position.unrealised(mark))
    if amount < 0 and stays < initial_margin(book.position.notional(mark), book.leverage):
        return Refused(-4051, "Isolated balance insufficient.")
    book.isolated += amount
    clearing.change.holdings.add(symbol)
    return None
