"""Which market: the text after `--feed` as a frozen choice, and what `auto` comes to."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tui_trader.market.ports import FeedError


class FeedKind(StrEnum):
    """The markets that can be asked for."""

    SYNTHETIC = "synthetic"
    SYNTHETIC_DEPTH = "synthetic:depth"
    BINANCE = "binance"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class FeedChoice:
    """A market that was chosen. `why` is said in the status where the program chose; else it is empty."""

    kind: FeedKind
    paths: tuple[Path, ...] = ()
    why: str = ""

    @property
    def name(self) -> str:
        """As it is written after `--feed`, and as the feed that comes of it is called."""
        return f"file:{','.join(str(path) for path in self.paths)}" if self.paths else self.kind.value


AUTO = "auto"
"""What leaves the choice to the program."""


def parse_feed(asked: str) -> FeedChoice:
    """Read `binance | synthetic[:depth] | file:PATH[,PATH…]`; a path is a file or a folder. Raises FeedError.

    `synthetic:depth` is the same market, which also tells its order book and the trades of others. What `auto` comes to
    is for the caller to find out: only it knows whether Binance answers.
    """
    kind, separator, rest = asked.strip().partition(":")
    match kind:
        case "synthetic" if not separator:
            return FeedChoice(FeedKind.SYNTHETIC)
        case "synthetic" if rest == "depth":
            return FeedChoice(FeedKind.SYNTHETIC_DEPTH)
        case "binance" if not separator:
            return FeedChoice(FeedKind.BINANCE)
        case "file" if separator:
            return FeedChoice(FeedKind.FILE, _paths(rest))
        case _:
            raise FeedError(
                f"--feed {asked!r} is not known. Use auto, binance, synthetic, synthetic:depth or file:PATH[,PATH…]."
            )


def _paths(written: str) -> tuple[Path, ...]:
    parts = [part.strip() for part in written.split(",")]
    if not all(parts):
        raise FeedError(
            f"--feed file:{written}: a path is empty. Write file:PATH, and between several paths one comma."
        )
    return tuple(Path(part).expanduser() for part in parts)
