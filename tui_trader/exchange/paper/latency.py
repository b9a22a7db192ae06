"""How long a request travels to the exchange: a constant, and a tail that differs from request to request.

delay = constant + min(X, `most`), X exponential with mean `mean`: a request that has not arrived yet is as likely to
arrive in the next moment as ever, as with queues on the way, but never later than constant + most, so that one can
know when an order that is not there can no longer come. Each request draws by its own name: under a seed the same
request takes the same time, however many others there were and also after a restart. Requests may overtake each other.
"""

from dataclasses import dataclass

from tui_trader.core.chance import Chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Jitter:
    """The tail, in seconds. Raises ValueError unless 0 < mean <= most."""

    chance: Chance
    mean: float
    most: float

    def __post_init__(self) -> None:
        """Refuse a tail that has no mean or that the bound would turn around."""
        if not 0 < self.mean <= self.most:
            raise ValueError("jitter needs a mean above zero and a bound that is not below it")

    def of(self, request: str) -> float:
        """Seconds that this request takes beyond the constant."""
        return min(self.most, self.chance.stream(f"latency:{request}").expovariate(1 / self.mean))


@dataclass(frozen=True, slots=True)
class Latency:
    """The whole way there, in seconds."""

    constant: float
    jitter: Jitter | None = None

    @property
    def longest(self) -> float:
        """No request takes longer."""
        return self.constant + (self.jitter.most if self.jitter else 0.0)

    def of(self, request: str) -> float:
        """How long this request takes; `request` names it among all others."""
        return self.constant + (self.jitter.of(request) if self.jitter else 0.0)
