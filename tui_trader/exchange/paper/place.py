"""The line at one price: how much of others stands before a resting order of ours, and what moves it up.

Trades at the price come off the front of the line. What the level loses without a trade was cancelled somewhere in it:
it shortens what is before us in proportion to our share of the line (as if every unit were equally likely to leave).
What the level gains stands behind us.

A trade and the level that shrank by it are told by two streams, in either order: in the capture of 2024-08-08 the
trade came up to 11 ms after the level. So a loss counts as a cancellation only after `EXPLAINED_WITHIN`; until then a
trade may still explain it. This errs on the side of waiting, never of filling early.
"""

from collections import deque
from dataclasses import dataclass, field

from tui_trader.core.clock import NANOSECONDS, Instant
from tui_trader.core.money import ZERO, Quantity, ceil_to

EXPLAINED_WITHIN = NANOSECONDS // 10
"""Nanoseconds within which a trade and what it did to its level belong together."""

_NEVER = Instant(0)


@dataclass(slots=True)
class Place:
    """One order's place. `ahead` and `shown` count what is others'.

    `shown` is the level as last told, `ahead` what of it stands before us, in whole steps.
    """

    ahead: Quantity
    shown: Quantity
    step: Quantity
    _unseen: Quantity = ZERO
    """Traded at the price and not yet missing from `shown`."""
    _unseen_since: Instant = _NEVER
    _lost: deque[tuple[Instant, Quantity]] = field(default_factory=deque)
    """What `shown` lost and no trade has explained, oldest first."""

    def hear_level(self, quantity: Quantity, at: Instant) -> None:
        """The market says how much rests at the price."""
        self._settle(at)
        loss, self.shown = self.shown - quantity, quantity
        if loss <= 0:
            return
        explained = min(loss, self._unseen)
        self._unseen -= explained
        if loss > explained:
            self._lost.append((at, loss - explained))

    def hear_trade(self, quantity: Quantity, at: Instant) -> Quantity:
        """So much was traded off the line; the answer is how much of it would have reached us."""
        self._settle(at)
        left = quantity
        while left > 0 and self._lost:
            since, loss = self._lost.popleft()
            if loss > left:
                self._lost.appendleft((since, loss - left))
            left -= min(loss, left)
        if left > 0:
            self._unseen += left
            self._unseen_since = at
        reached = max(ZERO, quantity - self.ahead)
        self.ahead = max(ZERO, self.ahead - quantity)
        return reached

    def step_forward(self) -> None:
        """The market went through the price: nobody is before us any more."""
        self.ahead = ZERO
        self._lost.clear()

    def _settle(self, at: Instant) -> None:
        """What is too old to be explained by what comes now: losses were cancellations, trades were refilled."""
        if self._unseen and at - self._unseen_since > EXPLAINED_WITHIN:
            self._unseen = ZERO
        while self._lost and at - self._lost[0][0] > EXPLAINED_WITHIN:
            line = max(self.shown - self._unseen, ZERO) + self._unexplained()
            _, loss = self._lost.popleft()
            self.ahead = ceil_to(self.ahead * max(ZERO, line - loss) / line, self.step)

    def _unexplained(self) -> Quantity:
        return sum((loss for _, loss in self._lost), start=ZERO)
