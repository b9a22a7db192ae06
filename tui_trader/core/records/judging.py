"""Rows of what limits trading: the gate, the trading state, the circuit breakers."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from tui_trader.core.money import Money
from tui_trader.core.records.json_values import JsonObject
from tui_trader.core.words import Symbol, TradingState


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

    `generation` counts halts: a resume names the generation it answers, and a halt that came later wins.
    """

    KIND: ClassVar[str] = "state"
    state: TradingState
    reason: str
    code: str = ""
    generation: int = 0
    baseline_equity: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChanged:
    """A circuit breaker opened (no new risk), probes, or closed again."""

    KIND: ClassVar[str] = "breaker"
    scope: str
    open: bool
    failures: int
    reason: str
