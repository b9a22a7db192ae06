"""The tables of `paper.db`, and what a row means. Decimals are text, instants whole nanoseconds."""

import sqlite3
from decimal import Decimal
from typing import TypeAlias

from tui_trader.core.clock import Instant
from tui_trader.core.market import MarkPrice, Quote
from tui_trader.core.order import Fill, OrderStatus, OrderType, TimeInForce
from tui_trader.core.position import Position
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import ClientOrderId, Side, Symbol, TradeId
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.state import Balance, Counters, SymbolBook

Cell: TypeAlias = str | int | None
Cells: TypeAlias = tuple[Cell, ...]

APPLICATION_ID = 0x74747062
"""Marks the file as paper books ("ttpb")."""
VERSION = 3
"""Of the tables below."""

SCHEMA = """
CREATE TABLE account (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    name TEXT NOT NULL, deposit TEXT NOT NULL, transfers TEXT NOT NULL, realised TEXT NOT NULL, fees TEXT NOT NULL,
    funding TEXT NOT NULL, last_order INTEGER NOT NULL, last_trade INTEGER NOT NULL, last_transfer INTEGER NOT NULL
) STRICT;
CREATE TABLE holding (
    symbol TEXT PRIMARY KEY, leverage INTEGER NOT NULL, quantity TEXT NOT NULL, cost TEXT NOT NULL,
    isolated TEXT NOT NULL
) STRICT;
CREATE TABLE market (
    symbol TEXT PRIMARY KEY, quote_time INTEGER, bid TEXT, bid_size TEXT, ask TEXT, ask_size TEXT,
    mark_time INTEGER, mark TEXT, funding_rate TEXT, next_funding INTEGER, funded INTEGER NOT NULL,
    depth_time INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL, symbol TEXT NOT NULL, side TEXT NOT NULL,
    type TEXT NOT NULL, time_in_force TEXT NOT NULL, quantity TEXT NOT NULL, price TEXT, stop_price TEXT,
    reduce_only INTEGER NOT NULL, close_position INTEGER NOT NULL, status TEXT NOT NULL, filled TEXT NOT NULL,
    paid TEXT NOT NULL, takes INTEGER NOT NULL, triggered INTEGER NOT NULL, since INTEGER NOT NULL,
    updated INTEGER NOT NULL, reason TEXT NOT NULL, is_open INTEGER NOT NULL, created INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX orders_by_client ON orders (client_order_id, order_id);
CREATE INDEX orders_open ON orders (order_id) WHERE is_open = 1;
CREATE TABLE fills (
    trade_id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, client_order_id TEXT NOT NULL, symbol TEXT NOT NULL,
    side TEXT NOT NULL, quantity TEXT NOT NULL, price TEXT NOT NULL, fee TEXT NOT NULL, maker INTEGER NOT NULL,
    realised TEXT NOT NULL, time INTEGER NOT NULL
) STRICT;
CREATE INDEX fills_by_time ON fills (symbol, time);
CREATE TABLE funding (
    id TEXT PRIMARY KEY, symbol TEXT NOT NULL, amount TEXT NOT NULL, rate TEXT NOT NULL, mark TEXT NOT NULL,
    time INTEGER NOT NULL
) STRICT;
CREATE INDEX funding_by_time ON funding (time);
CREATE TABLE transfers (id TEXT PRIMARY KEY, amount TEXT NOT NULL, time INTEGER NOT NULL) STRICT;
"""

UPGRADES = {
    1: "ALTER TABLE market ADD COLUMN depth_time INTEGER NOT NULL DEFAULT 0;",
    2: "ALTER TABLE orders ADD COLUMN created INTEGER NOT NULL DEFAULT 0; UPDATE orders SET created = since;",
}
"""What leads from a version to the next; nothing of the account changes with it."""


def account_cells(name: str, balance: Balance, counters: Counters) -> Cells:
    """A row of `account`."""
    money = (balance.deposit, balance.transfers, balance.realised, balance.fees, balance.funding)
    return (1, name, *map(str, money), counters.order, counters.trade, counters.transfer)


def balance_of(row: sqlite3.Row) -> Balance:
    """The sums of a row of `account`."""
    return Balance(
        deposit=Decimal(row["deposit"]),
        transfers=Decimal(row["transfers"]),
        realised=Decimal(row["realised"]),
        fees=Decimal(row["fees"]),
        funding=Decimal(row["funding"]),
    )


def counters_of(row: sqlite3.Row) -> Counters:
    """The counters of a row of `account`."""
    return Counters(order=row["last_order"], trade=row["last_trade"], transfer=row["last_transfer"])


def holding_cells(book: SymbolBook) -> Cells:
    """A row of `holding`."""
    position = book.position
    return (book.symbol, book.leverage, str(position.quantity), str(position.cost), str(book.isolated))


def position_of(row: sqlite3.Row) -> Position:
    """The position of a row of `holding`."""
    return Position(Symbol(row["symbol"]), Decimal(row["quantity"]), Decimal(row["cost"]))


def market_cells(book: SymbolBook) -> Cells:
    """A row of `market`."""
    q, m = book.quote, book.mark
    quote: Cells = (q.time, str(q.bid), str(q.bid_size), str(q.ask), str(q.ask_size)) if q else (None,) * 5
    mark: Cells = (m.time, str(m.price), str(m.funding_rate), m.next_funding) if m else (None,) * 4
    return (book.symbol, *quote, *mark, book.funded, book.depth)


def quote_of(row: sqlite3.Row) -> Quote | None:
    """The quote of a row of `market`."""
    if row["quote_time"] is None:
        return None
    sizes = (Decimal(row[name]) for name in ("bid", "bid_size", "ask", "ask_size"))
    return Quote(Symbol(row["symbol"]), Instant(row["quote_time"]), *sizes)


def mark_of(row: sqlite3.Row) -> MarkPrice | None:
    """The mark price of a row of `market`."""
    if row["mark_time"] is None:
        return None
    price, rate = Decimal(row["mark"]), Decimal(row["funding_rate"])
    return MarkPrice(Symbol(row["symbol"]), Instant(row["mark_time"]), price, rate, Instant(row["next_funding"]))


def order_cells(order: PaperOrder) -> Cells:
    """A row of `orders`."""
    return (
        order.order_id,
        order.client_order_id,
        order.symbol,
        order.side,
        order.type,
        order.time_in_force,
        str(order.quantity),
        None if order.price is None else str(order.price),
        None if order.stop_price is None else str(order.stop_price),
        order.reduce_only,
        order.close_position,
        order.status,
        str(order.filled),
        str(order.paid),
        order.takes,
        order.triggered,
        order.since,
        order.updated,
        order.reason,
        not order.status.is_final,
        order.created,
    )


def order_of(row: sqlite3.Row) -> PaperOrder:
    """The order of a row of `orders`."""
    return PaperOrder(
        order_id=row["order_id"],
        client_order_id=ClientOrderId(row["client_order_id"]),
        symbol=Symbol(row["symbol"]),
        side=Side(row["side"]),
        type=OrderType(row["type"]),
        time_in_force=TimeInForce(row["time_in_force"]),
        quantity=Decimal(row["quantity"]),
        price=None if row["price"] is None else Decimal(row["price"]),
        stop_price=None if row["stop_price"] is None else Decimal(row["stop_price"]),
        reduce_only=bool(row["reduce_only"]),
        close_position=bool(row["close_position"]),
        status=OrderStatus(row["status"]),
        filled=Decimal(row["filled"]),
        paid=Decimal(row["paid"]),
        takes=bool(row["takes"]),
        triggered=bool(row["triggered"]),
        created=Instant(row["created"]),
        since=Instant(row["since"]),
        updated=Instant(row["updated"]),
        reason=row["reason"],
    )


def fill_cells(order_id: int, fill: Fill) -> Cells:
    """A row of `fills`."""
    money = (fill.quantity, fill.price, fill.fee)
    ids = (int(fill.trade_id), order_id, fill.client_order_id, fill.symbol, fill.side)
    return (*ids, *map(str, money), fill.maker, str(fill.realised), fill.time)


def fill_of(row: sqlite3.Row) -> Fill:
    """The fill of a row of `fills`."""
    return Fill(
        client_order_id=ClientOrderId(row["client_order_id"]),
        trade_id=TradeId(str(row["trade_id"])),
        symbol=Symbol(row["symbol"]),
        side=Side(row["side"]),
        quantity=Decimal(row["quantity"]),
        price=Decimal(row["price"]),
        fee=Decimal(row["fee"]),
        maker=bool(row["maker"]),
        realised=Decimal(row["realised"]),
        time=Instant(row["time"]),
    )


def funding_cells(booked: FundingBooked) -> Cells:
    """A row of `funding`."""
    return (booked.id, booked.symbol, str(booked.amount), str(booked.rate), str(booked.mark), booked.time)


def funding_of(row: sqlite3.Row) -> FundingBooked:
    """The payment of a row of `funding`."""
    return FundingBooked(
        id=row["id"],
        symbol=Symbol(row["symbol"]),
        amount=Decimal(row["amount"]),
        rate=Decimal(row["rate"]),
        mark=Decimal(row["mark"]),
        time=Instant(row["time"]),
    )


def transfer_of(row: sqlite3.Row) -> TransferBooked:
    """The transfer of a row of `transfers`."""
    return TransferBooked(id=row["id"], amount=Decimal(row["amount"]), time=Instant(row["time"]))
