"""What a home's files say, read beside the program: journal rows and paper books; and damage done to them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tui_trader.core.ids import client_order_id
from tui_trader.core.order import Fill, Intent, OrderStatus
from tui_trader.core.records import OrderChanged, OrderFilled, OrderIntended, Record
from tui_trader.core.words import ClientOrderId
from tui_trader.journal.ports import Row
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.signing import SIGNATURES
from tui_trader.journal.verify import Broken, verify


def journal_rows(home: Path) -> list[Row]:
    """All rows, after the chain has been checked."""
    verdict = verify(home / "journal.db")
    assert not isinstance(verdict, Broken), str(verdict)
    with JournalReader(home / "journal.db") as reader:
        return list(reader.rows())


def last_told(home: Path) -> Record:
    """The last row that tells of something; the signature of the row is after it."""
    return next(row.record for row in reversed(journal_rows(home)) if row.record.KIND not in SIGNATURES)


@dataclass(slots=True)
class Orders:
    """Orders as the journal has them."""

    intents: dict[ClientOrderId, Intent] = field(default_factory=dict)
    statuses: dict[ClientOrderId, list[OrderStatus]] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)

    def with_status(self, status: OrderStatus) -> set[ClientOrderId]:
        """Those that ever had this status."""
        return {order_id for order_id, had in self.statuses.items() if status in had}


def orders_of(rows: list[Row]) -> Orders:
    """Folded from rows, with no help from the program's own folds."""
    orders = Orders()
    for row in rows:
        match row.record:
            case OrderIntended(intent=intent):
                order_id = client_order_id(row.hash)
                assert order_id not in orders.intents, f"{order_id} was intended twice"
                orders.intents[order_id] = intent
                orders.statuses[order_id] = [OrderStatus.INTENDED]
            case OrderChanged(client_order_id=order_id, status=status):
                orders.statuses[order_id].append(status)
            case OrderFilled(fill=fill):
                orders.fills.append(fill)
            case _:
                pass
    return orders


@dataclass(frozen=True, slots=True)
class PaperBooks:
    """What the paper exchange's books hold."""

    order_ids: list[str]
    open_orders: list[tuple[str, str, str]]
    """Client order id, symbol, type."""
    trade_ids: list[str]
    positions: dict[str, str]
    """Signed quantity by symbol, flat ones left out."""


def paper_books(home: Path) -> PaperBooks:
    """Read from `paper.db`."""
    with closing(sqlite3.connect(f"file:{home / 'paper.db'}?mode=ro", uri=True)) as books:
        orders = books.execute("SELECT client_order_id, symbol, type, is_open FROM orders ORDER BY order_id").fetchall()
        return PaperBooks(
            order_ids=[order_id for order_id, *_ in orders],
            open_orders=[(order_id, symbol, kind) for order_id, symbol, kind, is_open in orders if is_open],
            trade_ids=[str(trade) for (trade,) in books.execute("SELECT trade_id FROM fills ORDER BY trade_id")],
            positions={
                symbol: quantity
                for symbol, quantity in books.execute("SELECT symbol, quantity FROM holding")
                if float(quantity)
            },
        )


@contextmanager
def tampering(home: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the journal whose seat belts are off: what is written in the block stays."""
    with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as journal:
        triggers = journal.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            journal.execute(f"DROP TRIGGER {name}")
        yield journal
        for _, sql in triggers:
            journal.execute(sql)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a home with its content, the lock and sqlite's two side files left out."""
    passing = ("-wal", "-shm", "lock", ".log")
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(passing)
    }
