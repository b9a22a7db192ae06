"""Rows of what limits trading: the gate, the trading state, the circuit breakers."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from tui_trader.core.clock import Instant
from tui_trader.core.money import Money
from tui_trader.core.records.json_values import JsonObject
from tui_trader.core.words import BreakerCause, BreakerScope, Symbol, TradingState


@dataclass(frozen=True, slots=True, kw_only=True)
class Clamp:
    """One limit that made an order smaller (or a price tamer)."""

    code: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskJudged:
    """What the gate said of an order: allow, shrink or deny, with the stable reason code and the figures.

    `passed` names the checks that had nothing against it, in their order. `measured` gives, for each limit that
    applies, its value and what was used of it just before: `{"limit": …, "used": …}`.
    """

    KIND: ClassVar[str] = "risk.decision"
    verdict: str
    tool: str
    symbol: Symbol
    code: str = ""
    detail: str = ""
    clamps: tuple[Clamp, ...] = ()
    cycle: int | None = None
    passed: tuple[str, ...] = ()
    measured: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingStateChanged:
    """The trading state, and why. A `resume` carries new baselines so that it does not trip again at once.

    `generation` counts halts: a resume names the generation it answers, and a halt that came later wins. `person` is
    the operator's name, where one is known.
    """

    KIND: ClassVar[str] = "state"
    state: TradingState
    reason: str
    code: str = ""
    generation: int = 0
    baseline_equity: Money | None = None
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChanged:
    """A circuit breaker opened (no new risk), stays open after a probe, or closed again; or a failure was counted.

    `failures` are those in a row, or what was counted when it opened and since. `until` is when it may be probed: None
    where only a person closes it, and for failures in a row, whose rest follows from their number. A person's closing
    names the number of openings that it `answers`: one that opened later stays open.
    """

    KIND: ClassVar[str] = "breaker"
    scope: BreakerScope
    open: bool
    failures: int
    reason: str
    cause: BreakerCause = BreakerCause.FAILURES
    until: Instant | None = None
    answers: int | None = None
