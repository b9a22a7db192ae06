"""How a synthetic symbol moves: a seeded random walk by the minute, and within a minute by the second.

Minute returns follow a GARCH(1,1) process (Bollerslev 1986): calm and wild hours come in clusters. On top come rare
jumps, a factor that all symbols share, and a pull towards the starting price so weak that it shows only over weeks.
Floats make the path; what is told of it is rounded to whole ticks and steps.

The same seed gives the same path in whatever order it is read: each day of minutes and each minute of seconds has a
stream of chance of its own, and a day starts from the state in which the day before ended.
"""

import math
from dataclasses import dataclass

from tui_trader.core.chance import Chance, Stream
from tui_trader.core.words import Symbol

MINUTES_A_DAY = 1_440
SECONDS = 60
_MINUTES_A_YEAR = 365 * MINUTES_A_DAY


@dataclass(frozen=True, slots=True)
class Character:
    """What tells one symbol from another: price at the origin, yearly volatility, usual trade and depth.

    `volume` is quote currency traded in a usual minute, `depth` quote currency on a usual best level.
    """

    price: float
    volatility: float
    volume: float
    depth: float


CHARACTERS: dict[Symbol, Character] = {
    Symbol("BTCUSDT"): Character(95_000, 0.50, 12_000_000, 400_000),
    Symbol("ETHUSDT"): Character(2_600, 0.70, 9_000_000, 250_000),
    Symbol("SOLUSDT"): Character(150, 0.85, 3_000_000, 80_000),
    Symbol("XRPUSDT"): Character(2.3, 0.85, 1_500_000, 60_000),
    Symbol("BNBUSDT"): Character(640, 0.55, 700_000, 50_000),
    Symbol("DOGEUSDT"): Character(0.18, 1.00, 1_000_000, 50_000),
    Symbol("ADAUSDT"): Character(0.70, 0.95, 500_000, 30_000),
    Symbol("AVAXUSDT"): Character(21, 0.95, 400_000, 25_000),
    Symbol("LINKUSDT"): Character(15, 0.90, 400_000, 25_000),
    Symbol("LTCUSDT"): Character(90, 0.80, 300_000, 25_000),
}
"""Magnitudes of 2025, rounded; they make the market plausible and claim no more."""

_ALPHA = 0.08
_BETA = 0.90
"""Weights of the last return and of the last variance: a burst has half died down after 34 minutes."""
_CALMEST, _WILDEST = 0.15, 12.0
"""Bounds of the conditional against the usual variance, so that no feedback runs away."""
_SHARED = 0.7
"""Correlation of each symbol's returns with the factor that all of them share."""
_JUMP_CHANCE = 2 / MINUTES_A_DAY
_JUMP_SIZE = 8.0
"""Two jumps on a usual day, of eight usual minutes' deviation."""
_PULL = math.log(2) / (30 * MINUTES_A_DAY)
"""Half the way back to the starting price in thirty days."""
_BASIS_STAYS = 1 - math.log(2) / 120
_BASIS_NOISE = 0.00003
"""Mark against trade price, a fraction: half gone in two hours, four basis points of deviation in the long run."""
_INTEREST = 0.00003
_FUNDING_CAP = 0.003
"""Funding is the mean premium (trade price over mark) plus a fixed interest, capped; fractions for eight hours."""
_FADE = 10
"""Seconds for which a jump keeps the spread wide and the book thin."""


@dataclass(frozen=True, slots=True)
class MinuteState:
    """A symbol at the start of a minute. `log_price` is a natural logarithm, `variance` that of the next return.

    `premium` and `minutes` are the sum and the count of the premiums since the last funding.
    """

    log_price: float
    variance: float
    basis: float
    premium: float
    minutes: int

    @property
    def funding_rate(self) -> float:
        """What would be settled now, from the premiums of the minutes so far."""
        mean = self.premium / self.minutes if self.minutes else 0.0
        return max(-_FUNDING_CAP, min(_FUNDING_CAP, mean + _INTEREST))


@dataclass(frozen=True, slots=True)
class Step:
    """One minute: how it begins, what it jumps by (a logarithm, mostly zero), and how the next one begins."""

    begin: MinuteState
    jump: float
    end: MinuteState


@dataclass(frozen=True, slots=True)
class MinutePath:
    """The prices of a minute's sixty seconds.

    `traded` is a multiple of a usual minute's volume. `stress` is one in a usual market and rises with volatility;
    from the second `jump_at` (beyond the minute if nothing jumps) it is `shock` times as high for a while.
    """

    prices: list[float]
    traded: float
    stress: float
    jump_at: int
    shock: float

    def stress_at(self, second: int) -> float:
        """The stress of that second: what widens the spread and thins the book."""
        return self.stress * self.shock if self.jump_at <= second < self.jump_at + _FADE else self.stress


class SymbolModel:
    """The path of one symbol from an origin on, minute by minute."""

    def __init__(self, symbol: Symbol, character: Character, chance: Chance, *, minutes_a_funding: int) -> None:
        """`chance` must be seeded: it is asked again and again for the same streams."""
        self.symbol = symbol
        self.character = character
        self._chance = chance
        self._funding = minutes_a_funding
        self._usual = character.volatility**2 / _MINUTES_A_YEAR
        self._home = math.log(character.price)

    def origin(self) -> MinuteState:
        """The state at minute zero."""
        return MinuteState(self._home, self._usual, 0.0, 0.0, 0)

    def day(self, number: int, begin: MinuteState) -> list[Step]:
        """The minutes of the `number`-th day after the origin, which `begin` starts."""
        shared = self._chance.stream(f"synthetic:shared:{number}")
        own = self._chance.stream(f"synthetic:{self.symbol}:{number}")
        steps: list[Step] = []
        state = begin
        for minute in range(number * MINUTES_A_DAY, (number + 1) * MINUTES_A_DAY):
            step = self._step(minute, state, shared, own)
            steps.append(step)
            state = step.end
        return steps

    def path(self, minute: int, step: Step) -> MinutePath:
        """The seconds of the `minute`-th minute after the origin, which `step` describes."""
        chance = self._chance.stream(f"synthetic:{self.symbol}:minute:{minute}")
        deviation = math.sqrt(step.begin.variance)
        stress = deviation / math.sqrt(self._usual)
        jump_at = chance.randrange(1, SECONDS)
        traded = stress**1.5 * math.exp(chance.gauss(0.0, 0.5))
        prices = self._bridge(step, deviation, chance)
        if not step.jump:
            return MinutePath(prices, traded, stress, SECONDS, 1.0)
        factor = math.exp(step.jump)
        prices[jump_at:] = [price * factor for price in prices[jump_at:]]
        return MinutePath(prices, 4 * traded, stress, jump_at, 1 + abs(step.jump) / (2 * deviation))

    def shares(self, minute: int) -> list[tuple[float, float]]:
        """For each second of the minute how much of the usual depth stands on the best bid and ask."""
        chance = self._chance.stream(f"synthetic:{self.symbol}:book:{minute}")
        return [(chance.uniform(0.5, 1.5), chance.uniform(0.5, 1.5)) for _ in range(SECONDS)]

    def depth_stream(self, minute: int) -> Stream:
        """The chance by which the minute's book and trades come about; nothing else hangs on it."""
        return self._chance.stream(f"synthetic:{self.symbol}:depth:{minute}")

    def _bridge(self, step: Step, deviation: float, chance: Stream) -> list[float]:
        """A Brownian bridge over the minute without its jump: sixty prices; the next minute opens with the 61st."""
        scale = deviation / math.sqrt(SECONDS)
        walk = [0.0]
        for _ in range(SECONDS):
            walk.append(walk[-1] + scale * chance.gauss(0.0, 1.0))
        begin = step.begin.log_price
        drift = (step.end.log_price - step.jump - begin - walk[-1]) / SECONDS
        return [math.exp(begin + walk[second] + drift * second) for second in range(SECONDS)]

    def _step(self, minute: int, state: MinuteState, shared: Stream, own: Stream) -> Step:
        usual = self._usual
        common = shared.gauss(0.0, 1.0)
        alone, noise, size = own.gauss(0.0, 1.0), own.gauss(0.0, 1.0), own.gauss(0.0, 1.0)
        jumps = own.random() < _JUMP_CHANCE
        deviation = math.sqrt(state.variance)
        change = deviation * (_SHARED * common + math.sqrt(1 - _SHARED**2) * alone)
        jump = _JUMP_SIZE * math.sqrt(usual) * size if jumps else 0.0
        felt = change + max(-3 * deviation, min(3 * deviation, jump))
        variance = (1 - _ALPHA - _BETA) * usual + _ALPHA * felt * felt + _BETA * state.variance
        settled = minute % self._funding == 0
        end = MinuteState(
            log_price=state.log_price + change + jump + _PULL * (self._home - state.log_price),
            variance=max(_CALMEST * usual, min(_WILDEST * usual, variance)),
            basis=_BASIS_STAYS * state.basis + _BASIS_NOISE * noise,
            premium=(0.0 if settled else state.premium) - state.basis,
            minutes=1 if settled else state.minutes + 1,
        )
        return Step(state, jump, end)
