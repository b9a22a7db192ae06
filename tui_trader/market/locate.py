"""Which files belong to which symbol: klines or a capture by the name before the first `-`, side files by theirs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tui_trader.core.words import Symbol
from tui_trader.market.ports import FeedError
from tui_trader.market.rows import fault

_KLINES_IN_FOLDER = re.compile(r"[A-Z0-9]+-1m\b.*\.csv(\.gz)?", re.IGNORECASE)
_CAPTURE_IN_FOLDER = re.compile(r"[A-Z0-9]+-ws\b.*\.txt(\.gz)?", re.IGNORECASE)
_CAPTURE_ENDINGS = (".txt", ".txt.gz")
_ENDINGS = (".csv", ".csv.gz")


@dataclass(frozen=True, slots=True)
class SymbolFiles:
    """The files of one symbol; None where the folder holds none of that kind."""

    symbol: Symbol
    klines: Path
    funding: Path | None
    mark: Path | None


def symbol_files(paths: Sequence[Path], symbols: Sequence[Symbol]) -> tuple[SymbolFiles, ...]:
    """The files of those `symbols` that the paths (files or folders) hold, in the order of `symbols`.

    Raises FeedError: a path that is missing, a folder without klines, two kline files of one symbol, none of any
    of the symbols.
    """
    found = _by_symbol(paths, symbols)
    return tuple(
        SymbolFiles(symbol, klines, _beside(klines, symbol, "funding"), _beside(klines, symbol, "mark-1h"))
        for symbol, klines in found.items()
    )


def capture_files(paths: Sequence[Path], symbols: Sequence[Symbol]) -> Mapping[Symbol, Path]:
    """The captures of those `symbols` that the paths hold, in the order of `symbols`.

    Raises FeedError: a path that is missing, two captures of one symbol, none of any of the symbols.
    """
    return _by_symbol(paths, symbols)


def holds_captures(paths: Sequence[Path]) -> bool:
    """Whether the paths name captures and not klines; of a folder that holds both, the klines count.

    Raises FeedError: both kinds are named, or a path is missing or holds neither.
    """
    files = [file for path in paths for file in _data_files(path)]
    captures = [file for file in files if _is_capture(file)]
    if captures and len(captures) < len(files):
        klines = next(file for file in files if not _is_capture(file))
        what = f"{captures[0].name} is a capture of messages and {klines.name} holds klines"
        raise fault(captures[0], None, what, "Name files of one kind")
    return bool(captures)


def _by_symbol(paths: Sequence[Path], symbols: Sequence[Symbol]) -> dict[Symbol, Path]:
    """The data file of each of those `symbols` that the paths hold, in their order; at least one."""
    found: dict[Symbol, Path] = {}
    for path in paths:
        for file in _data_files(path):
            symbol = symbol_of(file)
            if symbol in found and symbol in symbols:
                what = f"{found[symbol].name} already holds {symbol}"
                raise fault(file, None, what, "Name one file for each symbol")
            found[symbol] = file
    chosen = {symbol: found[symbol] for symbol in symbols if symbol in found}
    if not chosen:
        raise FeedError(
            f"The prompt's symbols are {_listed(symbols)}, the data is of {_listed(sorted(found))}: none in common. "
            f"Name a file of one of the prompt's symbols (SYMBOL-1m-….csv), or add the symbol to the prompt."
        )
    return chosen


def symbol_of(path: Path) -> Symbol:
    """The instrument that the file's name says: what stands before the first `-`, else before the first dot."""
    return Symbol(path.name.split("-", 1)[0].split(".", 1)[0].upper())


def _data_files(path: Path) -> tuple[Path, ...]:
    """The file itself; of a folder its klines, or its captures where it has no klines."""
    with _readable(path):
        if not path.is_dir():
            if not path.exists():
                raise fault(path, None, "there is no such file", "Check the path after file:")
            return (path,)
        entries = sorted(path.iterdir())
    klines = tuple(entry for entry in entries if _KLINES_IN_FOLDER.fullmatch(entry.name))
    inside = klines or tuple(entry for entry in entries if _CAPTURE_IN_FOLDER.fullmatch(entry.name))
    if not inside:
        raise fault(path, None, "the folder holds no klines", "Put files named SYMBOL-1m-….csv or .csv.gz there")
    return inside


def _is_capture(file: Path) -> bool:
    return file.name.lower().endswith(_CAPTURE_ENDINGS)


def _beside(klines: Path, symbol: Symbol, kind: str) -> Path | None:
    """The symbol's file of that kind: the one whose name ends like the klines', else the only one."""
    prefix = f"{symbol}-{kind}".lower()
    with _readable(klines.parent):
        candidates = sorted(
            entry
            for entry in klines.parent.iterdir()
            if entry.name.lower().startswith(prefix) and entry.name.lower().endswith(_ENDINGS)
        )
    if len(candidates) <= 1:
        return candidates[0] if candidates else None
    same = [entry for entry in candidates if _span(entry) == _span(klines)]
    if len(same) == 1:
        return same[0]
    names = _listed([entry.name for entry in candidates])
    raise fault(klines, None, f"several {kind} files stand beside it ({names})", "Leave the one that belongs to it")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What the file system refuses while looking at `path` becomes a FeedError."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise fault(path, None, f"it cannot be read ({reason})", "Check the path and its permissions") from error


def _span(path: Path) -> str:
    """The part of the name that says which days: all after the interval or kind, without the endings."""
    stem = path.name.lower().removesuffix(".gz").removesuffix(".csv")
    return re.sub(r"^[^-]*-(1m|funding|mark-1h)-?", "", stem)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "nothing"
