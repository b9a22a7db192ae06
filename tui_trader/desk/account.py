"""What the exchange last said of the account, and whether our books agreed with it."""

from collections.abc import Mapping

from tui_trader.core.account import AccountReport
from tui_trader.core.clock import Instant, elapsed
from tui_trader.core.words import Symbol

TRUSTED_FOR = 180.0
"""Seconds for which a comparison with the exchange is worth something; the engine compares three times a minute."""


class AccountSeen:
    """The last report and the last agreement; the reconciler writes it, the book reads it."""

    def __init__(self) -> None:
        self.report: AccountReport | None = None
        self._agreed_at: Instant | None = None

    def agreed(self, report: AccountReport, at: Instant) -> None:
        """Our books and the exchange say the same."""
        self.report = report
        self._agreed_at = at

    def doubted(self) -> None:
        """Something may have been missed: no new risk until they agree again."""
        self._agreed_at = None

    def is_trusted(self, now: Instant) -> bool:
        """Whether the last agreement is recent."""
        return self._agreed_at is not None and elapsed(self._agreed_at, now) <= TRUSTED_FOR

    @property
    def leverage(self) -> Mapping[Symbol, int]:
        """The leverage set at the exchange, by symbol; empty before the first report."""
        return dict(self.report.leverage) if self.report else {}
