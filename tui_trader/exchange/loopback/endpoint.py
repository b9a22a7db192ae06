"""What an endpoint is: method, path, what it asks for, what it costs, and who answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from tui_trader.core.clock import Instant
from tui_trader.exchange.loopback.auth import Security
from tui_trader.exchange.loopback.figures import Json
from tui_trader.exchange.loopback.floor import Floor
from tui_trader.exchange.loopback.params import Params


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request. `now` is the server's time."""

    floor: Floor
    params: Params
    now: Instant


Handler: TypeAlias = Callable[[Call], Awaitable[Json]]
Weight: TypeAlias = Callable[[Params], int]


def flat(weight: int) -> Weight:
    """Always the same."""
    return lambda _: weight


def by_symbol(one: int, every: int) -> Weight:
    """Less for one symbol than for all."""
    return lambda params: one if params.text("symbol") else every


def by_limit(otherwise: int, *steps: tuple[int, int]) -> Weight:
    """By how much is asked for: the weight of the first step whose bound is not exceeded; the last has none."""

    def weigh(params: Params) -> int:
        limit = params.integer("limit", otherwise) or otherwise
        return next((weight for bound, weight in steps if limit <= bound), steps[-1][1])

    return weigh


FREE = flat(0)
ONE = flat(1)
FIVE = flat(5)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A row of the table of endpoints. `orders` counts against the order limits (10 s, 1 min)."""

    method: str
    path: str
    security: Security
    weight: Weight
    handler: Handler
    orders: tuple[int, int] = (0, 0)
