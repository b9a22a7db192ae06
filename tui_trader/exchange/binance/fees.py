"""What a commission is worth in the account's currency: Binance takes it in BNB where the account's owner wishes so.

A fee is never nothing because it was paid in something else. Its worth is by the mark of that asset's contract, as it
was when last asked; where no mark is known, it counts as if it had been paid in the account's currency, which is more:
paying in BNB is at a discount.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal

from tui_trader.core.margin import FeeRates
from tui_trader.core.money import Money, Price
from tui_trader.core.order import ForeignFee
from tui_trader.core.words import Symbol

_USUAL = "BNB"
"""The one asset, beside the account's own, in which Binance takes futures fees today."""


class Fees:
    """Marks of the assets that fees were paid in, and what a fee comes to by them."""

    def __init__(self, quote: str, mark: Callable[[Symbol], Awaitable[Price | None]]) -> None:
        """`quote` is the account's currency. `mark` asks for the mark of a contract; nothing is known before that."""
        self._quote = quote
        self._mark = mark
        self._rates = FeeRates()
        self._marks: dict[str, Price] = {}
        self._met = {_USUAL}

    def worth(
        self, commission: Decimal, asset: str, *, notional: Money, maker: bool
    ) -> tuple[Money, ForeignFee | None]:
        """The fee in the account's currency, and what was really taken where that was something else."""
        if asset == self._quote or not commission:
            return commission, None
        self._met.add(asset)
        mark = self._marks.get(asset)
        if mark is None:
            rate = self._rates.maker if maker else self._rates.taker
            return notional * rate, ForeignFee(asset=asset, amount=commission, is_estimate=True)
        return commission * mark, ForeignFee(asset=asset, amount=commission, is_estimate=False)

    async def refresh(self) -> None:
        """Ask for the marks of all assets met so far; one that is not answered stays as it was."""
        await asyncio.gather(*(self._ask(asset) for asset in sorted(self._met)))

    async def learn(self, assets: Iterable[str]) -> None:
        """Ask for those whose mark is not known."""
        await asyncio.gather(*(self._ask(a) for a in sorted({*assets}) if a not in (self._quote, *self._marks)))

    async def _ask(self, asset: str) -> None:
        mark = await self._mark(Symbol(f"{asset}{self._quote}"))
        if mark is not None:
            self._marks[asset] = mark
