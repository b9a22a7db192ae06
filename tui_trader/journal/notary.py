"""Signs the log while it is written: a key of its own for each run, checkpoints where the rule asks for them."""

from tui_trader.core.chance import Chance
from tui_trader.core.records import LogSigned, SigningKeyIntroduced
from tui_trader.journal.keys import KeyFiles
from tui_trader.journal.layout import Tip
from tui_trader.journal.signing import LONGEST_UNSIGNED, MOST_UNSIGNED, Place, SigningKey


class Notary:
    """The writer's notary. The first transaction of a run ends with the row of the run's key.

    So a refused start changes nothing, and the key of a finished run is gone with it: who breaks in later cannot
    forge what was signed before.
    """

    def __init__(self, keys: KeyFiles, chance: Chance) -> None:
        """`chance` draws the keys. Use `begin` before anything is signed."""
        self._keys = keys
        self._chance = chance
        self._key: SigningKey | None = None
        self._next: SigningKey | None = None

    def begin(self, tip: Tip) -> None:
        """Find the key that the log was signed with so far. Raises KeyUnusable, OSError."""
        if tip.trust.key:
            self._key = self._keys.matching(tip.trust.key)
            self._keys.publish(tip.trust.first)

    @property
    def has_begun(self) -> bool:
        """Whether this run's key was proposed already."""
        return self._next is not None

    def propose(self, tip: Tip) -> None:
        """Draw this run's key and make it durable, before its row is. Raises OSError."""
        self._next = SigningKey.drawn(self._chance, f"{tip.head.seq}")
        self._keys.propose(self._next)

    def adopt(self, tip: Tip) -> None:
        """The row of this run's key is durable: from now on the key is the one in force. Raises OSError."""
        if self._next is not self._key:
            self._keys.adopt()
            self._keys.publish(tip.trust.first)
            self._key = self._next

    def is_due(self, tip: Tip) -> bool:
        """Whether a transaction that ends with this tip must be signed."""
        trust, key = tip.trust, self._next
        if key is None or trust.key != key.public:
            return True
        is_late = tip.time - trust.signed_at >= LONGEST_UNSIGNED
        return trust.signed < tip.head.seq and (trust.owed > 0 or is_late)

    def is_full(self, tip: Tip) -> bool:
        """Whether no further row may follow unsigned."""
        return bool(tip.trust.key) and tip.head.seq - tip.trust.signed >= MOST_UNSIGNED

    def signature(self, tip: Tip, place: Place) -> tuple[LogSigned | SigningKeyIntroduced, bytes]:
        """The record that signs everything up to the tip, and the public key that is in force after it."""
        new = self._next
        assert new is not None
        if new.public == tip.trust.key:
            return new.checkpoint(place), new.public
        return (self._key or new).introducing(new, place), new.public
