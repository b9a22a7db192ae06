"""What the log has committed itself to at the exchange: each order's id there is the hash of a row here.

An order of ours at the exchange without such a row means that the end of the log was cut off, that the log was put
back or replaced, or that somebody else sends under our name. A row that says that the exchange took an order, and no
order there, means that the row is not true.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tui_trader.core.clock import Instant, elapsed
from tui_trader.core.ids import PREFIX, client_order_id
from tui_trader.core.order import Intent, OrderStatus
from tui_trader.core.records import EmergencyImported, EngineStarted, HomeOpened, OrderChanged, OrderIntended
from tui_trader.core.words import ClientOrderId, Mode, Symbol
from tui_trader.desk.aside import kept_order_record
from tui_trader.exchange.ports import Kept, OrderReport
from tui_trader.journal.emergency import line_hash
from tui_trader.journal.ports import Row

_THERE = frozenset(
    {
        OrderStatus.ACCEPTED,
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.EXPIRED,
    }
)
"""What only the exchange can say of an order, and only of one that it has."""
_NEVER_LEFT = frozenset({OrderStatus.NOT_SENT})
_OPEN_QUESTION = frozenset({OrderStatus.INTENDED, OrderStatus.SENT, OrderStatus.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """An intent of the log and what the log says became of it.

    `seq` is the intent's row, zero for a line that only the emergency log has; `taken` the first row that says that
    the exchange has the order, if any does.
    """

    seq: int
    intent: Intent
    made: Instant
    status: OrderStatus = OrderStatus.INTENDED
    taken: int | None = None
    has_traded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Whose log it is, and since when."""

    mode: Mode
    account: str
    at: Instant


@dataclass(slots=True)
class Commitments:
    """A fold: all orders that the log ever announced, by the id that their row gives them."""

    by_id: dict[ClientOrderId, Commitment] = field(default_factory=dict)
    symbols: set[Symbol] = field(default_factory=set)
    """What was traded, or might have been."""
    opened: Opened | None = None

    def apply(self, row: Row) -> None:
        """Take one row in."""
        match row.record:
            case HomeOpened(mode=mode, account=account):
                self.opened = Opened(mode=mode, account=account, at=row.time)
            case EngineStarted(symbols=symbols):
                self.symbols |= set(symbols)
            case OrderIntended(intent=intent):
                self._announced(client_order_id(row.hash), intent, row.seq, row.time)
            case OrderChanged() as change:
                self._changed(change, row.seq)
            case EmergencyImported() as imported:
                self.aside(imported, row.seq, row.time)
            case _:
                pass

    def aside(self, line: EmergencyImported, seq: int, at: Instant) -> None:
        """Take in what was written down while the journal could not be; `seq` zero: it is not in the journal yet."""
        match kept_order_record(line):
            case OrderIntended(intent=intent):
                self._announced(client_order_id(line_hash(line)), intent, seq, at)
            case OrderChanged() as change:
                self._changed(change, seq)
            case None:
                pass

    def _announced(self, order_id: ClientOrderId, intent: Intent, seq: int, at: Instant) -> None:
        self.symbols.add(intent.symbol)
        self.by_id.setdefault(order_id, Commitment(seq=seq, intent=intent, made=at))

    def _changed(self, change: OrderChanged, seq: int) -> None:
        known = self.by_id.get(change.client_order_id)
        if known is None:
            return
        is_there = change.status in _THERE
        self.by_id[change.client_order_id] = replace(
            known,
            status=change.status,
            taken=seq if is_there and known.taken is None else known.taken,
            has_traded=known.has_traded or change.filled > 0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """One thing that the log and the exchange do not say alike. `seq` zero: no row is concerned."""

    client_order_id: ClientOrderId
    seq: int
    reason: str

    def __str__(self) -> str:
        """One sentence for a person."""
        return f"{f'row {self.seq}, ' if self.seq else ''}order {self.client_order_id}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How log and exchange compare. Counts are of orders.

    `listed` are those that the exchange lists under our prefix, `matched` those of them that a row commits to;
    `beyond` those of the log that are older than what the exchange lists, `unsettled` those of which neither the log
    nor the exchange knows whether they arrived.
    """

    listed: int
    matched: int
    beyond: int
    unsettled: int
    contradictions: tuple[Contradiction, ...] = ()


def compared(
    commitments: Commitments, listed: Sequence[OrderReport], *, kept: Kept, now: Instant, upto: int
) -> Compared:
    """Compare. `upto` is the last row that was durable before the exchange was asked; `now` is the time of asking.

    The log must have been read after the exchange: then whatever is listed there was announced here before.
    """
    ours = [report for report in listed if report.client_order_id.startswith(PREFIX)]
    found = [*_strangers(commitments, ours), *_twice(ours)]
    missing, beyond, unsettled = _missing(commitments, {r.client_order_id for r in ours}, kept, now, upto)
    return Compared(
        listed=len(ours),
        matched=sum(report.client_order_id in commitments.by_id for report in ours),
        beyond=beyond,
        unsettled=unsettled,
        contradictions=(*found, *missing),
    )


def _strangers(commitments: Commitments, ours: Iterable[OrderReport]) -> Iterable[Contradiction]:
    for report in ours:
        order_id = report.client_order_id
        known = commitments.by_id.get(order_id)
        if known is None:
            yield Contradiction(
                client_order_id=order_id,
                seq=0,
                reason="it is at the exchange, and no row of the log announces it: rows were cut off or put back, or "
                "another program trades this account under our name",
            )
        elif difference := _difference(known.intent, report):
            yield Contradiction(client_order_id=order_id, seq=known.seq, reason=difference)
        elif known.status in _NEVER_LEFT:
            reason = f"the log says {known.status.value}, and the exchange has it"
            yield Contradiction(client_order_id=order_id, seq=known.seq, reason=reason)


def _difference(intent: Intent, report: OrderReport) -> str:
    """What of the order at the exchange is not as it was announced; empty where nothing is."""
    pairs = [("symbol", intent.symbol, report.symbol), ("side", intent.side.value, report.side.value)]
    if not (intent.close_position or report.close_position):
        pairs.append(("quantity", str(intent.quantity.normalize()), str(report.quantity.normalize())))
    for name, here, there in pairs:
        if here != there:
            return f"its {name} is {there} at the exchange and {here} in the log"
    return ""


def _twice(ours: Iterable[OrderReport]) -> Iterable[Contradiction]:
    seen: set[ClientOrderId] = set()
    for report in ours:
        if report.client_order_id in seen:
            reason = "the exchange lists it twice: an id of ours was used again"
            yield Contradiction(client_order_id=report.client_order_id, seq=0, reason=reason)
        seen.add(report.client_order_id)


def _missing(
    commitments: Commitments, listed: set[ClientOrderId], kept: Kept, now: Instant, upto: int
) -> tuple[list[Contradiction], int, int]:
    missing: list[Contradiction] = []
    beyond = unsettled = 0
    for order_id, known in commitments.by_id.items():
        if order_id in listed:
            continue
        if known.taken is not None and known.taken <= upto:
            age = elapsed(known.made, now)
            if age > (kept.traded if known.has_traded else kept.unfilled):
                beyond += 1
            else:
                reason = f"the log says {known.status.value}, and the exchange does not list it"
                missing.append(Contradiction(client_order_id=order_id, seq=known.seq, reason=reason))
        elif known.status in _OPEN_QUESTION:
            unsettled += 1
    return missing, beyond, unsettled
