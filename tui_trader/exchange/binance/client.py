"""python-binance's client, bound to one environment: every URL of it is set, and its failures have one form."""

import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import aiohttp
from binance.async_client import AsyncClient
from binance.exceptions import BinanceAPIException, BinanceRequestException

from tui_trader.core.ids import PREFIX
from tui_trader.exchange.binance.endpoints import Endpoint, Service
from tui_trader.exchange.binance.environment import Environment
from tui_trader.exchange.binance.failures import Answer, Failure, Verdict, failure_of
from tui_trader.journal.redact import SECRETS

RECEIVE_WINDOW = 3.0
"""Seconds after its timestamp within which Binance accepts a request: it bounds how long an order's fate is open."""

_NOWHERE = "https://nowhere.invalid"
"""For the services of the library that are not ours to call: a name that never resolves (RFC 2606)."""
_TIMEOUT = aiohttp.ClientTimeout(total=5.0)
_LONGEST_TEXT = 200
_HEARING = Callable[[int, Mapping[str, str]], None]


class RequestFailed(Exception):
    """A request did not succeed; `failure` says what is known of it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


class Client:
    """One session with one environment. Make it on a running loop."""

    def __init__(self, environment: Environment, heard: _HEARING) -> None:
        """`heard` is told status and headers of every answer, also of failures."""
        tracing = aiohttp.TraceConfig()

        async def ended(_: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestEndParams) -> None:
            heard(params.response.status, params.response.headers)

        tracing.on_request_end.append(ended)
        key = environment.key
        self._client = _class_for(environment)(
            key.name if key else None,
            key.secret if key and not key.is_ed25519 else None,
            private_key=key.secret if key and key.is_ed25519 else None,
            # A redirect is not followed: it would carry the key to wherever it points.
            requests_params={"timeout": _TIMEOUT, "allow_redirects": False},
            session_params={"trace_configs": [tracing]},
        )

    async def ask(self, endpoint: Endpoint, params: Mapping[str, str]) -> object:
        """Send one request, once. Raises RequestFailed."""
        roads = {
            Service.FUTURES: self._client._request_futures_api,  # noqa: SLF001 - the one road to all of its paths
            Service.WALLET: self._client._request_margin_api,  # noqa: SLF001
        }
        try:
            answer: object = await roads[endpoint.service](
                endpoint.method, endpoint.path, endpoint.signed, version=endpoint.version, data=dict(params)
            )
        except BinanceAPIException as error:
            raise RequestFailed(failure_of(await _answer_in(error))) from None
        except aiohttp.ClientConnectorError:
            raise RequestFailed(Failure(Verdict.NOT_SENT, 0, "no connection to the exchange")) from None
        except TimeoutError:
            raise RequestFailed(_unknown(f"no answer within {_TIMEOUT.total:g} s")) from None
        except BinanceRequestException:
            raise RequestFailed(_unknown("the answer is not JSON")) from None
        except Exception as error:  # noqa: BLE001 - the library raises whatever an odd answer makes it stumble over
            raise RequestFailed(_unknown(f"the request ended in {type(error).__name__}")) from None
        return answer

    @staticmethod
    def machine_time() -> int:
        """Milliseconds, of the very clock with which the library signs."""
        return time.time_ns() // 1_000_000

    def set_offset(self, milliseconds: int) -> None:
        """What to add to the machine's time when signing."""
        self._client.timestamp_offset = milliseconds

    async def close(self) -> None:
        """Let the session go."""
        await self._client.close_connection()


def _class_for(environment: Environment) -> type[Any]:
    """The library's client as a class of this environment alone: what is not ours leads nowhere.

    Its own flags for demo and testnet leave some services at production, with the demo's key.
    """
    urls = {name: _NOWHERE for name in dir(AsyncClient) if name.endswith("_URL")}
    ours = {
        "FUTURES_URL": f"{environment.rest_url}/{Service.FUTURES.value}",
        "MARGIN_API_URL": f"{environment.wallet_url or _NOWHERE}/{Service.WALLET.value}",
        "REQUEST_RECVWINDOW": int(RECEIVE_WINDOW * 1000),
        "CONTRACT_ORDER_PREFIX": PREFIX,
    }
    return type("EnvironmentClient", (AsyncClient,), urls | ours)


async def _answer_in(error: BinanceAPIException) -> Answer:
    """Status, code and wording; where the body is not the documented JSON, its own words.

    They can quote what was sent. Redacted here, they are clean wherever they are shown, also on the screen.
    """
    if isinstance(error.code, int) and isinstance(error.message, str) and error.code:
        return Answer(error.status_code, error.code, SECRETS(error.message)[:_LONGEST_TEXT])
    try:
        body = await error.response.text()
    except (aiohttp.ClientError, UnicodeDecodeError):
        body = ""
    said = error.message if isinstance(error.message, str) and body.lstrip().startswith("{") else body
    is_page = said.lstrip().startswith("<")
    return Answer(
        error.status_code, 0, f"HTTP {error.status_code}" if is_page or not said else SECRETS(said)[:_LONGEST_TEXT]
    )


def _unknown(text: str) -> Failure:
    return Failure(Verdict.UNKNOWN, 0, text)
