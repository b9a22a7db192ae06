"""Runs a recording again: each question is answered from the cassette, in the time it took, and nobody is asked."""

import logging
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from tui_trader.agent.faults import Fault
from tui_trader.agent.llm.exchange import Asked, Came, asked_of, first_difference
from tui_trader.agent.llm.ports import ChatCall, ChatReply, ChatRequest, ModelFault
from tui_trader.agent.llm.tape import VERSION, CassetteError, Exchange, Header, Text, decoded, part_of
from tui_trader.core.clock import NANOSECONDS, Clock, Instant
from tui_trader.journal.seal import Seal, line_read

_WHAT_BROKE_IT_OFF_IS_DUE = 60.0
"""Seconds of engine time."""

_log = logging.getLogger(__name__)


class ReplayMissed(Exception):
    """A run that was to be the recorded one asked something else; the sentence shows the first difference."""


class Cassette:
    """A cassette that was read: each exchange is played once, in the order of recording among equal requests."""

    def __init__(self, header: Header, exchanges: list[tuple[Asked, Came]], *, name: str) -> None:
        self.header = header
        self.name = name
        self._exchanges = exchanges
        self._waiting: dict[str, deque[int]] = {}
        for number, (asked, _) in enumerate(exchanges):
            self._waiting.setdefault(asked.key, deque()).append(number)
        self._played: set[int] = set()

    def __len__(self) -> int:
        return len(self._exchanges)

    def play(self, asked: Asked) -> Came | None:
        """What came back for this request; None where it is not recorded, or was played as often as it is."""
        waiting = self._waiting.get(asked.key)
        if not waiting:
            return None
        number = waiting.popleft()
        self._played.add(number)
        return self._exchanges[number][1]

    def missing(self, asked: Asked) -> str:
        """Which request is not there and how it differs from the one that was to come next."""
        place = f"request {len(self._played) + 1} is not in the recording {self.name}"
        left = next((n for n in range(len(self._exchanges)) if n not in self._played), None)
        if left is None:
            return f"{place}, which ends after {len(self)}"
        return (
            f"{place}. First difference to its request {left + 1}: {first_difference(self._exchanges[left][0], asked)}"
        )


@dataclass(slots=True)
class Misses:
    """What a replay missed first; empty while it is the recorded run."""

    first: str = ""


class ReplayLine:
    """A line into a recording. What it misses is a fault, said once and loudly."""

    def __init__(self, cassette: Cassette, clock: Clock, misses: Misses, *, model: str, max_output_tokens: int) -> None:
        """Several lines may play from one recording, as several models answered in it."""
        self._cassette = cassette
        self._clock = clock
        self._misses = misses
        self._model = model
        self._max_output_tokens = max_output_tokens

    @property
    def model(self) -> str:
        """See the port."""
        return self._model

    @property
    def max_output_tokens(self) -> int:
        """See the port."""
        return self._max_output_tokens

    async def answer(self, request: ChatRequest, *, deadline: float) -> ChatReply:
        """The recorded reply or fault, when the engine's clock has gone on by what it took. The deadline is past."""
        asked = asked_of(request, model=self._model, max_output_tokens=self._max_output_tokens)
        came = self._cassette.play(asked)
        if came is None:
            if not self._misses.first:
                self._misses.first = self._cassette.missing(asked)
                _log.error("replay: %s", self._misses.first)
            raise ModelFault(Fault.REPLAY_MISS, may_cost=False)
        if came.fault == Fault.INTERRUPTED:
            # What broke it off then comes at the same instant now; two timers at one instant would race.
            await self._clock.sleep(came.nanoseconds / NANOSECONDS + _WHAT_BROKE_IT_OFF_IS_DUE)
        await self._clock.sleep_until(Instant(self._clock.now() + came.nanoseconds))
        if came.reply is None:
            raise ModelFault(Fault(came.fault), may_cost=came.may_cost)
        calls = tuple(ChatCall(name=call.name, arguments=asked.named(call.arguments)) for call in came.reply.calls)
        return ChatReply(
            text=asked.named(came.reply.text),
            calls=calls,
            refused=came.reply.refused,
            truncated=came.reply.truncated,
            usage=came.reply.usage,
        )

    async def close(self) -> None:
        """Nothing is open."""


def read_cassette(path: Path, seal: Seal | None = None) -> Cassette:
    """All parts of the recording that begins at `path`, encrypted lines with this key. Raises CassetteError."""
    header, exchanges = _read_part(path, seal)
    number = 2
    while (part := part_of(path, number)).exists():
        exchanges.extend(_read_part(part, seal)[1])
        number += 1
    return Cassette(header, exchanges, name=path.name)


def _read_part(path: Path, seal: Seal | None) -> tuple[Header, list[tuple[Asked, Came]]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise CassetteError(f"{path}: cannot be read ({error.strerror}). Name a recording with --cassette.") from None
    header: Header | None = None
    texts: dict[str, str] = {}
    exchanges: list[tuple[Asked, Came]] = []
    # What stands after the last line's end was cut off when the recording stopped, and is no line.
    for number, line in enumerate(lines[:-1], start=1):
        try:
            match decoded(line_read(line, seal)):
                case Header() as found:
                    header = found
                case Text(name, text):
                    texts[name] = text
                case Exchange() as exchange:
                    exchanges.append((_asked(exchange, texts), exchange.came))
        except (ValueError, KeyError):
            raise CassetteError(
                f"{path}, line {number}: this is no line of a cassette, or it is encrypted with another key. "
                "Name another one."
            ) from None
    if header is None or header.version != VERSION:
        raise CassetteError(
            f"{path}: is no cassette of this version, or an empty one. Name a recording with --cassette."
        )
    return header, exchanges


def _asked(exchange: Exchange, texts: dict[str, str]) -> Asked:
    return Asked(
        model=exchange.model,
        max_output_tokens=exchange.max_output_tokens,
        parts={name: texts[text] for name, text in exchange.parts.items()},
        order_ids=(),
        key=exchange.key,
    )
