"""The orders of paper books, read beside the exchange that writes them: for comparing with the log."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tui_trader.core.clock import Instant
from tui_trader.core.words import Symbol
from tui_trader.exchange.paper import rows
from tui_trader.exchange.ports import ExchangeUnavailable, Kept, OrderReport
from tui_trader.journal import database
from tui_trader.journal.seal import Seal

_FOR_EVER = Kept(traded=float("inf"), unfilled=float("inf"))


class PaperHistory:
    """One file of books. Each question opens it read-only, as a second writer could damage it."""

    def __init__(self, path: Path, seal: Seal | None = None) -> None:
        """Opens nothing yet. `seal` is the key of encrypted books."""
        self._path = path
        self._seal = seal

    @property
    def account(self) -> str:
        """The name that the account was opened under. Raises ExchangeUnavailable."""
        names = self._asked("SELECT name FROM account", ())
        return str(names[0]["name"]) if names else ""

    @property
    def kept(self) -> Kept:
        """Nothing is forgotten."""
        return _FOR_EVER

    async def orders_since(self, symbol: Symbol, since: Instant) -> tuple[OrderReport, ...]:
        """Orders made at or after `since`, by number."""
        asked = "SELECT * FROM orders WHERE symbol = ? AND created >= ? ORDER BY order_id"
        return tuple(rows.order_of(row).report() for row in self._asked(asked, (symbol, since)))

    def _asked(self, question: str, parameters: tuple[str | int, ...]) -> list[sqlite3.Row]:
        try:
            with closing(database.opened_to_read(self._path, self._seal, "mode=ro")) as connection:
                database.name_columns(connection)
                return connection.execute(question, parameters).fetchall()
        except sqlite3.Error as error:
            raise ExchangeUnavailable(f"{self._path}: the paper books cannot be read ({error})") from None
