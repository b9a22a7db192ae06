"""The loopback exchange's own books: what the paper books do not keep, one SQLite file, durable before it is told.

Conditional orders, what an order was asked with beyond what matching needs, settings, and where the market began.
A row about an order is written before the order reaches the matching: a kill in between leaves a row without an order,
which nobody can ask for.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tui_trader.core.clock import Instant
from tui_trader.core.money import Money
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.exchange.loopback.algo_order import OPEN, AlgoOrder

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS algos (
    algo_id INTEGER PRIMARY KEY, client_algo_id TEXT NOT NULL, symbol TEXT NOT NULL, created INTEGER NOT NULL,
    is_open INTEGER NOT NULL, told TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS algos_by_client ON algos (client_algo_id, algo_id);
CREATE TABLE IF NOT EXISTS extras (
    client_order_id TEXT NOT NULL, symbol TEXT NOT NULL, good_till_ms INTEGER NOT NULL, time_in_force TEXT NOT NULL,
    original_type TEXT NOT NULL, algo_id INTEGER NOT NULL, PRIMARY KEY (symbol, client_order_id)
) STRICT;
CREATE TABLE IF NOT EXISTS margin_moves (
    number INTEGER PRIMARY KEY, symbol TEXT NOT NULL, amount TEXT NOT NULL, time INTEGER NOT NULL
) STRICT;
"""
_APPLICATION_ID = 0x74746C62
"""Marks the file as this exchange's own books ("ttlb")."""


class LoopbackBooksError(Exception):
    """The loopback exchange's own books cannot be opened, read or written."""


@dataclass(frozen=True, slots=True)
class MarginMove:
    """Margin that a position was given (positive), or that was taken from it."""

    symbol: Symbol
    amount: Money
    time: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What an order was asked with, beyond what matching needs. Zero and empty mean: nothing of the kind."""

    good_till_ms: int = 0
    time_in_force: str = ""
    original_type: str = ""
    algo_id: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep."""
        return self == Extras()


class Store:
    """The file. Every method may raise LoopbackBooksError."""

    def __init__(self, path: Path | None) -> None:
        """Open or create; None keeps them in memory."""
        self._where = str(path) if path else "the loopback books in memory"
        with self._explained("cannot be opened"):
            if path is not None:
                path.touch(mode=0o600)
            self._connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def fact(self, name: str) -> str | None:
        """A fact that was put down, or None."""
        found = self._rows("SELECT value FROM facts WHERE name = ?", name)
        return str(found[0][0]) if found else None

    def facts(self, prefix: str) -> dict[str, str]:
        """All facts whose name begins so, without the prefix."""
        found = self._rows("SELECT name, value FROM facts WHERE substr(name, 1, ?) = ?", len(prefix), prefix)
        return {str(name)[len(prefix) :]: str(value) for name, value in found}

    def put_fact(self, name: str, value: str) -> None:
        """Put a fact down, or put it right."""
        self._write("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, value)

    def put_algo(self, algo: AlgoOrder) -> None:
        """Keep a conditional order as it is now."""
        told = msgspec.json.encode(algo).decode()
        self._write(
            "INSERT OR REPLACE INTO algos VALUES (?, ?, ?, ?, ?, ?)",
            algo.algo_id,
            algo.client_algo_id,
            algo.symbol,
            algo.created,
            algo.status in OPEN,
            told,
        )

    def put_extreme(self, algo: AlgoOrder) -> None:
        """Keep how far a trailing stop has followed the market.

        It is with the system before this returns, so that a kill loses nothing; but the disk is not waited for, as it
        is for all else: a market that runs makes a new extreme many times a second.
        """
        with self._explained("could not be written"):
            self._connection.execute("PRAGMA synchronous = NORMAL")
            try:
                self.put_algo(algo)
            finally:
                self._connection.execute("PRAGMA synchronous = FULL")

    def last_algo_id(self) -> int:
        """The highest number given out; zero before the first."""
        return int(self._rows("SELECT coalesce(max(algo_id), 0) FROM algos")[0][0])

    def algo(self, algo_id: int | None, client_algo_id: str | None) -> AlgoOrder | None:
        """The conditional order of this number, or the latest of this client id."""
        found = self._rows(
            "SELECT told FROM algos WHERE (?1 IS NULL OR algo_id = ?1) AND (?2 IS NULL OR client_algo_id = ?2) "
            "ORDER BY algo_id DESC LIMIT 1",
            algo_id,
            client_algo_id,
        )
        return _algo(found[0]) if found else None

    def algos(self, symbol: Symbol, *, from_id: int, begin: int, end: int, limit: int) -> list[AlgoOrder]:
        """Conditional orders of a symbol, by number: the newest `limit` of them."""
        found = self._rows(
            "SELECT told FROM algos WHERE symbol = ? AND algo_id >= ? AND created BETWEEN ? AND ? "
            "ORDER BY algo_id DESC LIMIT ?",
            symbol,
            from_id,
            begin,
            end,
            limit,
        )
        return [_algo(row) for row in reversed(found)]

    def open_algos(self) -> list[AlgoOrder]:
        """Those that have not ended, by number."""
        return [_algo(row) for row in self._rows("SELECT told FROM algos WHERE is_open = 1 ORDER BY algo_id")]

    def put_extras(self, symbol: Symbol, client_order_id: ClientOrderId, extras: Extras) -> None:
        """Keep what an order is asked with; an id that is used again forgets the earlier order's."""
        self._write(
            "INSERT OR REPLACE INTO extras VALUES (?, ?, ?, ?, ?, ?)",
            client_order_id,
            symbol,
            extras.good_till_ms,
            extras.time_in_force,
            extras.original_type,
            extras.algo_id,
        )

    def extras(self, symbol: Symbol, client_order_id: ClientOrderId) -> Extras:
        """What an order was asked with."""
        found = self._rows(
            "SELECT good_till_ms, time_in_force, original_type, algo_id FROM extras "
            "WHERE symbol = ? AND client_order_id = ?",
            symbol,
            client_order_id,
        )
        if not found:
            return Extras()
        good_till, time_in_force, original, algo_id = found[0]
        return Extras(
            good_till_ms=int(good_till),
            time_in_force=str(time_in_force),
            original_type=str(original),
            algo_id=int(algo_id),
        )

    def put_margin_move(self, move: MarginMove) -> None:
        """Keep that margin was moved."""
        self._write(
            "INSERT INTO margin_moves (symbol, amount, time) VALUES (?, ?, ?)", move.symbol, str(move.amount), move.time
        )

    def margin_moves(self, symbol: Symbol) -> list[MarginMove]:
        """All of a symbol, oldest first."""
        found = self._rows("SELECT amount, time FROM margin_moves WHERE symbol = ? ORDER BY number", symbol)
        return [MarginMove(symbol, Money(amount), Instant(int(time))) for amount, time in found]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _prepare(self) -> None:
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application != _APPLICATION_ID and (application or tables):
            raise LoopbackBooksError(
                f"{self._where}: is a database, but not one of loopback books. Move it away, or name another folder."
            )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(f"{_SCHEMA} PRAGMA application_id = {_APPLICATION_ID};")

    def _write(self, statement: str, *cells: object) -> None:
        with self._explained("could not be written"):
            self._connection.execute(statement, cells)

    def _rows(self, query: str, *cells: object) -> list[tuple[str | int, ...]]:
        with self._explained("cannot be read"):
            return self._connection.execute(query, cells).fetchall()

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, msgspec.DecodeError) as error:
            raise LoopbackBooksError(
                f"{self._where}: {what} ({error}). Move it away, or name another folder."
            ) from error


def _algo(row: tuple[str | int, ...]) -> AlgoOrder:
    return msgspec.json.decode(str(row[0]), type=AlgoOrder)
