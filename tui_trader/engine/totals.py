"""The summary of a run: what was decided, sent, filled, denied and earned, folded from its rows."""

from collections import Counter
from decimal import Decimal

from tui_trader.core.clock import Instant, text
from tui_trader.core.money import ZERO, Money, plain, plain_or_none
from tui_trader.core.order import Fill, OrderStatus
from tui_trader.core.records import (
    CycleDecided,
    FundingBooked,
    JsonObject,
    ModelAnswered,
    ObservedChanged,
    OrderChanged,
    OrderFilled,
    RiskJudged,
)
from tui_trader.core.words import TradingState
from tui_trader.journal.ports import Head, Row


class RunTotals:
    """Counts from the moment it goes live: figures of this run, not of the home."""

    def __init__(self) -> None:
        self._live = False
        self._denials: Counter[str] = Counter()
        self._decisions = self._orders = self._fills = 0
        self._realised = self._fees = self._funding = self._model_cost = ZERO
        self._unrealised_before = ZERO
        self._observed, self._observed_bps = 0, ZERO

    def go_live(self, unrealised: Money) -> None:
        """From now on rows are of this run; `unrealised` is what positions from before it stand at."""
        self._live = True
        self._unrealised_before = unrealised

    def apply(self, row: Row) -> None:
        """Take one row in."""
        if not self._live:
            return
        match row.record:
            case CycleDecided():
                self._decisions += 1
            case OrderChanged(status=OrderStatus.SENT):
                self._orders += 1
            case OrderFilled(own=Fill() as fill):
                self._fills += 1
                self._realised += fill.realised
                self._fees += fill.fee
            case FundingBooked(amount=amount):
                self._funding += amount
            case ModelAnswered(cost=cost):
                self._model_cost += cost or ZERO
            case ObservedChanged(net_bps=Decimal() as net):
                self._observed += 1
                self._observed_bps += net
            case RiskJudged(verdict="deny", code=code):
                self._denials[code] += 1
            case _:
                pass

    @property
    def decisions(self) -> int:
        """How many decisions this run has made."""
        return self._decisions

    def summary(
        self, *, time: Instant, unrealised: Money, equity: Money | None, state: TradingState, head: Head, ended: str
    ) -> JsonObject:
        """The last line of a run; `ended` says what ended it.

        `net` = realised + unrealised - fees + funding - model cost.
        """
        change = unrealised - self._unrealised_before
        net = self._realised + change - self._fees + self._funding - self._model_cost
        return {
            "event": "summary",
            "time": text(time),
            "decisions": self._decisions,
            "orders": self._orders,
            "fills": self._fills,
            "denials": dict(sorted(self._denials.items())),
            "pnl": {
                "realised": plain(self._realised),
                "unrealised": plain(change),
                "fees": plain(self._fees),
                "funding": plain(self._funding),
                "model_cost": plain(self._model_cost),
                "net": plain(net),
            },
            "observed": {"closed": self._observed, "net_bps": plain(self._observed_bps)},
            "equity": plain_or_none(equity),
            "trading_state": state.value,
            "ended": ended,
            "journal_head": head.hash.hex(),
            "journal_entries": head.seq,
        }
