"""A key of one environment never goes to another's hosts."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.core.words import Mode
from tui_trader.exchange.binance.client import Client
from tui_trader.exchange.binance.environment import Environment, EnvironmentRefused, Key, LiveReach, environment_of

KEY = Key("the-name-of-the-key", "the-secret-of-the-key")
HERE = ("http://127.0.0.1:8080", "ws://127.0.0.1:8080")


DEMO = ("https://demo-fapi.binance.com", "wss://fstream.binancefuture.com")
TESTNET = ("https://testnet.binancefuture.com", "wss://fstream.binancefuture.com")
NOWHERE = "https://nowhere.invalid"


def rehearsed(rest: str | None, stream: str | None) -> Environment:
    return environment_of(Mode.LIVE, rest_url=rest, stream_url=stream, key=KEY, live_reach=LiveReach.THIS_MACHINE)


def bound(mode: Mode, rest: str | None = None, stream: str | None = None, key: Key | None = KEY) -> Environment:
    return environment_of(mode, rest_url=rest, stream_url=stream, key=key)


def test_paper_takes_no_key_along_whatever_is_set() -> None:
    assert bound(Mode.PAPER).key is None
    assert bound(Mode.PAPER, *HERE).key is None
    assert bound(Mode.PAPER).host == "fapi.binance.com"


@pytest.mark.parametrize(
    ("rest", "stream"),
    [
        ("https://fapi.binance.com", "wss://fstream.binancefuture.com"),
        ("https://demo-fapi.binance.com", "wss://fstream.binance.com"),
        ("https://example.org", "wss://example.org"),
        ("https://demo-fapi.binance.com.example.org", "wss://fstream.binancefuture.com"),
        ("https://demo-fapi.binance.com@example.org", "wss://fstream.binancefuture.com"),
        ("http://demo-fapi.binance.com", "wss://fstream.binancefuture.com"),
        ("https://demo-fapi.binance.com", "ws://fstream.binancefuture.com"),
        (HERE[0], "wss://fstream.binancefuture.com"),
        ("https://demo-fapi.binance.com", HERE[1]),
        ("ftp://127.0.0.1", HERE[1]),
        (HERE[0], "http://127.0.0.1:8080"),
    ],
)
def test_a_demo_key_goes_to_the_demo_or_to_this_machine_and_nowhere_else(rest: str, stream: str) -> None:
    with pytest.raises(EnvironmentRefused):
        bound(Mode.DEMO, rest, stream)


@pytest.mark.parametrize("urls", [HERE, DEMO, TESTNET])
def test_a_live_key_goes_to_production_alone(urls: tuple[str, str]) -> None:
    with pytest.raises(EnvironmentRefused):
        bound(Mode.LIVE, *urls)
    assert bound(Mode.LIVE).host == "fapi.binance.com"


@pytest.mark.parametrize("urls", [(None, None), ("https://fapi.binance.com", "wss://fstream.binance.com"), DEMO])
def test_a_rehearsal_of_live_goes_to_this_machine_alone(urls: tuple[str | None, str | None]) -> None:
    with pytest.raises(EnvironmentRefused):
        rehearsed(*urls)
    assert (rehearsed(*HERE).host, rehearsed(*HERE).wallet_url) == ("127.0.0.1:8080", HERE[0])


def test_a_rehearsal_changes_nothing_for_the_other_modes() -> None:
    for mode in (Mode.PAPER, Mode.DEMO):
        assert environment_of(
            mode, rest_url=None, stream_url=None, key=KEY, live_reach=LiveReach.THIS_MACHINE
        ) == bound(mode)


def test_live_without_a_key_is_told_of_sealed_places_alone() -> None:
    with pytest.raises(EnvironmentRefused, match="keys set binance_api_key") as refused:
        bound(Mode.LIVE, key=None)
    assert "TUI_TRADER_BINANCE__API_KEY" not in str(refused.value)


def test_half_an_environment_a_missing_key_and_an_encrypted_one_are_refused() -> None:
    attempts: tuple[Callable[[], object], ...] = (
        lambda: bound(Mode.DEMO, HERE[0], None),
        lambda: bound(Mode.DEMO, key=None),
        lambda: bound(Mode.DEMO, key=Key("name", "-----BEGIN ENCRYPTED PRIVATE KEY-----")),
        lambda: bound(Mode.DEMO, key=Key(" ", "secret")),
    )
    for refused in attempts:
        with pytest.raises(EnvironmentRefused) as error:
            refused()
        assert "TUI_TRADER_BINANCE__" in str(error.value)
        assert KEY.secret not in str(error.value)


@pytest.mark.parametrize(
    ("environment", "futures", "wallet"),
    [
        (bound(Mode.PAPER), "https://fapi.binance.com", NOWHERE),
        (bound(Mode.PAPER, *TESTNET), TESTNET[0], NOWHERE),
        (bound(Mode.PAPER, *HERE), HERE[0], NOWHERE),
        (bound(Mode.DEMO), DEMO[0], NOWHERE),
        (bound(Mode.DEMO, *TESTNET), TESTNET[0], NOWHERE),
        (bound(Mode.DEMO, *HERE), HERE[0], NOWHERE),
        (bound(Mode.LIVE), "https://fapi.binance.com", "https://api.binance.com"),
        (rehearsed(*HERE), HERE[0], HERE[0]),
    ],
    ids=lambda value: f"{value.mode.value}-{value.host}" if isinstance(value, Environment) else "",
)
async def test_no_url_of_the_library_leads_anywhere_but_to_the_environment(
    environment: Environment, futures: str, wallet: str
) -> None:
    client = Client(environment, lambda _status, _headers: None)
    try:
        inner = client._client
        texts = {name: value for name in dir(inner) if isinstance(value := getattr(inner, name), str)}
        urls = {name: value for name, value in texts.items() if "://" in value and not name.startswith("__")}
        assert len(urls) > 20
        assert (urls.pop("FUTURES_URL"), urls.pop("MARGIN_API_URL")) == (f"{futures}/fapi", f"{wallet}/sapi")
        assert set(urls.values()) == {NOWHERE}
    finally:
        await client.close()


@given(st.sampled_from(Mode), st.sampled_from([(None, None), HERE, DEMO, TESTNET]), st.sampled_from(LiveReach))
def test_no_production_host_is_in_an_environment_with_a_key_of_another(
    mode: Mode, urls: tuple[str | None, str | None], reach: LiveReach
) -> None:
    try:
        made = environment_of(mode, rest_url=urls[0], stream_url=urls[1], key=KEY, live_reach=reach)
    except EnvironmentRefused:
        return
    hosts = {urlsplit(url).hostname for url in (made.rest_url, made.stream_url, made.wallet_url) if url}
    production = {host for host in hosts if host and host.endswith(".binance.com") and not host.startswith("demo-")}
    if made.key is not None and production:
        assert (mode, reach, production) == (Mode.LIVE, LiveReach.BINANCE, hosts)
    if mode is not Mode.LIVE:
        assert made.wallet_url is None


async def test_what_the_library_would_call_at_production_is_not_reached_and_no_flag_of_it_is_used() -> None:
    client = Client(bound(Mode.DEMO, *HERE), lambda _status, _headers: None)
    try:
        inner = client._client
        assert not inner.testnet
        assert not inner.demo
        assert inner._create_margin_api_uri("account/apiRestrictions").startswith("https://nowhere.invalid/")
        assert inner._create_futures_api_uri("order") == "http://127.0.0.1:8080/fapi/v1/order"
        assert inner._requests_params["allow_redirects"] is False
    finally:
        await client.close()


def test_neither_repr_nor_fingerprint_shows_the_secret() -> None:
    assert KEY.secret not in repr(bound(Mode.DEMO, *HERE))
    assert KEY.name[:8] not in KEY.fingerprint
