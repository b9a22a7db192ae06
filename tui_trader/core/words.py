"""The field's words as closed sets; no part of the program has a second word for any of them."""

from enum import StrEnum
from typing import NewType

Symbol = NewType("Symbol", str)
"""An instrument's name at the exchange, upper case: `BTCUSDT`."""
ClientOrderId = NewType("ClientOrderId", str)
"""Our id of an order: `tt-` and 22 characters that commit the journal row of its intent."""
TradeId = NewType("TradeId", str)
"""The exchange's id of one fill; unique within a symbol."""


class Mode(StrEnum):
    """Whose money is at stake."""

    PAPER = "paper"
    DEMO = "demo"
    LIVE = "live"


class TradingState(StrEnum):
    """What the trader may do: anything, only reduce, or nothing but exits and protection."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


class Autonomy(StrEnum):
    """How far the agent acts by itself: propose only, ask a person, or act."""

    OBSERVE = "observe"
    APPROVE = "approve"
    AUTO = "auto"


class Actor(StrEnum):
    """Who acts."""

    AGENT = "agent"
    OPERATOR = "operator"
    SYSTEM = "system"


class Side(StrEnum):
    """The direction of an order or a fill."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 for BUY, -1 for SELL."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        """The other direction."""
        return Side.SELL if self is Side.BUY else Side.BUY


class BreakerScope(StrEnum):
    """What a circuit breaker watches."""

    EXCHANGE = "exchange"
    MODEL = "model"
    MARKET = "market"
    DECIDER = "decider"


class BreakerCause(StrEnum):
    """What opens a circuit breaker."""

    FAILURES = "failures"
    """Too many in a row."""
    ERROR_RATE = "error_rate"
    """Too large a part of what was asked within the window."""
    UNKNOWN_OUTCOMES = "unknown_outcomes"
    SLIPPAGE = "slippage"
    IDENTICAL_ORDERS = "identical_orders"
    """The same again and again; only a person closes it."""


class BreakerState(StrEnum):
    """Whether new risk may pass: yes, no, or only as the probe that decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class ApprovalStatus(StrEnum):
    """Where an entry stands that a person is asked about. Only one that is APPROVED may be sent, once."""

    WAITING = "WAITING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    DENIED = "DENIED"
    """A person said yes, and the gate or the desk no."""
    EXECUTED = "EXECUTED"
    """Its order is intended: what becomes of it is the order's to say."""

    @property
    def is_final(self) -> bool:
        """Whether nothing can come of it any more but what its order does."""
        return self not in (ApprovalStatus.WAITING, ApprovalStatus.APPROVED)


class ObservedStatus(StrEnum):
    """What would have become of an entry that was only observed."""

    RESTING = "RESTING"
    """Its limit was not reached yet."""
    ENTERED = "ENTERED"
    STOPPED = "STOPPED"
    TARGET = "TARGET"
    HORIZON = "HORIZON"
    """Neither stop nor take-profit was hit in time: closed at the mark price."""
    UNFILLED = "UNFILLED"
    """Its limit was never reached."""

    @property
    def is_final(self) -> bool:
        """Whether it is over."""
        return self not in (ObservedStatus.RESTING, ObservedStatus.ENTERED)


class CycleVerdict(StrEnum):
    """What came of one decision; the first that applies."""

    FAULT = "fault"
    TRADE = "trade"
    DENIED = "denied"
    HOLD = "hold"
    SKIP = "skip"


class SpendWindow(StrEnum):
    """A span over which money for the model is counted, on the calendar in UTC."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class Economy(StrEnum):
    """How sparingly the model is asked, in the order of the ladder."""

    FULL = "full"
    CHEAPER = "cheaper"
    SLOWER = "slower"
    MANAGE = "manage"

    @property
    def rung(self) -> int:
        """How far down the ladder; zero where nothing is saved."""
        return list(Economy).index(self)
