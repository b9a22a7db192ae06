"""Where the stop and the take-profit of each position should stand."""

from tui_trader.core.money import Price
from tui_trader.core.order import Intent, Protection, Purpose
from tui_trader.core.words import Side, Symbol
from tui_trader.desk.stops import tighter_stop


class Wanted:
    """One protection a symbol: what the entry asked for, until another stop or take-profit was taken."""

    def __init__(self) -> None:
        self._wanted: dict[Symbol, Protection] = {}

    def of(self, symbol: Symbol) -> Protection | None:
        """What is wanted; None when flat or never said."""
        return self._wanted.get(symbol)

    def forget(self, symbol: Symbol) -> None:
        """Nothing is wanted any more: the position is gone, or turned."""
        self._wanted.pop(symbol, None)

    def stop_at(self, symbol: Symbol, price: Price) -> None:
        """A stop stands there that was placed before all of the position was ours."""
        wanted = self._wanted.get(symbol)
        self._wanted[symbol] = Protection(
            stop_price=price, take_profit_price=wanted.take_profit_price if wanted else None
        )

    def placed(self, intent: Intent) -> None:
        """A stop or take-profit that the exchange took by itself replaces what the entry asked for."""
        wanted = self._wanted.get(intent.symbol)
        if intent.stop_price is None:
            return
        if intent.purpose is Purpose.STOP:
            take_profit = wanted.take_profit_price if wanted else None
            self._wanted[intent.symbol] = Protection(stop_price=intent.stop_price, take_profit_price=take_profit)
        elif intent.purpose is Purpose.TAKE_PROFIT and wanted:
            self._wanted[intent.symbol] = Protection(stop_price=wanted.stop_price, take_profit_price=intent.stop_price)

    def asked(self, symbol: Symbol, side: Side, asked: Protection, *, was_flat: bool) -> None:
        """An entry traded that carries this; where something is held already, the tighter stop counts."""
        already = self._wanted.get(symbol)
        if was_flat or already is None:
            self._wanted[symbol] = asked
            return
        self._wanted[symbol] = Protection(
            stop_price=tighter_stop(side, already.stop_price, asked.stop_price),
            take_profit_price=asked.take_profit_price or already.take_profit_price,
        )
