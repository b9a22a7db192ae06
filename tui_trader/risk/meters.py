"""The loss meters: counters and losses that the gate judges by, folded from the journal and so never lost."""

from collections import deque
from dataclasses import dataclass

from tui_trader.core.clock import MINUTE, Instant, later, start_of_day
from tui_trader.core.ids import client_order_id
from tui_trader.core.money import ZERO, Money
from tui_trader.core.order import Fill, Purpose
from tui_trader.core.recent import Recent
from tui_trader.core.records import (
    AccountReconciled,
    BreakerChanged,
    EconomyChanged,
    EmergencyImported,
    EquityMarked,
    FundingBooked,
    ModelAnswered,
    ModelAsked,
    OrderFilled,
    OrderIntended,
    PositionAdopted,
    TradingStateChanged,
    TransferBooked,
)
from tui_trader.core.words import Actor, ClientOrderId, Side, SpendWindow, Symbol, TradeId, TradingState
from tui_trader.journal.ports import Row
from tui_trader.risk.baselines import Baselines
from tui_trader.risk.book import LossesNow, Meters
from tui_trader.risk.breakers import BreakerFold
from tui_trader.risk.incidents import IncidentFold, Incidents
from tui_trader.risk.round_trips import RoundTrips
from tui_trader.risk.spending import Spending
from tui_trader.risk.trading_state import StateFold

_EXCHANGE_CLOSES = ("autoclose-", "adl_autoclose", "settlement_autoclose-")
"""How the exchange names the orders with which it closes a position itself: liquidation, deleveraging, settlement."""
_INTENTS_KEPT = 5_000
"""Intents whose purpose is remembered. Only open orders trade, and those are a handful; a fill of an older order
than this is taken for a stranger's, which changes no limit to the loose side."""
_BOOKINGS_KEPT = 10_000
"""Trades, and fundings and transfers, that are known again. The ledger keeps repeated ones out of the journal; this is
the second line, for what a crash between two tellers could have written twice, and such rows stand close together."""


@dataclass(frozen=True, slots=True)
class _Sent:
    purpose: Purpose
    actor: Actor


class LossMeters:
    """The fold behind `Meters`. `at` gives them for an instant and an equity."""

    def __init__(self) -> None:
        self.spending = Spending()
        self._baselines = Baselines()
        self._trips = RoundTrips()
        self._state = StateFold()
        self.breakers = BreakerFold()
        self._incidents = IncidentFold()
        self._sent: dict[ClientOrderId, _Sent] = {}
        self._sent_times: deque[Instant] = deque()
        self._day: Instant | None = None
        self._entries = 0
        self._stopped_out: dict[tuple[Symbol, Side], Instant] = {}
        self._agent_entered: dict[tuple[Symbol, Side], Instant] = {}
        self._agent_traded: dict[Symbol, Instant] = {}
        self._agent_side: dict[Symbol, Side] = {}
        self._reversals: dict[Symbol, int] = {}
        self._trades: Recent[tuple[Symbol, TradeId]] = Recent(_BOOKINGS_KEPT)
        self._booked: Recent[tuple[str, str]] = Recent(_BOOKINGS_KEPT)

    def apply(self, row: Row) -> None:
        """Take one row in; a fill, transfer or funding that was booked before counts once."""
        self._begin_day(row.time)
        self._incidents.apply(row)
        match row.record:
            case AccountReconciled(equity=equity) | EquityMarked(equity=equity):
                self._marked(equity, row.time)
            case OrderIntended():
                self._intended(row, row.record)
            case OrderFilled(own=Fill() as fill):
                self._filled(fill, row.time)
            case ModelAsked() | ModelAnswered() | EconomyChanged():
                self.spending.apply(row)
            case FundingBooked() | TransferBooked():
                self._booked_once(row.record)
            case PositionAdopted(symbol=symbol, own=own):
                self._trips.adopted(symbol, own)
            case TradingStateChanged() | EmergencyImported():
                self._state_changed(row)
            case BreakerChanged():
                self.breakers.apply(row)
            case _:
                pass

    @property
    def incidents(self) -> Incidents:
        """What the breakers count."""
        return self._incidents.seen

    def losses(self, now: Instant, equity: Money | None) -> LossesNow:
        """What the loss limits are judged by at an instant, and no more: the watch asks for it every second."""
        baselines = self._baselines.rolled(now)
        counted, peak = baselines.counted, baselines.peak
        readable = equity is not None and equity.is_finite()
        return LossesNow(
            day_loss=counted.equity - equity if counted and equity is not None and readable else None,
            peak_equity=peak.equity if peak else None,
            consecutive_losses=self._trips.losing_streak,
        )

    def at(self, now: Instant, equity: Money | None) -> Meters:
        """The meters at an instant; losses only where equity is known."""
        losses = self.losses(now, equity)
        peak, day = losses.peak_equity, self._baselines.rolled(now).day
        readable = equity if equity is not None and equity.is_finite() else None
        is_today = self._day == start_of_day(now)
        minute_ago = later(now, -MINUTE)
        return Meters(
            day_loss=losses.day_loss,
            day_start_equity=day.equity if day else None,
            drawdown=_drawdown(peak, readable) if peak is not None and readable is not None else None,
            peak_equity=peak,
            consecutive_losses=losses.consecutive_losses,
            entries_today=self._entries if is_today else 0,
            orders_last_minute=sum(sent > minute_ago for sent in self._sent_times),
            stopped_out=dict(self._stopped_out),
            agent_entered=dict(self._agent_entered),
            agent_side=dict(self._agent_side),
            agent_traded=dict(self._agent_traded),
            reversals_today=dict(self._reversals) if is_today else {},
            model_spend_today=self.spending.spent(SpendWindow.DAY, now),
            model_spend_hour=self.spending.spent(SpendWindow.HOUR, now),
            model_spend_month=self.spending.spent(SpendWindow.MONTH, now),
            breakers=self.breakers.board,
            incidents=self.incidents,
        )

    def _marked(self, equity: Money, time: Instant) -> None:
        """Take a mark of equity in; what is no number says nothing."""
        if equity.is_finite():
            self._baselines = self._baselines.marked(equity, time)

    def _begin_day(self, time: Instant) -> None:
        day = start_of_day(time)
        if self._day is None or day > self._day:
            self._day, self._entries, self._reversals = day, 0, {}

    def _intended(self, row: Row, record: OrderIntended) -> None:
        intent = record.intent
        self._sent[client_order_id(row.hash)] = _Sent(intent.purpose, intent.actor)
        if len(self._sent) > _INTENTS_KEPT:
            del self._sent[next(iter(self._sent))]
        self._sent_times.append(row.time)
        while self._sent_times[0] <= later(row.time, -MINUTE):
            self._sent_times.popleft()
        if intent.purpose is Purpose.ENTRY:
            self._entries += 1
            if intent.actor is Actor.AGENT:
                self._agent_intended(intent.symbol, intent.side)

    def _agent_intended(self, symbol: Symbol, side: Side) -> None:
        if self._agent_side.get(symbol) is side.opposite:
            self._reversals[symbol] = self._reversals.get(symbol, 0) + 1
        self._agent_side[symbol] = side

    def _filled(self, fill: Fill, time: Instant) -> None:
        if (fill.symbol, fill.trade_id) in self._trades:
            return
        self._trades.add((fill.symbol, fill.trade_id))
        sent = self._sent.get(fill.client_order_id)
        held = self._trips.side_held(fill.symbol)
        self._trips.filled(fill)
        stopped = sent is not None and sent.purpose is Purpose.STOP
        if held is not None and (stopped or fill.client_order_id.startswith(_EXCHANGE_CLOSES)):
            self._stopped_out[fill.symbol, held] = time
        if sent is not None and sent.purpose is Purpose.ENTRY and sent.actor is Actor.AGENT:
            self._agent_entered[fill.symbol, fill.side] = time
        if sent is not None and sent.purpose in (Purpose.ENTRY, Purpose.EXIT) and sent.actor is Actor.AGENT:
            self._agent_traded[fill.symbol] = time

    def _booked_once(self, record: FundingBooked | TransferBooked) -> None:
        key = (record.KIND, record.id)
        if key in self._booked:
            return
        self._booked.add(key)
        if isinstance(record, FundingBooked):
            self._trips.funded(record.symbol, record.amount)
        else:
            self._baselines = self._baselines.transferred(record.amount, record.time)

    def _state_changed(self, row: Row) -> None:
        """A resume that holds moves the baselines; one that a later halt overtook, or that frees nothing, does not."""
        before = self._state.current
        self._state.apply(row)
        freed = before is not TradingState.ACTIVE and self._state.current is TradingState.ACTIVE
        baseline = self._state.status.baseline_equity
        if freed and baseline is not None:
            self._baselines = self._baselines.resumed(baseline, row.time)
            self._trips.forgiven()


def _drawdown(peak: Money, equity: Money) -> float | None:
    """The part of the peak that is lost, as a fraction; None where there is no peak to speak of."""
    return float(max(ZERO, peak - equity) / peak) if peak > 0 else None
