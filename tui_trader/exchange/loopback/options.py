"""What a loopback exchange is started with."""

from dataclasses import dataclass, field
from enum import StrEnum

from tui_trader.core.chance import Chance
from tui_trader.core.clock import DAY


class MarginType(StrEnum):
    """How a symbol's margin is set; only isolated margin is simulated."""

    ISOLATED = "ISOLATED"
    CROSSED = "CROSSED"


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests and orders that are taken; the numbers are production's, as exchangeInfo tells them."""

    weight_a_minute: int = 2400
    orders_10s: int = 300
    orders_1m: int = 1200
    patience: int = 20
    """Requests over the limit that are answered with 429; after those the answer is 418."""
    ban_seconds: int = 120
    messages_a_second: int = 10
    streams: int = 1024
    ping_seconds: float = 180.0
    pong_seconds: float = 600.0
    """A connection that has not answered a ping for so long is closed."""
    connection_seconds: float = DAY
    """How long a WebSocket lives; then the server closes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What proves that a request is the account owner's: one with an HMAC secret, and one with a public key.

    Only this exchange knows them; they open nothing anywhere else.
    """

    key: str
    secret: str = field(repr=False)
    pem_key: str = ""
    """The key whose requests are signed with the private half of `public_pem` (Ed25519 or RSA)."""
    public_pem: str = field(default="", repr=False)

    @classmethod
    def drawn(cls, chance: Chance) -> "Credentials":
        """A new pair: 64 letters and digits each."""
        key, secret = (chance.salt(f"loopback:{name}:1") + chance.salt(f"loopback:{name}:2") for name in ("k", "s"))
        return cls(key=key.hex(), secret=secret.hex())


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopbackOptions:
    """`port` 0 means any free one. `control_token` empty means that no faults can be asked for over the wire."""

    credentials: Credentials
    port: int = 0
    limits: Limits = field(default_factory=Limits)
    listen_key_seconds: float = 3600.0
    legacy_ack: bool = False
    """Acknowledgements with avgPrice and cumQuote, as before 2026-06-30."""
    margin_type: MarginType = MarginType.ISOLATED
    """What symbols are set to before anybody sets them."""
    offers_permissions: bool = False
    """Whether /sapi answers what the key may do, as in production; else 403, as in demo."""
    control_token: str = field(default="", repr=False)
