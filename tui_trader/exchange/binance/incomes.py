"""Funding and transfers, from the income list: the one place where each has an id of its own."""

import asyncio
from collections.abc import Sequence

from tui_trader.core.clock import DAY, Clock, Instant, from_milliseconds, later, to_milliseconds
from tui_trader.core.money import ZERO
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import Symbol
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.answers import FundingRateAnswer, IncomeAnswer, Unreadable, figure
from tui_trader.exchange.binance.rest import Rest
from tui_trader.exchange.ports import ExchangeUnavailable

_PAGE = 1000
_OLDEST = 89 * DAY
"""Seconds for which Binance lists incomes; a question for more is refused."""
_FUNDING = "FUNDING_FEE"
_TRANSFERS = frozenset({"TRANSFER", "INTERNAL_TRANSFER", "WELCOME_BONUS", "COIN_SWAP_DEPOSIT", "COIN_SWAP_WITHDRAW"})
"""Money that came or went without being earned or lost by trading."""
_BOOKED_WITHIN = 60_000
"""Milliseconds after a funding instant within which its payment is booked."""


class Incomes:
    """Reads the income list of one account."""

    def __init__(self, rest: Rest, clock: Clock, quote: str) -> None:
        """`quote` is the account's currency; what moves in others is not its equity."""
        self._rest = rest
        self._clock = clock
        self._quote = quote

    async def funding_since(self, since: Instant) -> tuple[FundingBooked, ...]:
        """Funding at or after `since`, oldest first. Raises ExchangeUnavailable."""
        rows = [row for row in await self._rows(since, _FUNDING) if row.income_type == _FUNDING]
        if not rows:
            return ()
        rates = await self._rates({Symbol(row.symbol) for row in rows}, since)
        try:
            return tuple(_funding(row, rates) for row in rows)
        except Unreadable as error:
            raise ExchangeUnavailable(str(error)) from None

    async def transfers_since(self, since: Instant) -> tuple[TransferBooked, ...]:
        """Transfers at or after `since`, oldest first. Raises ExchangeUnavailable."""
        rows = [row for row in await self._rows(since, "TRANSFER") if row.income_type in _TRANSFERS]
        return tuple(
            TransferBooked(id=f"transfer-{row.tran_id}", amount=row.income, time=from_milliseconds(row.time))
            for row in rows
        )

    async def _rows(self, since: Instant, kind: str) -> list[IncomeAnswer]:
        """All rows; a full page is followed by one that begins at its last time, and rows are told by their id."""
        rows: dict[tuple[str, str], IncomeAnswer] = {}
        start = to_milliseconds(max(since, later(self._clock.now(), -_OLDEST)))
        while True:
            page = await self._rest.read(
                endpoints.INCOME,
                tuple[IncomeAnswer, ...],
                incomeType=kind,
                startTime=str(start),
                limit=str(_PAGE),
            )
            before = len(rows)
            rows |= {(str(row.tran_id), row.symbol): row for row in page if row.asset == self._quote}
            if len(page) < _PAGE or len(rows) == before:
                return sorted(rows.values(), key=lambda row: row.time)
            start = max(row.time for row in page)

    async def _rates(self, symbols: set[Symbol], since: Instant) -> list[FundingRateAnswer]:
        """The rates that were settled, for the record; where they are not answered the amounts count all the same."""
        start = str(to_milliseconds(since) - _BOOKED_WITHIN)
        kind = tuple[FundingRateAnswer, ...]
        answers: Sequence[tuple[FundingRateAnswer, ...] | BaseException] = await asyncio.gather(
            *(self._rest.read(endpoints.FUNDING_RATE, kind, symbol=symbol, startTime=start) for symbol in symbols),
            return_exceptions=True,
        )
        return [rate for answer in answers if not isinstance(answer, BaseException) for rate in answer]


def _funding(row: IncomeAnswer, rates: Sequence[FundingRateAnswer]) -> FundingBooked:
    settled = next(
        (r for r in rates if r.symbol == row.symbol and 0 <= row.time - r.funding_time <= _BOOKED_WITHIN), None
    )
    return FundingBooked(
        id=f"funding-{row.symbol}-{row.tran_id}",
        symbol=Symbol(row.symbol),
        amount=row.income,
        rate=settled.funding_rate if settled else ZERO,
        mark=(figure(settled.mark_price) or ZERO) if settled else ZERO,
        time=from_milliseconds(row.time),
    )
