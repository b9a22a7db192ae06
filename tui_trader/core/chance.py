"""Chance: salts, tokens and streams of random numbers, all from one seed where there is one."""

import hashlib
import random
import secrets
from typing import TypeAlias

Stream: TypeAlias = random.Random
"""A generator of random numbers, as `Chance.stream` gives it."""


class Chance:
    """The program's only source of chance.

    With a seed everything follows from the seed and a name, never from how often it was asked: a restart draws
    the same values. Without one, salts and tokens come from the operating system.
    """

    def __init__(self, seed: int | None) -> None:
        """`seed` None means real chance."""
        self.seed = seed

    def salt(self, name: str) -> bytes:
        """Sixteen bytes; under a seed the same for the same name."""
        if self.seed is None:
            return secrets.token_bytes(16)
        return hashlib.sha256(f"{self.seed}:{name}".encode()).digest()[:16]

    def token(self, name: str) -> str:
        """Sixteen hexadecimal characters; under a seed the same for the same name."""
        return self.salt(name)[:8].hex()

    def stream(self, name: str) -> Stream:
        """A generator of its own for one purpose; without a seed it differs at each start."""
        return random.Random(self.salt(f"stream:{name}"))
