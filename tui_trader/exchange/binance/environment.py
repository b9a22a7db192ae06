"""Which Binance, and whose key: URLs, mode and key in one value, made in one place, so that no key goes elsewhere."""

import hashlib
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address
from urllib.parse import urlsplit

from tui_trader.core.words import Mode

_PRODUCTION = frozenset({"fapi.binance.com", "fstream.binance.com"})
_DEMO = frozenset(
    {"demo-fapi.binance.com", "testnet.binancefuture.com", "demo-fstream.binance.com", "fstream.binancefuture.com"}
)
_DEFAULT = {
    Mode.PAPER: ("https://fapi.binance.com", "wss://fstream.binance.com"),
    Mode.DEMO: ("https://demo-fapi.binance.com", "wss://fstream.binancefuture.com"),
    Mode.LIVE: ("https://fapi.binance.com", "wss://fstream.binance.com"),
}
_HOSTS = {Mode.PAPER: _PRODUCTION | _DEMO, Mode.DEMO: _DEMO, Mode.LIVE: _PRODUCTION}
_PRODUCTION_WALLET = "https://api.binance.com"
"""Serves /sapi, which alone says what a key may do; no other environment of Binance's has it."""
_SETTINGS = "TUI_TRADER_BINANCE__REST_URL and TUI_TRADER_BINANCE__STREAM_URL"
_KEYS = "TUI_TRADER_BINANCE__API_KEY and TUI_TRADER_BINANCE__API_SECRET"

_SEALED_KEYS = "Keep one with `tui-trader keys set binance_api_key` and `tui-trader keys set binance_api_secret`"


class LiveReach(Enum):
    """Where a live key may go: to Binance's production, or in a rehearsal of live nowhere but to this machine."""

    BINANCE = "binance"
    THIS_MACHINE = "this machine"


class EnvironmentRefused(Exception):
    """These URLs, this mode and this key do not belong together; the sentence names the setting and the fix."""


@dataclass(frozen=True, slots=True)
class Key:
    """An API key. The secret is a HMAC secret, or an unencrypted Ed25519 private key in PEM."""

    name: str
    secret: str = field(repr=False)

    @property
    def is_ed25519(self) -> bool:
        """Whether it signs with Ed25519."""
        return self.secret.lstrip().startswith("-----BEGIN")

    @property
    def fingerprint(self) -> str:
        """Eight characters that tell this key from others and say nothing of it."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Environment:
    """One of Binance's environments, or a server on this machine that stands in for it. Made by `environment_of`."""

    mode: Mode
    rest_url: str
    stream_url: str
    key: Key | None
    wallet_url: str | None = None
    """Where /sapi is served; None: nowhere in this environment."""

    @property
    def host(self) -> str:
        """Where requests go."""
        return urlsplit(self.rest_url).netloc


def environment_of(
    mode: Mode,
    *,
    rest_url: str | None,
    stream_url: str | None,
    key: Key | None,
    live_reach: LiveReach = LiveReach.BINANCE,
) -> Environment:
    """Bind them together. Raises EnvironmentRefused.

    On paper only public data are read and no key is taken along, whatever is set. A demo key goes to the demo's hosts
    or to this machine, a live key to production alone, or (a rehearsal) to this machine alone.
    """
    if (rest_url is None) is not (stream_url is None):
        raise EnvironmentRefused(f"only one of {_SETTINGS} is set. Set both, or neither.")
    default_rest, default_stream = _DEFAULT[mode]
    rest, stream = (rest_url or default_rest).rstrip("/"), (stream_url or default_stream).rstrip("/")
    rest_is_here = _checked(rest, "https", mode, "TUI_TRADER_BINANCE__REST_URL")
    stream_is_here = _checked(stream, "wss", mode, "TUI_TRADER_BINANCE__STREAM_URL")
    if rest_is_here is not stream_is_here:
        raise EnvironmentRefused(f"one of {_SETTINGS} is on this machine and the other is not. Set both to one place.")
    _check_reach(mode, live_reach, is_here=rest_is_here)
    if mode is Mode.PAPER:
        return Environment(mode, rest, stream, None)
    if key is None:
        way = _SEALED_KEYS if mode is Mode.LIVE else f"Set {_KEYS}"
        raise EnvironmentRefused(f"--mode {mode.value}: no key is set. {way}, with a key of that environment.")
    live_wallet = rest if rest_is_here else _PRODUCTION_WALLET
    return Environment(mode, rest, stream, _usable(key), live_wallet if mode is Mode.LIVE else None)


def _check_reach(mode: Mode, reach: LiveReach, *, is_here: bool) -> None:
    """A live key goes to one kind of place, never to either."""
    if mode is not Mode.LIVE or is_here is (reach is LiveReach.THIS_MACHINE):
        return
    if is_here:
        raise EnvironmentRefused(f"{_SETTINGS}: they are on this machine, and a live key goes to Binance only.")
    raise EnvironmentRefused(f"{_SETTINGS}: a rehearsal of live stays on this machine. Set both to its exchange.")


def _checked(url: str, scheme: str, mode: Mode, setting: str) -> bool:
    """Whether the URL is on this machine; one that is neither there nor the mode's own is refused."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_loopback(host):
        if parts.scheme not in (scheme, scheme.removesuffix("s")):
            raise EnvironmentRefused(f"{setting}: it must begin with {scheme.removesuffix('s')}:// or {scheme}://.")
        return True
    if parts.scheme != scheme:
        raise EnvironmentRefused(f"{setting}: it must begin with {scheme}://.")
    if host not in _HOSTS[mode]:
        hosts = ", ".join(sorted(_HOSTS[mode]))
        raise EnvironmentRefused(
            f"{setting}: {host or 'no host'} is not a host of mode {mode.value}, which has {hosts}"
            + ("" if mode is Mode.LIVE else ", and this machine")
            + ". A key of one environment is never sent to another's."
        )
    return False


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _usable(key: Key) -> Key:
    if "ENCRYPTED" in key.secret:
        raise EnvironmentRefused(
            "TUI_TRADER_BINANCE__API_SECRET: the private key is encrypted. Give it decrypted, from a secret store."
        )
    if not key.name.strip() or not key.secret.strip():
        raise EnvironmentRefused(f"a key is set and empty. Set {_KEYS}, or unset both.")
    return key
