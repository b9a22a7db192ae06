"""WebSocket frames of text, written once for everyone who hears the message (RFC 6455, 5.2)."""

from struct import pack

_FINAL_TEXT = 0x81
_TWO_BYTES, _EIGHT_BYTES = 126, 127
"""Said in place of the length where it follows in so many bytes."""


def text_frame(payload: bytes) -> bytes:
    """The message in one frame, neither masked nor compressed, as servers send it."""
    length = len(payload)
    if length < _TWO_BYTES:
        return pack("!BB", _FINAL_TEXT, length) + payload
    if length < 1 << 16:
        return pack("!BBH", _FINAL_TEXT, _TWO_BYTES, length) + payload
    return pack("!BBQ", _FINAL_TEXT, _EIGHT_BYTES, length) + payload


def combined(stream: str, payload: bytes) -> bytes:
    """The message as it is told where messages name their stream."""
    return b'{"stream":"%b","data":%b}' % (stream.encode(), payload)
