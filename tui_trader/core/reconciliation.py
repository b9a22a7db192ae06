"""What a comparison with the exchange finds: one value a difference, what it means, and what is done about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from tui_trader.core.clock import Instant
from tui_trader.core.words import Symbol


class DifferenceKind(StrEnum):
    """In what our books and the exchange differ."""

    UNKNOWN_FILL = "unknown_fill"
    """Our part of a position is not what our fills say, and no trade that the exchange lists explains it."""
    FOREIGN_POSITION = "foreign_position"
    FOREIGN_ORDER = "foreign_order"
    SECOND_INSTANCE = "second_instance"
    """An order with our prefix that our log does not know."""
    REVIVED_ORDER = "revived_order"
    """An order of ours that is open there and over in our books."""
    MISSING_STOP = "missing_stop"
    ORPHAN_STOP = "orphan_stop"
    """A stop or take-profit of ours with nothing left to protect."""
    LEVERAGE = "leverage"
    """The symbol's leverage is set higher than the policy allows."""
    MARGIN_MODE = "margin_mode"
    POSITION_MODE = "position_mode"
    ASSETS_MODE = "assets_mode"


class DifferenceVerdict(StrEnum):
    """What a difference leads to. What is the same on both sides is matched, and no difference."""

    ADOPTED = "adopted"
    """The exchange's word is taken over, and trading halts."""
    COUNTED = "counted"
    """It counts at full size and blocks entries on its symbol; it stays as it is until the operator says otherwise."""
    HALTED = "halted"
    PROTECTED = "protected"
    """A stop is placed, else the position is closed."""
    CANCELLED = "cancelled"
    NO_NEW_RISK = "no_new_risk"
    """Nothing is opened (of leverage: on its symbol) until it is set back."""


NO_SYMBOL = Symbol("")
"""Where a difference concerns the whole account."""

_VERDICTS = MappingProxyType(
    {
        DifferenceKind.UNKNOWN_FILL: DifferenceVerdict.ADOPTED,
        DifferenceKind.FOREIGN_POSITION: DifferenceVerdict.COUNTED,
        DifferenceKind.FOREIGN_ORDER: DifferenceVerdict.COUNTED,
        DifferenceKind.SECOND_INSTANCE: DifferenceVerdict.HALTED,
        DifferenceKind.REVIVED_ORDER: DifferenceVerdict.HALTED,
        DifferenceKind.MISSING_STOP: DifferenceVerdict.PROTECTED,
        DifferenceKind.ORPHAN_STOP: DifferenceVerdict.CANCELLED,
        DifferenceKind.LEVERAGE: DifferenceVerdict.NO_NEW_RISK,
        DifferenceKind.MARGIN_MODE: DifferenceVerdict.NO_NEW_RISK,
        DifferenceKind.POSITION_MODE: DifferenceVerdict.NO_NEW_RISK,
        DifferenceKind.ASSETS_MODE: DifferenceVerdict.NO_NEW_RISK,
    }
)

_OF_ITS_SYMBOL_ALONE = frozenset(
    {DifferenceKind.FOREIGN_POSITION, DifferenceKind.FOREIGN_ORDER, DifferenceKind.LEVERAGE}
)
MODES = frozenset({DifferenceKind.MARGIN_MODE, DifferenceKind.POSITION_MODE, DifferenceKind.ASSETS_MODE})
"""Settings of the account that somebody else changed."""
HALTING = frozenset({DifferenceVerdict.ADOPTED, DifferenceVerdict.HALTED})
"""Verdicts after which a person has to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference. `ours` and `theirs` are what each side says, in words with figures; both are safe to show.

    `symbol` is empty where it concerns the whole account; `done` says what was done about it, or is being done.
    """

    kind: DifferenceKind
    symbol: Symbol = NO_SYMBOL
    ours: str
    theirs: str
    done: str

    @property
    def verdict(self) -> DifferenceVerdict:
        """What it leads to: the kind alone decides."""
        return _VERDICTS[self.kind]

    @property
    def blocks_all(self) -> bool:
        """Whether nothing at all may be opened while it stands; else nothing on its symbol."""
        return self.kind not in _OF_ITS_SYMBOL_ALONE

    @property
    def text(self) -> str:
        """All of it in a sentence."""
        about = f"{self.symbol}: " if self.symbol else ""
        kind = self.kind.value.replace("_", " ")
        return f"{about}{kind}, the exchange says {self.theirs}, our books {self.ours}; {self.done}"


class Agreement(StrEnum):
    """How our books and the exchange stand to each other."""

    GREEN = "green"
    """All is matched."""
    AMBER = "amber"
    """Entries are denied on the symbols that are named; the others go on."""
    RED = "red"
    """Nothing new is risked."""
    UNKNOWN = "unknown"
    """Not compared yet, or not lately, or in doubt: nothing new is risked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The last comparison, and whether it still holds. `age` is in seconds; None before the first that agreed."""

    agreement: Agreement
    age: float | None
    matched: int = 0
    """Positions, orders and settings that were the same on both sides."""
    differences: tuple[Difference, ...] = ()


NEVER_COMPARED = Reconciliation(agreement=Agreement.UNKNOWN, age=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What one comparison came to, and when."""

    at: Instant
    matched: int
    differences: tuple[Difference, ...]

    @property
    def agreement(self) -> Agreement:
        """How both sides stood to each other."""
        return agreement_of(self.differences)


def agreement_of(differences: Iterable[Difference]) -> Agreement:
    """How both sides stand to each other, by what was found."""
    found = tuple(differences)
    if any(difference.blocks_all for difference in found):
        return Agreement.RED
    return Agreement.AMBER if found else Agreement.GREEN
