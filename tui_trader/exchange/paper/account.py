"""The account as the paper exchange answers for it: balance, positions, leverage, at one instant."""

from tui_trader.core.account import AccountReport, HeldPosition
from tui_trader.core.clock import Instant
from tui_trader.core.margin import liquidation_price
from tui_trader.core.money import ZERO
from tui_trader.exchange.paper.state import State, SymbolBook


def report_account(state: State, at: Instant) -> AccountReport:
    """The whole account. What fees have eaten into locked margin shows as nothing available, not as a debt."""
    return AccountReport(
        time=at,
        wallet=state.balance.wallet,
        available=max(ZERO, state.free_money()),
        positions=tuple(_held(book) for book in state.books.values() if not book.position.is_flat),
        leverage=tuple((symbol, book.leverage) for symbol, book in state.books.items()),
        not_isolated=(),
        one_way=True,
        single_asset=True,
    )


def _held(book: SymbolBook) -> HeldPosition:
    return HeldPosition(
        symbol=book.symbol,
        quantity=book.position.quantity,
        entry_price=book.position.entry_price,
        mark_price=book.mark_price(),
        liquidation_price=liquidation_price(book.instrument, book.position, book.isolated),
        isolated_wallet=book.isolated,
        leverage=book.leverage,
    )
