"""What was seen lately: a set that forgets the oldest, for whatever may be told twice but not much later."""

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Recent(Generic[K]):
    """The newest `most` keys. Seeing a key again does not make it newer."""

    def __init__(self, most: int) -> None:
        """`most` is at least one."""
        self._most = most
        self._keys: dict[K, None] = {}

    def add(self, key: K) -> None:
        """Remember the key, and let the oldest go if there are too many."""
        self._keys[key] = None
        if len(self._keys) > self._most:
            del self._keys[next(iter(self._keys))]

    def __contains__(self, key: K) -> bool:
        """Whether the key is remembered."""
        return key in self._keys

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._keys)
