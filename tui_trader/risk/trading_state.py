"""The trading state: folded from its rows, tripped by losses, given back by a resume that answers the last halt.

Losing freedom is always possible; getting it back names the generation it answers, so that a halt which came in
between wins, in memory and in the journal alike.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from tui_trader.core.clock import Instant
from tui_trader.core.money import HUNDRED, Money, percent_of, plain
from tui_trader.core.records import EmergencyImported, TradingStateChanged
from tui_trader.core.words import Actor, TradingState
from tui_trader.journal.emergency import kept_record
from tui_trader.journal.ports import Row
from tui_trader.risk.book import Losses
from tui_trader.risk.codes import Code
from tui_trader.risk.policy import Policy

EMERGENCY_CODE = "EMERGENCY"
"""The code of the halt that an imported emergency line stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingStatus:
    """The state in force, and who brought it about and why.

    `generation` counts what tightened. `baseline_equity` is what the last resume started from. Without any row
    nobody has ever halted, and the state is ACTIVE; what else new risk needs, the gate asks for itself.
    """

    state: TradingState = TradingState.ACTIVE
    reason: str = ""
    code: str = ""
    actor: Actor = Actor.SYSTEM
    generation: int = 0
    since: Instant | None = None
    baseline_equity: Money | None = None


class StateFold:
    """The trading state as the durable rows say it."""

    def __init__(self) -> None:
        self._status = TradingStatus()

    @property
    def status(self) -> TradingStatus:
        """All that is known of the state in force."""
        return self._status

    @property
    def current(self) -> TradingState:
        """The state in force."""
        return self._status.state

    @property
    def generation(self) -> int:
        """What a resume has to name."""
        return self._status.generation

    def apply(self, row: Row) -> None:
        """Take one row in. A resume that answers an older generation, and REDUCING while HALTED, change nothing."""
        record = row.record
        if isinstance(record, TradingStateChanged):
            self._status = after(self._status, record, at=row.time, actor=row.actor)
        elif isinstance(record, EmergencyImported):
            # Lines are only ever written there while the journal could not be, which halts.
            self._status = after(self._status, self._halt_of(record), at=row.time, actor=row.actor)

    def _halt_of(self, kept: EmergencyImported) -> TradingStateChanged:
        """The halt that the line tells of; else that of before it, and where there was none, that there was one."""
        if (told := kept_halt(kept)) is not None:
            return replace(told, generation=0)
        if self._status.state is TradingState.HALTED:
            return TradingStateChanged(state=TradingState.HALTED, reason=self._status.reason, code=self._status.code)
        reason = "the journal could not be written"
        return TradingStateChanged(state=TradingState.HALTED, reason=reason, code=EMERGENCY_CODE)


def kept_halt(kept: EmergencyImported) -> TradingStateChanged | None:
    """The halt that a line of the emergency log keeps; None where it keeps something else."""
    record = kept_record(kept)
    if isinstance(record, TradingStateChanged) and record.state is TradingState.HALTED:
        return record
    return None


def after(status: TradingStatus, change: TradingStateChanged, *, at: Instant, actor: Actor) -> TradingStatus:
    """The status after a change, if the change is good; else the same object."""
    match change.state:
        case TradingState.ACTIVE:
            if not answers(status, change.generation):
                return status
            generation = status.generation
        case TradingState.REDUCING:
            generation = max(status.generation + 1, change.generation)
            if status.state is TradingState.HALTED:
                return status
        case TradingState.HALTED:
            generation = max(status.generation + 1, change.generation)
        case _:
            assert_never(change.state)
    baseline = change.baseline_equity if change.state is TradingState.ACTIVE else status.baseline_equity
    return TradingStatus(
        state=change.state,
        reason=change.reason,
        code=change.code,
        actor=actor,
        generation=generation,
        since=at,
        baseline_equity=baseline,
    )


def answers(status: TradingStatus, generation: int) -> bool:
    """Whether a resume that was asked for at this generation still holds: nothing tightened since."""
    return generation == status.generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A loss limit was reached: what the state must become, and whether positions go too."""

    state: TradingState
    code: str
    reason: str
    flatten: bool


def trip(losses: Losses, equity: Money, policy: Policy, current: TradingState = TradingState.ACTIVE) -> Trip | None:
    """What the losses demand beyond `current`; None where they demand nothing more.

    Drawdown: flatten, HALTED. Daily loss and losing streak: REDUCING, positions keep their stops. Nothing here ever
    loosens. A meter that is lost trips nothing: then the gate denies new risk.
    """
    if current is TradingState.HALTED or not equity.is_finite():
        return None
    halting = _drawdown(losses, equity, policy)
    if halting is not None or current is TradingState.REDUCING:
        return halting
    return _daily_loss(losses, equity, policy) or _losing_streak(losses, policy)


def _drawdown(losses: Losses, equity: Money, policy: Policy) -> Trip | None:
    peak, limit = losses.peak_equity, policy.risk.max_drawdown_pct
    if peak is None or (peak - equity) * HUNDRED < peak * limit:
        return None
    return Trip(
        state=TradingState.HALTED,
        code=Code.MAX_DRAWDOWN.value,
        reason=f"equity {plain(equity)} is {plain(limit)}% or more below its peak of {plain(peak)}",
        flatten=True,
    )


def _daily_loss(losses: Losses, equity: Money, policy: Policy) -> Trip | None:
    loss, limit = losses.day_loss, policy.risk.max_daily_loss_pct
    if loss is None or loss < percent_of(equity + loss, limit):
        return None
    return Trip(
        state=TradingState.REDUCING,
        code=Code.MAX_DAILY_LOSS.value,
        reason=f"lost {plain(loss)} today, {plain(limit)}% or more of {plain(equity + loss)}",
        flatten=False,
    )


def _losing_streak(losses: Losses, policy: Policy) -> Trip | None:
    if losses.consecutive_losses < policy.risk.max_consecutive_losses:
        return None
    return Trip(
        state=TradingState.REDUCING,
        code=Code.MAX_CONSECUTIVE_LOSSES.value,
        reason=f"{losses.consecutive_losses} round trips in a row lost money",
        flatten=False,
    )
