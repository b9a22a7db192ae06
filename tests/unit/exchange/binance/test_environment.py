"""A key of one environment never goes to another's hosts."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.core.words import Mode
from tui_trader.exchange.binance.client import Client, _class_for
from tui_trader.exchange.binance.environment import Environment, EnvironmentRefused, Key, environment_of

KEY = Key("the-name-of-the-key", "the-secret-of-the-key")
HERE = ("http://127.0.0.1:8080", "ws://127.0.0.1:8080")


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


@pytest.mark.parametrize("urls", [HERE, ("https://demo-fapi.binance.com", "wss://fstream.binancefuture.com")])
def test_a_live_key_goes_to_production_alone(urls: tuple[str, str]) -> None:
    with pytest.raises(EnvironmentRefused):
        bound(Mode.LIVE, *urls)
    assert bound(Mode.LIVE).host == "fapi.binance.com"


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


@given(st.sampled_from([Mode.PAPER, Mode.DEMO]))
def test_no_url_of_the_library_leads_anywhere_but_to_the_environment(mode: Mode) -> None:
    library = _class_for(bound(mode, *HERE))
    urls = {name: getattr(library, name) for name in dir(library) if name.endswith("_URL")}
    assert len(urls) > 20
    assert urls.pop("FUTURES_URL") == "http://127.0.0.1:8080/fapi"
    assert set(urls.values()) == {"https://nowhere.invalid"}


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
