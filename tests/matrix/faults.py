"""The fault matrix: what an exchange can do wrong, with submits, cancels, questions, streams, while an engine trades.

A day has six steps; each begins under the case's fault and ends when engine and exchange agree again, or gives up: then
the fault is over, and they must.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from tests.matrix.books import breaches
from tests.matrix.report import Result
from tests.matrix.trader import NEW_STOP, QUANTITY, asked, bought, done, is_at_rest, options_in, trading
from tests.matrix.venue import Venue, apart, venue
from tui_trader.core.words import Symbol
from tui_trader.engine.commands import AskStatus, Cancel, FlattenAll, MoveStop, Reduce, Resume
from tui_trader.engine.thread import EngineThread
from tui_trader.exchange.loopback.control import Act
from tui_trader.exchange.loopback.faults import FaultKind

_BTC = Symbol("BTCUSDT")
_RESTS_AT = 58_000
_ENTRIES = 2
_ENGINES = "recvWindow"
_WITHIN = 600.0
_BAN = 121.0
"""Seconds after which a ban is over."""
_PATIENCE = 25.0
"""Seconds of a step under its fault."""
_RECOVERS_WITHIN = 200.0
"""Seconds without faults after which engine and exchange agree: a ban takes two minutes."""

Step = Callable[[EngineThread], object]
STEPS: dict[str, Step] = {
    "buy": bought,
    "move stop": lambda engine: done(engine, MoveStop(symbol=_BTC, price=NEW_STOP)),
    "rest": lambda engine: bought(engine, limit=_RESTS_AT),
    "cancel": lambda engine: done(engine, Cancel()),
    "reduce": lambda engine: done(engine, Reduce(symbol=_BTC, percent=50)),
    "flatten": lambda engine: done(engine, FlattenAll()),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """One fault on the control path; `is_counted` where the exchange counts how often it happened."""

    act: Act
    more: dict[str, object] = field(default_factory=dict)

    @property
    def is_counted(self) -> bool:
        """Whether it is a request that goes wrong."""
        return self.act is Act.REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault of some target, and the steps before which it is wished for."""

    target: str
    name: str
    wishes: dict[str, tuple[Wish, ...]]


AMBIGUOUS = (
    *(FaultKind.DELAY, FaultKind.DROP, FaultKind.TIMEOUT, FaultKind.UNKNOWN_503, FaultKind.INTERNAL_503),
    *(FaultKind.BARE_503, FaultKind.ERROR_1006, FaultKind.ERROR_1007, FaultKind.HTML_502, FaultKind.HTML_200),
    *(FaultKind.EMPTY_200, FaultKind.BROKEN_200, FaultKind.LIST_400),
)
"""After these nobody can tell whether it was done: each comes in both ways."""
DEFINITE = tuple(kind for kind in FaultKind if kind not in AMBIGUOUS)

_TARGETS: dict[str, tuple[str, str]] = {
    "submit": ("POST", "/order"),
    "submit stop": ("POST", "/algoOrder"),
    "cancel": ("DELETE", "/order"),
    "cancel stop": ("DELETE", "/algoOrder"),
    "query": ("GET", ""),
}
_ONCE = {"submit": "buy", "submit stop": "buy", "cancel": "cancel", "cancel stop": "move stop", "query": "buy"}
"""The step of a fault that is asked for once: a ban outlasts all patience."""
_SPARED = ("submit stop", "cancel", "cancel stop")
"""The system's protection lets exits and cancels through, as documented."""
_IN_A_ROW = {"query": 4}
"""Reads are tried again: one that fails once is no fault."""

STREAM_FAULTS: dict[str, Wish] = {
    "drop private": Wish(Act.DROP, {"route": "private"}),
    "drop public": Wish(Act.DROP, {"route": "public"}),
    "drop market": Wish(Act.DROP, {"route": "market"}),
    "silence private": Wish(Act.SILENCE, {"route": "private"}),
    "silence public": Wish(Act.SILENCE, {"route": "public"}),
    "silence market": Wish(Act.SILENCE, {"route": "market"}),
    "half open private": Wish(Act.HALF_OPEN, {"route": "private"}),
    "half open all": Wish(Act.HALF_OPEN),
    "burst": Wish(Act.BURST, {"symbol": _BTC, "count": 5_000}),
    "burst of user events": Wish(Act.BURST_USER, {"count": 10_000}),
    "duplicate": Wish(Act.DUPLICATE, {"count": 6}),
    "reorder": Wish(Act.REORDER, {"count": 3}),
    "lose one": Wish(Act.LOSE, {"count": 1}),
    "lose all": Wish(Act.LOSE, {"count": 1_000}),
    "gap in the book": Wish(Act.BREAK_DEPTH, {"count": 1}),
    "expired listen key": Wish(Act.EXPIRE_LISTEN_KEY),
    "restart": Wish(Act.RESTART),
    "clock ahead": Wish(Act.SKEW, {"seconds": 20.0}),
    "clock behind": Wish(Act.SKEW, {"seconds": -20.0}),
}


def cases() -> Iterator[Case]:
    """All of them."""
    for target, (method, path) in _TARGETS.items():
        for kind in (each for each in FaultKind if each is not FaultKind.ERROR_1008 or target not in _SPARED):
            for executes in (False, True) if kind in AMBIGUOUS and target != "query" else (False,):
                wish = request(kind, method, path, executes=executes, times=_IN_A_ROW.get(target, 1))
                steps = (_ONCE[target],) if kind is FaultKind.BANNED_418 else tuple(STEPS)
                name = kind.value + (" and done" if executes else "")
                yield Case(target=target, name=name, wishes=dict.fromkeys(steps, (wish,)))
    for name, wish in STREAM_FAULTS.items():
        yield Case(target="stream", name=name, wishes=dict.fromkeys(STEPS, (wish,)))


def sample() -> Case:
    """One day in which every step meets other faults, so that each target has some and each way is met."""
    wishes = {
        "buy": (
            request(FaultKind.UNKNOWN_503, "POST", "/order", executes=True),
            request(FaultKind.DROP, "GET", "/order"),
        ),
        "move stop": (
            request(FaultKind.DROP, "POST", "/algoOrder", executes=True),
            request(FaultKind.ERROR_1007, "DELETE", "/algoOrder", executes=True),
        ),
        "rest": (
            STREAM_FAULTS["drop private"],
            STREAM_FAULTS["drop public"],
        ),
        "cancel": (
            request(FaultKind.HTML_502, "DELETE", "/order"),
            request(FaultKind.BROKEN_200, "GET", "/order", times=4),
        ),
        "reduce": (
            STREAM_FAULTS["lose one"],
            request(FaultKind.EMPTY_200, "POST", "/order", executes=True),
        ),
        "flatten": (
            STREAM_FAULTS["reorder"],
            STREAM_FAULTS["duplicate"],
            request(FaultKind.LIST_400, "DELETE", "/algoOrder"),
        ),
    }
    return Case(target="all", name="a fault of its own for each step", wishes=wishes)


def request(kind: FaultKind, method: str, path: str, *, executes: bool = False, times: int = 1) -> Wish:
    """The next such requests of the engine go wrong; those of whoever looks at the books have no receive window."""
    more = {"kind": kind, "method": method, "path": path, "executes": executes, "times": times, "contains": _ENGINES}
    return Wish(Act.REQUEST, more)


def outcome_of(case: Case) -> Result:
    """A day with this fault; then both are compared."""
    with TemporaryDirectory(prefix="matrix-") as folder, venue(Path(folder) / "exchange") as there:
        path = Path(folder)
        code, told = apart(lambda: _day(path, there, case), log=path / "log", within=_WITHIN)
        log = path / "log"
        if code != 0 or told is None:
            tail = log.read_text().splitlines()[-15:] if log.exists() else ()
            return Result(case.target, "faults", case.name, (f"the engine ended with {code}", *tail))
        broken = breaches(options_in(path, there).home.journal, there, at_most=QUANTITY * _ENTRIES)
        met = there.wish(Act.MET)
        if any(wish.is_counted for wishes in case.wishes.values() for wish in wishes) and not met:
            broken += ("no request met the fault",)
        return Result(case.target, "faults", case.name, (*told.complaints, *broken), f"{told.said}, {met} met")


@dataclass(frozen=True, slots=True)
class _Told:
    """How the day went."""

    said: str
    complaints: tuple[str, ...]


def _day(folder: Path, there: Venue, case: Case) -> _Told:
    said: list[str] = []
    complaints: list[str] = []
    with trading(folder, there) as engine:
        for name, step in STEPS.items():
            if asked(engine, AskStatus()).result["trading_state"] != "ACTIVE":
                said.append("resumed")
                done(engine, Resume(reason="the day goes on"))
            _wished(there, case.wishes.get(name, ()))
            reply = step(engine)
            if not getattr(reply, "done", False):
                said.append(f"{name}: {getattr(reply, 'code', '')}")
            if _bans(case, name):
                there.wish(Act.CLEAR)
                sleep(_BAN)
            if not _calm(engine, there, _PATIENCE):
                there.wish(Act.CLEAR)
                if not _calm(engine, there, _RECOVERS_WITHIN):
                    complaints.append(f"after {name!r} engine and exchange do not agree again")
        there.wish(Act.CLEAR)
        if not _calm(engine, there, _RECOVERS_WITHIN):
            complaints.append("at the end engine and exchange do not agree")
        said.append(str(asked(engine, AskStatus()).result["trading_state"]))
    return _Told(", ".join(said), tuple(complaints))


def _bans(case: Case, step: str) -> bool:
    return any(wish.more.get("kind") is FaultKind.BANNED_418 for wish in case.wishes.get(step, ()))


def _wished(there: Venue, wishes: Sequence[Wish]) -> None:
    for wish in wishes:
        there.wish(wish.act, **wish.more)


def _calm(engine: EngineThread, there: Venue, within: float) -> bool:
    deadline = monotonic() + within
    while not is_at_rest(engine, there):
        if monotonic() > deadline:
            return False
        sleep(0.3)
    return True
