"""What goes wrong, and how often: each seed draws a random few of all faults, with rates of its own.

A run in which everything fails a little finds less than many runs in which a few things fail a lot.
"""

import random
from dataclasses import dataclass, fields
from types import MappingProxyType

_RARE, _SOME, _MUCH = 0.02, 0.1, 0.35

_PER_REQUEST = (_RARE, _SOME, _MUCH)
_RATES = MappingProxyType(
    {
        # of each request that changes something
        "request_lost": _PER_REQUEST,
        "reply_lost": _PER_REQUEST,
        "request_late": _PER_REQUEST,
        "request_twice": (_RARE, _SOME),
        "not_sent": (_RARE, _SOME),
        "refused": (_RARE, _SOME),
        "client_breaks": (_RARE, _SOME),
        "answer_slow": _PER_REQUEST,
        # of each question
        "read_fails": _PER_REQUEST,
        "read_hangs": (_RARE, _SOME),
        "read_slow": _PER_REQUEST,
        "read_blind": (_SOME, _MUCH, 1.0),
        # of each piece of account news
        "news_lost": (_RARE, _SOME, _MUCH),
        "news_lost_and_said": (_RARE, _SOME),
        "news_twice": (_SOME, _MUCH),
        "news_late": (_SOME, _MUCH, 1.0),
        # a second
        "stream_mute": (0.003, 0.01),
        "exchange_down": (0.002, 0.01),
        "feed_frozen": (0.005, 0.02),
        "feed_dropped": (0.02, 0.2),
        "feed_wrong": (0.01, 0.1),
        "price_jumps": (0.003, 0.02),
        "market_crashes": (0.001, 0.003),
        "funding": (0.005, 0.03),
        "outside_trade": (0.002, 0.01),
        "outside_leverage": (0.002, 0.01),
        "outside_transfer": (0.002, 0.01),
        "outside_cancel": (0.002, 0.01),
        "crash": (0.004, 0.015, 0.03),
        "clean_stop": (0.002, 0.008),
        "disk_full": (0.002, 0.008),
        # of each order that leaves, of each transaction
        "crash_at_door": (0.01, 0.05),
        "crash_at_disk": (0.002, 0.01),
        "head_lost": (0.0005, 0.002),
    }
)
"""The rates among which a seed chooses, by fault."""

_CHANCE_OF_EACH = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Probabilities; see the table for of what. All zero is a good day."""

    request_lost: float = 0.0
    """The order never arrives, and no answer comes."""
    reply_lost: float = 0.0
    """It is executed, and no answer comes."""
    request_late: float = 0.0
    """It arrives late, at most within the settle time; the answer is a failure, later than that, or none."""
    request_twice: float = 0.0
    not_sent: float = 0.0
    refused: float = 0.0
    client_breaks: float = 0.0
    """It is executed, and the client raises."""
    answer_slow: float = 0.0
    read_fails: float = 0.0
    read_hangs: float = 0.0
    read_slow: float = 0.0
    read_blind: float = 0.0
    """The exchange does not find an order that is younger than the settle time."""
    news_lost: float = 0.0
    news_lost_and_said: float = 0.0
    news_twice: float = 0.0
    news_late: float = 0.0
    """Some seconds late, and overtaken by others."""
    stream_mute: float = 0.0
    """For up to two minutes no account news at all, and nothing says so."""
    exchange_down: float = 0.0
    """For some seconds nothing is answered."""
    feed_frozen: float = 0.0
    feed_dropped: float = 0.0
    feed_wrong: float = 0.0
    """A price that is zero, not a number, crossed, or far away."""
    price_jumps: float = 0.0
    market_crashes: float = 0.0
    funding: float = 0.0
    outside_trade: float = 0.0
    outside_leverage: float = 0.0
    outside_transfer: float = 0.0
    outside_cancel: float = 0.0
    """Somebody cancels one of our orders by hand."""
    crash: float = 0.0
    clean_stop: float = 0.0
    disk_full: float = 0.0
    crash_at_door: float = 0.0
    crash_at_disk: float = 0.0
    head_lost: float = 0.0
    """Rows are durable, but the head file cannot follow."""
    outside_untold: float = 0.0
    """Of the outside trades: neither the stream nor a question tells them, the position alone does. Only in a focus."""
    stranger: float = 0.0
    """A second: somebody who trades in the account acts. Drawn beside all others, by a chance of its own."""
    disk_slow: float = 0.0
    """Of each transaction: others act while it is being written. Drawn by no seed: only a focus asks for it."""

    @classmethod
    def drawn(cls, chance: random.Random) -> "Faults":
        """A random subset with random rates."""
        return cls(
            **{
                name: chance.choice(rates)
                for name, rates in sorted(_RATES.items())
                if chance.random() < _CHANCE_OF_EACH
            }
        )

    def named(self) -> tuple[str, ...]:
        """The faults that can happen, for a report."""
        return tuple(f"{field.name}={rate:g}" for field in fields(self) if (rate := getattr(self, field.name)))


CALM = Faults()
