"""The paper exchange's books on disk: one SQLite file, one connection, one transaction per change.

A change is durable before it is told (WAL, synchronous=FULL), so a kill leaves the books at the last change that
anyone heard of, or at one that nobody heard of yet. Open orders and holdings live in memory too; what has ended is
only here.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, DecimalException
from pathlib import Path

from tui_trader.core.clock import Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.money import Money
from tui_trader.core.order import Fill
from tui_trader.core.position import Position
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.exchange.paper import rows
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.state import DAWN, Balance, Change, Resume, State, SymbolBook
from tui_trader.journal import database
from tui_trader.journal.seal import Seal

_WAY_OUT = " Move the file away to start new paper books, or restore it from a copy."


class PaperBooksError(Exception):
    """The books cannot be opened, read or written. The sentence names the file and the way out."""


class Books:
    """The file. Every method may raise PaperBooksError; after a failed write the file is as it was before it."""

    def __init__(self, path: Path | None, seal: Seal | None = None) -> None:
        """Open or create, encrypted where there is a seal; None keeps the books in memory."""
        self._where = str(path) if path else "the books in memory"
        with self._explained("cannot be opened as paper books", _WAY_OUT):
            if path is not None:
                _settle(path)
            self._connection = _connect(path, seal)
        try:
            with self._explained("cannot be read as paper books", _WAY_OUT):
                self._check_format()
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
        except PaperBooksError:
            self._connection.close()
            raise

    @property
    def are_new(self) -> bool:
        """Whether no account has been opened in them yet."""
        with self._explained("cannot be read as paper books", _WAY_OUT):
            return self._connection.execute("SELECT 1 FROM account").fetchone() is None

    def open_account(self, name: str, deposit: Money) -> None:
        """The first row: a new account with its deposit."""
        with self._transaction():
            state = State(account=name, balance=Balance(deposit=deposit), books={})
            self._put_account(state)

    def load(self, instruments: Mapping[Symbol, Instrument], leverage: int) -> State:
        """All that is open or held. `leverage` holds for symbols for which none was ever set."""
        with self._explained("is damaged", _WAY_OUT):
            return self._load(instruments, leverage)

    def write(self, change: Change, state: State) -> None:
        """Make the change durable, with the market as it was last seen."""
        with self._transaction():
            self._put_account(state)
            self._put("holding", (rows.holding_cells(state.books[symbol]) for symbol in sorted(change.holdings)))
            self._put("orders", (rows.order_cells(order) for order in change.orders.values()))
            self._put("fills", (rows.fill_cells(order_id, fill) for order_id, fill in change.fills))
            self._put("funding", (rows.funding_cells(booked) for booked in change.funding))
            self._put("transfers", ((t.id, str(t.amount), t.time) for t in change.transfers))
            self._put_markets(state)

    def write_markets(self, state: State) -> None:
        """Keep the market as last seen, so that a restart goes on from there."""
        with self._transaction():
            self._put_markets(state)

    def order(self, symbol: Symbol, client_order_id: ClientOrderId) -> PaperOrder | None:
        """The latest order of this id, open or ended."""
        found = self.read(
            "SELECT * FROM orders WHERE client_order_id = ? AND symbol = ? ORDER BY order_id DESC LIMIT 1",
            (client_order_id, symbol),
        )
        return rows.order_of(found[0]) if found else None

    def fills_since(self, symbol: Symbol, since: Instant) -> tuple[Fill, ...]:
        """Fills at or after `since`, oldest first."""
        found = self.read("SELECT * FROM fills WHERE symbol = ? AND time >= ? ORDER BY trade_id", (symbol, since))
        return tuple(rows.fill_of(row) for row in found)

    def funding_since(self, since: Instant) -> tuple[FundingBooked, ...]:
        """Funding at or after `since`, oldest first."""
        found = self.read("SELECT * FROM funding WHERE time >= ? ORDER BY time, symbol", (since,))
        return tuple(rows.funding_of(row) for row in found)

    def transfers_since(self, since: Instant) -> tuple[TransferBooked, ...]:
        """Transfers at or after `since`, oldest first."""
        found = self.read("SELECT * FROM transfers WHERE time >= ? ORDER BY time, id", (since,))
        return tuple(rows.transfer_of(row) for row in found)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _check_format(self) -> None:
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables and not application:
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {rows.SCHEMA}"
                f"PRAGMA application_id = {rows.APPLICATION_ID}; PRAGMA user_version = {rows.VERSION}; COMMIT;"
            )
            return
        if application != rows.APPLICATION_ID:
            raise PaperBooksError(f"{self._where}: is a database, but not one of paper books.{_WAY_OUT}")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version != rows.VERSION and version not in rows.UPGRADES:
            raise PaperBooksError(
                f"{self._where}: has the format {version}, this program reads {rows.VERSION}; use the program that "
                "wrote it, or a new home folder."
            )
        (verdict,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise PaperBooksError(f"{self._where}: is damaged ({verdict}).{_WAY_OUT}")
        for step in range(version, rows.VERSION):
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {rows.UPGRADES[step]} PRAGMA user_version = {step + 1}; COMMIT;"
            )

    def _load(self, instruments: Mapping[Symbol, Instrument], leverage: int) -> State:
        account = self._connection.execute("SELECT * FROM account").fetchone()
        books = {
            symbol: SymbolBook(
                instrument=instrument,
                leverage=min(leverage, instrument.max_leverage),
                position=Position(symbol),
            )
            for symbol, instrument in instruments.items()
        }
        for row in self._connection.execute("SELECT * FROM holding"):
            _take_holding(row, books, self._where)
        for row in self._connection.execute("SELECT * FROM market"):
            _take_market(row, books)
        for row in self._connection.execute("SELECT * FROM orders WHERE is_open = 1 ORDER BY since, order_id"):
            order = rows.order_of(row)
            _book_of(order.symbol, books, "an open order", self._where).put(order)
        return State(
            account=account["name"],
            balance=rows.balance_of(account),
            books=books,
            counters=rows.counters_of(account),
        )

    def _put_account(self, state: State) -> None:
        self._put("account", (rows.account_cells(state.account, state.balance, state.counters),))

    def _put_markets(self, state: State) -> None:
        self._put("market", (rows.market_cells(book) for book in state.books.values()))

    def _put(self, table: str, lines: Iterable[rows.Cells]) -> None:
        for cells in lines:
            marks = ", ".join("?" * len(cells))
            # The table's name is one of this module's own words, never text from outside.
            self._connection.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", cells)

    def read(self, query: str, cells: rows.Cells) -> list[sqlite3.Row]:
        """The rows of a query of this package."""
        with self._explained("cannot be read", _WAY_OUT):
            return self._connection.execute(query, cells).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._explained("could not be written", " Nothing of the change was kept."):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _explained(self, what: str, way_out: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise PaperBooksError(f"{self._where}: {what} ({error}).{way_out}") from error
        except (DecimalException, ValueError, TypeError) as error:
            raise PaperBooksError(f"{self._where}: {what} (a row says nothing this program wrote).{way_out}") from error


def _settle(path: Path) -> None:
    """Make durable what will be read: a kill between write and sync leaves a change that a power cut still takes.

    And the name of the log it is in: SQLite makes that durable only for a log that it has just created.
    """
    log = path.with_name(path.name + "-wal")
    if log.exists():
        for each in (log, path.parent):
            descriptor = os.open(each, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _connect(path: Path | None, seal: Seal | None) -> sqlite3.Connection:
    if path is not None:
        path.touch(mode=0o600)
    connection = database.opened(path, seal)
    database.name_columns(connection)
    return connection


def _book_of(symbol: Symbol, books: Mapping[Symbol, SymbolBook], what: str, where: str) -> SymbolBook:
    book = books.get(symbol)
    if book is None:
        raise PaperBooksError(
            f"{where}: holds {what} in {symbol}, which this run does not trade; "
            f"run once with {symbol} and flatten, or add it to the prompt's symbols."
        )
    return book


def _take_holding(row: sqlite3.Row, books: Mapping[Symbol, SymbolBook], where: str) -> None:
    position = rows.position_of(row)
    if position.is_flat and position.symbol not in books:
        return
    book = _book_of(position.symbol, books, "a position", where)
    book.position = position
    book.isolated = Decimal(row["isolated"])
    book.leverage = min(row["leverage"], book.instrument.max_leverage) if position.is_flat else row["leverage"]


def _take_market(row: sqlite3.Row, books: Mapping[Symbol, SymbolBook]) -> None:
    book = books.get(Symbol(row["symbol"]))
    if book is None:
        return
    book.quote, book.mark, book.funded = rows.quote_of(row), rows.mark_of(row), Instant(row["funded"])
    book.depth = Instant(row["depth_time"])
    book.resume = Resume(
        quote=book.quote.time if book.quote else DAWN,
        mark=book.mark.time if book.mark else DAWN,
        depth=book.depth,
    )
