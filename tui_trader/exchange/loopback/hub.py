"""Who listens to what: a message is written once for each way of framing it, and handed to those who listen."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from tui_trader.exchange.loopback.figures import Json
from tui_trader.exchange.loopback.frames import combined, text_frame
from tui_trader.exchange.loopback.stream_names import StreamName, Topic, parse_stream


class Listener(Protocol):
    """One connection, as the hub sees it."""

    @property
    def is_combined(self) -> bool:
        """Whether its messages name their stream."""
        ...

    def write(self, frame: bytes) -> None:
        """Queue a frame for sending."""
        ...


class Hub:
    """The market streams' subscriptions."""

    def __init__(self) -> None:
        """Nobody listens."""
        self._listeners: dict[str, dict[Listener, None]] = defaultdict(dict)
        self._by_topic: dict[tuple[Topic, str], dict[str, StreamName]] = defaultdict(dict)
        self.told = 0
        """Messages handed to connections so far."""

    def join(self, text: str, listener: Listener) -> None:
        """The listener hears this stream from now on."""
        self._listeners[text][listener] = None
        if stream := parse_stream(text):
            self._by_topic[stream.topic, stream.symbol][text] = stream

    def leave(self, text: str, listener: Listener) -> None:
        """It does not any more."""
        self._listeners[text].pop(listener, None)
        if not self._listeners[text]:
            del self._listeners[text]
            if stream := parse_stream(text):
                self._by_topic[stream.topic, stream.symbol].pop(text, None)

    def wanted(self, topic: Topic, symbol: str) -> tuple[StreamName, ...]:
        """The streams of this topic and symbol that somebody listens to."""
        return tuple(self._by_topic[topic, symbol].values())

    def say(self, topic: Topic, symbol: str, message: Callable[[StreamName], Json]) -> None:
        """Tell a topic's streams of this symbol; the message is made only where somebody listens."""
        for stream in self.wanted(topic, symbol):
            self.send((stream,), message(stream))

    def send(self, streams: Iterable[StreamName], message: Json) -> None:
        """Tell these streams."""
        payload = msgspec.json.encode(message)
        for stream in streams:
            if listeners := self._listeners.get(stream.text):
                tell(tuple(listeners), stream.text, payload)
                self.told += len(listeners)


def tell(listeners: Iterable[Listener], stream: str, payload: bytes) -> None:
    """Hand a message to these, each in its framing, and write each framing once."""
    plain = named = b""
    for listener in listeners:
        if listener.is_combined:
            named = named or text_frame(combined(stream, payload))
            listener.write(named)
        else:
            plain = plain or text_frame(payload)
            listener.write(plain)
