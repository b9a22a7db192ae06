"""The folder of a loopback exchange: one process at a time, and what must be the same after a restart."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant
from tui_trader.exchange.loopback.options import Credentials
from tui_trader.exchange.loopback.store import LoopbackBooksError


class _Kept(msgspec.Struct):
    key: str = ""
    secret: str = ""
    market: str = ""
    begins: int = 0
    seed: int | None = None


class BooksFolder:
    """Paper books, loopback books, and `identity.json`: key, secret, and where the market began."""

    def __init__(self, folder: Path) -> None:
        """Nothing is touched yet."""
        self.folder = folder
        self._file = folder / "identity.json"
        self._kept = _Kept()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder, keep other processes out, and read what is kept. Raises LoopbackBooksError, OSError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(self.folder / "lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise LoopbackBooksError(
                f"{self.folder}: another loopback exchange is using these books. Stop it, or name another --home."
            ) from None
        try:
            if self._file.exists():
                self._kept = msgspec.json.decode(self._file.read_bytes(), type=_Kept)
            yield
        except msgspec.DecodeError as error:
            raise LoopbackBooksError(f"{self._file}: is damaged ({error}). Move it away for a new key.") from error
        finally:
            lock.release()

    def credentials(self, chance: Chance) -> Credentials:
        """Those of these books, drawn once."""
        if not self._kept.key:
            drawn = Credentials.drawn(chance)
            self._kept.key, self._kept.secret = drawn.key, drawn.secret
            self._save()
        return Credentials(key=self._kept.key, secret=self._kept.secret)

    def market_start(self, market: str, seed: int | None, now: Instant) -> Instant:
        """When this market began here; another market, or another seed, begins now."""
        identity = f"{market}:{seed}"
        if self._kept.market != identity:
            self._kept.market, self._kept.begins, self._kept.seed = identity, now, None
            self._save()
        return Instant(self._kept.begins)

    def market_seed(self, chance: Chance) -> int:
        """The seed of a market that was given none, drawn once."""
        if self._kept.seed is None:
            self._kept.seed = int.from_bytes(chance.salt("market")[:6])
            self._save()
        return self._kept.seed

    def _save(self) -> None:
        new = self._file.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - the descriptor has the mode, which a path would not
            file.write(msgspec.json.encode(self._kept))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._file)
