"""What the exchange last said of the account, and whether our books agreed with it."""

from collections.abc import Mapping

from tui_trader.core.account import AccountReport
from tui_trader.core.clock import Instant, elapsed
from tui_trader.core.money import Price
from tui_trader.core.reconciliation import MODES, NEVER_COMPARED, Agreement, Compared, Reconciliation
from tui_trader.core.words import Symbol

TRUSTED_FOR = 180.0
"""Seconds for which a comparison with the exchange is worth something; the engine compares three times a minute."""


class AccountSeen:
    """The last report and the last comparison; the reconciler writes it, the book reads it."""

    def __init__(self) -> None:
        self.report: AccountReport | None = None
        self._compared: Compared | None = None
        self._is_doubted = True

    def compared(self, report: AccountReport, compared: Compared) -> None:
        """Our books and the exchange were compared; what is different still is said there."""
        self.report = report
        self._compared = compared
        self._is_doubted = False

    def doubted(self) -> None:
        """Something may have been missed: no new risk until they have been compared again."""
        self._is_doubted = True

    def is_trusted(self, now: Instant) -> bool:
        """Whether the last comparison is recent and found nothing that forbids all new risk."""
        return self.reconciliation(now).agreement in (Agreement.GREEN, Agreement.AMBER)

    def reconciliation(self, now: Instant) -> Reconciliation:
        """The last comparison, and what it is worth now."""
        last = self._compared
        if last is None:
            return NEVER_COMPARED
        age = elapsed(last.at, now)
        holds = not self._is_doubted and age <= TRUSTED_FOR
        return Reconciliation(
            agreement=last.agreement if holds else Agreement.UNKNOWN,
            age=age,
            matched=last.matched,
            differences=last.differences,
        )

    @property
    def drifted(self) -> tuple[str, ...]:
        """The account's settings that are not as they should be, by name."""
        found = self._compared.differences if self._compared else ()
        return tuple(each.kind.value for each in found if each.kind in MODES)

    @property
    def leverage(self) -> Mapping[Symbol, int]:
        """The leverage set at the exchange, by symbol; empty before the first report."""
        return dict(self.report.leverage) if self.report else {}

    def mark(self, symbol: Symbol) -> Price | None:
        """The mark price by which the exchange last reported a position of the symbol."""
        held = self.report.positions if self.report else ()
        return next((position.mark_price for position in held if position.symbol == symbol), None)
