"""Who signs the log and how far: Ed25519 signatures that are rows of the chain, and the rule that they obey.

A signature is a row, so it cannot be taken out or replaced alone. It covers every row before it, since the chain does.
The first `key` row introduces the log's key and is signed by that key itself; each later one introduces the next key
and is signed by the one before, so a reader needs to know the first key only. A `checkpoint` row signs with the key in
force. Whoever steals a key can forge no row that an earlier key has signed.
"""

import re
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant
from tui_trader.core.records import (
    BreakerChanged,
    EmergencyImported,
    EngineStarted,
    EngineStopped,
    HomeOpened,
    LogSigned,
    OrderChanged,
    OrderFilled,
    OrderIntended,
    PositionAdopted,
    ProtectionFailed,
    SigningKeyIntroduced,
    TradingStateChanged,
    TransferBooked,
)

MOST_UNSIGNED = 256
"""Rows between two signatures."""
LONGEST_UNSIGNED = 600 * 1_000_000_000
"""Nanoseconds of the log's time after which the next transaction is signed, whatever is in it.

Of a quiet trader with a decision a minute, every third row would be a checkpoint if this were a minute, and a start,
which checks them all, would take three times as long.
"""

SIGNED_AT_ONCE: Final = frozenset(
    kind.KIND
    for kind in (
        BreakerChanged,
        EmergencyImported,
        EngineStarted,
        EngineStopped,
        HomeOpened,
        OrderChanged,
        OrderFilled,
        OrderIntended,
        PositionAdopted,
        ProtectionFailed,
        TradingStateChanged,
        TransferBooked,
    )
)
"""What money and the right to trade depend on: signed in the same transaction, so never found without a signature."""

_CHECKPOINT, _KEY = LogSigned.KIND, SigningKeyIntroduced.KIND
SIGNATURES: Final = frozenset({_CHECKPOINT, _KEY})
"""The kinds of rows that are signatures."""

_CHECKPOINT_BODY = re.compile(rb'\{"signature":"([0-9a-f]{128})"\}', re.ASCII)
_KEY_BODY = re.compile(rb'\{"public_key":"([0-9a-f]{64})","signature":"([0-9a-f]{128})"\}', re.ASCII)


class BadSignature(ValueError):
    """A signature that does not hold, or one that is missing; the text says which."""


BEGINNING: Final = Instant(0)


class Place(NamedTuple):
    """Where in which log a signature stands, and with `prev` all that is before it: this is what is signed."""

    log: str
    seq: int
    prev: str
    time: Instant

    def text(self, purpose: str, *more: str) -> bytes:
        """The signed bytes: one fact a line, the first line saying what the signature is for."""
        lines = (f"tui-trader journal {purpose} v1", self.log, str(self.seq), self.prev, str(self.time), *more)
        return "".join(line + "\n" for line in lines).encode()


@dataclass(frozen=True, slots=True)
class Trust:
    """How a log is signed up to some row. Keys are the 32 bytes of Ed25519; an empty key: it is not signed.

    `signed` is the number of the last signature's row; `owed` the first row after it that must not be without one.
    """

    first: bytes = b""
    key: bytes = b""
    signed: int = 0
    signed_at: Instant = BEGINNING
    owed: int = 0


UNSIGNED: Final = Trust()


class SigningKey:
    """A private key. Its value is never shown."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.private = key
        self.public = key.public_key().public_bytes_raw()

    @classmethod
    def drawn(cls, chance: Chance, name: str) -> "SigningKey":
        """A new key. Under a seed it follows from seed and name: whoever knows the seed can then sign as well."""
        seed = chance.salt(f"signing key:{name}:1") + chance.salt(f"signing key:{name}:2")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def checkpoint(self, place: Place) -> LogSigned:
        """The record that signs everything before this place."""
        return LogSigned(signature=self.private.sign(place.text(_CHECKPOINT)).hex())

    def introducing(self, new: "SigningKey", place: Place) -> SigningKeyIntroduced:
        """The record that signs everything before this place and names the key that signs from here on."""
        public = new.public.hex()
        return SigningKeyIntroduced(public_key=public, signature=self.private.sign(place.text(_KEY, public)).hex())


def after_row(trust: Trust, seq: int, kind: str) -> Trust:
    """The trust after a row that is no signature. Raises BadSignature where one should have come before it."""
    if not trust.key:
        return trust
    if seq - trust.signed > MOST_UNSIGNED:
        raise BadSignature(f"more than {MOST_UNSIGNED} rows up to this one are not signed: a checkpoint is missing")
    return replace(trust, owed=seq) if kind in SIGNED_AT_ONCE and not trust.owed else trust


def after_signature(trust: Trust, place: Place, kind: str, body: bytes) -> Trust:
    """The trust after a row of one of the `SIGNATURES`. Raises BadSignature."""
    return _after_key(trust, place, body) if kind == _KEY else _after_checkpoint(trust, place, body)


def signed_here(trust: Trust, place: Place, key: bytes) -> Trust:
    """The trust after a signature at this place that is known to hold; from here on `key` signs."""
    return Trust(first=trust.first or key, key=key, signed=place.seq, signed_at=place.time)


def _after_checkpoint(trust: Trust, place: Place, body: bytes) -> Trust:
    match = _CHECKPOINT_BODY.fullmatch(body)
    if match is None:
        raise BadSignature("its payload is not what a checkpoint holds")
    if not trust.key:
        raise BadSignature("it signs the log before any key was introduced")
    _check(trust.key, place.text(_CHECKPOINT), bytes.fromhex(match[1].decode()))
    return signed_here(trust, place, trust.key)


def _after_key(trust: Trust, place: Place, body: bytes) -> Trust:
    match = _KEY_BODY.fullmatch(body)
    if match is None:
        raise BadSignature("its payload is not what introduces a key")
    public, signature = match[1].decode(), bytes.fromhex(match[2].decode())
    key = bytes.fromhex(public)
    _check(trust.key or key, place.text(_KEY, public), signature)
    return signed_here(trust, place, key)


def _check(public: bytes, text: bytes, signature: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        raise BadSignature(
            "its signature does not hold: what it signed was changed, or another key signed it"
        ) from None
