"""What a failed request means: one table by Binance's code, one by HTTP status; what stands in neither is UNKNOWN."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType


class Verdict(Enum):
    """What is known of a request that failed."""

    NOT_SENT = auto()
    """It never left this machine."""
    REJECTED = auto()
    """Binance definitely did not do it."""
    UNKNOWN = auto()
    """It may or may not have been done."""
    ALREADY_THERE = auto()
    """An order with this id is open: ask for it by its id."""
    NO_OP = auto()
    """There was nothing to do: it is so already, or there is no such thing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is not a success. `code` is Binance's, zero where the answer has none; `text` is short."""

    status: int
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed request: the verdict, Binance's code (zero where there is none), and what to tell a person."""

    verdict: Verdict
    code: int
    text: str

    @property
    def is_lockout(self) -> bool:
        """Whether the key or the account is refused as such: no request will do better until a person acts."""
        return self.code in _LOCKED_OUT

    @property
    def is_of_the_clock(self) -> bool:
        """Whether the request's timestamp was refused: the clock's offset is to be measured again."""
        return self.code in _CLOCK


_UNKNOWN_CODES = (-1000, -1001, -1006, -1007)
"""Listed although the default says the same: these are the codes that Binance documents for it."""

_REJECTED_CODES = (
    # of the request itself and of the limits
    *(-1002, -1003, -1008, -1011, -1013, -1014, -1015, -1016, -1020, -1021, -1022, -1023, -1099),
    *range(-1136, -1099),
    # of the order and the account
    *(-2010, -2012, -2014, -2015, -2016, -2017, -2018, -2019, -2020, -2021, -2022, -2023, -2024, -2025, -2026),
    *(-2027, -2028),
    # of filters and settings
    *(code for code in range(-4116, -3999) if code not in (-4046, -4059, -4116)),
    *(-4118, -4120, -4130, -4131, -4135, -4136, -4137, -4138, -4139, -4140, -4141, -4142, -4144, -4161, -4164),
    *(-4165, -4167, -4168, -4169, -4170, -4178, -4183, -4184, -4188, -4189, -4192, -4202, -4203, -4205, -4206),
    *(-4208, -4209, -4210, -4211, -4400, -4401, -4402, -4403, -4509),
    # of the matching engine
    *(-5021, -5022, -5024, -5025, -5026, -5028, -5029, -5037, -5038, -5039, -5040, -5041),
)

_BY_CODE: Mapping[int, Verdict] = MappingProxyType(
    dict.fromkeys(_UNKNOWN_CODES, Verdict.UNKNOWN)
    | dict.fromkeys(_REJECTED_CODES, Verdict.REJECTED)
    | {
        -4116: Verdict.ALREADY_THERE,
        -2011: Verdict.NO_OP,  # cancel: nothing is open under this id
        -2013: Verdict.NO_OP,  # query: the order does not exist
        -4046: Verdict.NO_OP,  # the margin type is set already
        -4059: Verdict.NO_OP,  # the position mode is set already
        -4171: Verdict.NO_OP,  # the multi-assets mode is set already
        -5027: Verdict.NO_OP,  # a change that changes nothing
    }
)

_BY_STATUS: Mapping[int, Verdict] = MappingProxyType(
    {
        403: Verdict.REJECTED,  # the firewall in front
        418: Verdict.REJECTED,  # banned for going on after 429
        429: Verdict.REJECTED,  # too many requests
        451: Verdict.REJECTED,  # not served in this region
    }
)
"""For answers without a code."""

_SAID_TO_HAVE_FAILED = "Service Unavailable."
"""The one wording of a 503 that Binance documents as a failure for certain."""

_LOCKED_OUT = frozenset({-1099, -2014, -2015, -2017})
_CLOCK = frozenset({-1021, -5028})


def failure_of(answer: Answer) -> Failure:
    """The meaning of an answer that is not a success."""
    return Failure(_verdict_of(answer), answer.code, answer.text)


def _verdict_of(answer: Answer) -> Verdict:
    if answer.status == 503 and answer.text.strip() == _SAID_TO_HAVE_FAILED:
        return Verdict.REJECTED
    if answer.code < 0:
        return _BY_CODE.get(answer.code, Verdict.UNKNOWN)
    return _BY_STATUS.get(answer.status, Verdict.UNKNOWN)
