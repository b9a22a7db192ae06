"""What must hold at the end of a case, by the exchange's books and the journal alone: each breach is a sentence."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.matrix.venue import Venue
from tui_trader.core.ids import PREFIX, client_order_id
from tui_trader.core.order import Fill, OrderStatus, Purpose
from tui_trader.core.records import OrderChanged, OrderFilled, OrderIntended
from tui_trader.core.words import ClientOrderId
from tui_trader.desk.ledger import Ledger
from tui_trader.engine.knowledge import known_from
from tui_trader.exchange.binance.orders import ALGO_STATUS, STATUS
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.verify import Verified, verify

D = Decimal
_NEVER_THERE = frozenset({OrderStatus.NOT_SENT, OrderStatus.REJECTED})


def breaches(journal: Path, venue: Venue, *, at_most: Decimal) -> tuple[str, ...]:
    """What does not hold, of an engine that has stopped; `at_most` is what its entries may have bought in all."""
    found = verify(journal)
    broken = () if isinstance(found, Verified) else (f"the journal does not verify: {found}",)
    with JournalReader(journal) as reader:
        rows = list(reader.rows())
    fills = [row.record.fill for row in rows if isinstance(row.record, OrderFilled)]
    intents = {
        client_order_id(row.hash): row.record.intent.purpose for row in rows if isinstance(row.record, OrderIntended)
    }
    status = dict.fromkeys(intents, OrderStatus.INTENDED)
    for row in rows:
        if isinstance(row.record, OrderChanged):
            status[row.record.client_order_id] = row.record.status
    return (
        *broken,
        *trades_missing(fills, venue.trades()),
        *_ids(intents, venue),
        *_orders(status, fills, venue),
        *_positions(fills, intents, venue, at_most),
        *_wallets(known_from(journal)[0].ledger, venue),
    )


def trades_missing(fills: Sequence[Fill], trades: Sequence[Any]) -> Iterator[str]:
    """What the journal lacks of the exchange's trades, and what it has too many; a wrong figure is both."""
    theirs = Counter(
        (str(t["id"]), D(t["qty"]), D(t["price"]), D(t["commission"]), D(t["realizedPnl"]), t["side"]) for t in trades
    )
    ours = Counter((str(f.trade_id), f.quantity, f.price, f.fee, f.realised, f.side.value) for f in fills)
    yield from (f"lost: trade {trade} is not in the journal" for trade in theirs - ours)
    yield from (f"doubled: the journal has a trade too many, {trade}" for trade in ours - theirs)


def _ids(intents: Mapping[ClientOrderId, Purpose], venue: Venue) -> Iterator[str]:
    children = {str(algo.get("actualOrderId") or "") for algo in venue.algos()}
    ordinary = [o["clientOrderId"] for o in venue.orders() if str(o["orderId"]) not in children]
    counted = Counter([*ordinary, *(a["clientAlgoId"] for a in venue.algos())])
    for order_id, count in counted.items():
        if count > 1:
            yield f"doubled: the exchange took {order_id} {count} times"
        if order_id.startswith(PREFIX) and order_id not in intents:
            yield f"lost: the exchange took {order_id}, which is not in the journal"


def _orders(status: Mapping[ClientOrderId, OrderStatus], fills: Sequence[Fill], venue: Venue) -> Iterator[str]:
    """Every order is at the exchange what the journal says that it is."""
    algos = {a["clientAlgoId"]: a for a in venue.algos()}
    by_number = {str(o["orderId"]): o for o in venue.orders()}
    ordinary = {o["clientOrderId"]: o for o in by_number.values()}
    for order_id, here in status.items():
        filled = sum((fill.quantity for fill in fills if fill.client_order_id == order_id), start=D(0))
        theirs = _status_there(order_id, ordinary, algos, by_number)
        if theirs is None and here not in _NEVER_THERE:
            yield f"{order_id} is {here.value} here, and the exchange does not know it"
        elif theirs is not None and theirs[0] is not here:
            yield f"{order_id} is {here.value} here and {theirs[0].value} there"
        elif theirs is not None and theirs[1] != filled:
            yield f"{order_id} has traded {filled} here and {theirs[1]} there"


def _status_there(
    order_id: ClientOrderId, ordinary: Mapping[str, Any], algos: Mapping[str, Any], by_number: Mapping[str, Any]
) -> tuple[OrderStatus, Decimal] | None:
    algo = algos.get(order_id)
    order = ordinary.get(order_id) if algo is None else by_number.get(str(algo.get("actualOrderId") or ""))
    if order is not None:
        return STATUS[order["status"]], D(order["executedQty"])
    return None if algo is None else (ALGO_STATUS[algo["algoStatus"]], D(0))


def _positions(
    fills: Sequence[Fill], intents: Mapping[ClientOrderId, Purpose], venue: Venue, at_most: Decimal
) -> Iterator[str]:
    held = venue.held()
    entered = sum((f.quantity for f in fills if intents.get(f.client_order_id) is Purpose.ENTRY), start=D(0))
    if entered > at_most:
        yield f"doubled: {entered} was bought, {at_most} was wanted"
    booked = sum((fill.signed_quantity for fill in fills), start=D(0))
    if booked != held:
        yield f"the exchange holds {held}, the journal {booked}"
    if resting := [o["clientOrderId"] for o in venue.open_orders()]:
        yield f"after a clean stop orders rest: {resting}"
    algos = venue.open_algos()
    stops = [a for a in algos if a["orderType"] == "STOP_MARKET" and a["closePosition"]]
    if held and len(stops) != 1:
        yield f"{held} is held with {len(stops)} closing stops"
    if not held and algos:
        yield f"nothing is held, and {len(algos)} conditional orders are left"


def _wallets(ledger: Ledger, venue: Venue) -> Iterator[str]:
    (wallet,) = (D(b["balance"]) for b in venue.ask("/fapi/v3/balance") if b["asset"] == "USDT")
    if ledger.wallet != wallet:
        yield f"the wallet is {ledger.wallet} here and {wallet} there"
    held = {symbol: position.quantity for symbol, position in ledger.positions.items()}
    if sum(held.values(), start=D(0)) != venue.held():
        yield f"the ledger holds {held}, the exchange {venue.held()}"
