"""What the account holds, symbol by symbol, and how much of it is ours."""

from collections.abc import Mapping
from types import MappingProxyType

from tui_trader.core.money import ZERO, Quantity
from tui_trader.core.order import Fill
from tui_trader.core.position import Position
from tui_trader.core.sharing import Shares, foreign_part, own_part
from tui_trader.core.words import Symbol


class Holdings:
    """The account's positions with both their parts; flat ones are absent everywhere."""

    def __init__(self) -> None:
        self._held: dict[Symbol, Position] = {}
        self._foreign: dict[Symbol, Position] = {}
        self._own: dict[Symbol, Position] = {}

    @property
    def all(self) -> Mapping[Symbol, Position]:
        """What the account holds, whoever opened it."""
        return MappingProxyType(self._held)

    @property
    def own(self) -> Mapping[Symbol, Position]:
        """What is ours."""
        return MappingProxyType(self._own)

    @property
    def foreign(self) -> Mapping[Symbol, Position]:
        """What others hold."""
        return MappingProxyType(self._foreign)

    def shares(self, symbol: Symbol) -> Shares:
        """Both parts of the symbol's position, as signed quantities."""
        own, foreign = self._own.get(symbol), self._foreign.get(symbol)
        return Shares(own.quantity if own else ZERO, foreign.quantity if foreign else ZERO)

    def trade(self, fill: Fill, foreign: Quantity) -> None:
        """A trade, of which so much (unsigned) changed the others' part."""
        held = self._held.get(fill.symbol) or Position(fill.symbol)
        after, _ = held.after(fill.side, fill.quantity, fill.price)
        self.set(after, self.shares(fill.symbol).foreign + foreign * fill.side.sign)

    def set(self, held: Position, foreign: Quantity) -> None:
        """The account holds this from now on, and so much of it (signed) is not ours."""
        parts = ((self._held, held), (self._own, own_part(held, foreign)), (self._foreign, foreign_part(held, foreign)))
        for positions, position in parts:
            if position.is_flat:
                positions.pop(held.symbol, None)
            else:
                positions[held.symbol] = position
