"""The card: what an entry puts at stake, computed once, when a person is asked."""

from decimal import Decimal

from tui_trader.core.money import BPS, HUNDRED, ZERO
from tui_trader.core.order import Intent
from tui_trader.core.records import Clamp, EntryCard
from tui_trader.risk.book import Book
from tui_trader.risk.sizing import distance_pct, liquidation_at, loss_per_unit, position_if_filled, unit_worth

_SHARE = Decimal("0.0001")
"""Places of a share: more say nothing to a person."""


def card_of(intent: Intent, book: Book, clamps: tuple[Clamp, ...] = ()) -> EntryCard:
    """The figures of an entry that the gate has let through, at its price bound. Raises ValueError without them."""
    mark, equity, price = book.mark(intent.symbol), book.equity, intent.price
    if mark is None or equity is None or equity <= 0 or price is None or intent.protection is None:
        raise ValueError("the entry's figures are not known")
    stop = intent.protection.stop_price
    notional = intent.quantity * unit_worth(price, mark)
    held = book.position(intent.symbol)
    reverses = held.quantity if held.side is intent.side.opposite else ZERO
    after = position_if_filled(intent, price, book.without(intent.symbol) if reverses else book)
    instrument = book.instruments[intent.symbol]
    liquidation = liquidation_at(instrument, after, book.leverage.get(intent.symbol, 1))
    if liquidation is not None:
        liquidation = instrument.round_stop(liquidation, intent.side)  # no farther away than it is
    return EntryCard(
        notional=notional,
        equity=equity,
        equity_share_pct=(notional / equity * HUNDRED).quantize(_SHARE),
        mark=mark,
        max_loss=intent.quantity * loss_per_unit(intent.side, price, stop, book.fees),
        fees=intent.quantity * book.fees.taker * (price + stop),
        stop_distance_bps=(abs(price - stop) / price * BPS).quantize(_SHARE),
        liquidation_price=liquidation,
        liquidation_distance_pct=None if liquidation is None else distance_pct(price, liquidation).quantize(_SHARE),
        clamps=clamps,
        reverses=reverses,
    )
