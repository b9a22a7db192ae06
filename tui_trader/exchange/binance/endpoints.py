"""The endpoints that the adapter uses, with what each costs of the exchange's limits."""

from dataclasses import dataclass
from enum import Enum


class Service(Enum):
    """Which of Binance's services answers, by the first part of its paths. The wallet's has hosts of its own."""

    FUTURES = "fapi"
    WALLET = "sapi"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method and path below `/fapi/vN/`, or another service's. `weight` is of the IP limit, `orders` of the two
    order counts.
    """

    method: str
    path: str
    weight: int
    version: int = 1
    signed: bool = True
    orders: int = 0
    service: Service = Service.FUTURES

    def __str__(self) -> str:
        """As a person names it."""
        return f"{self.method.upper()} /{self.service.value}/v{self.version}/{self.path}"


TIME = Endpoint("get", "time", 1, signed=False)
EXCHANGE_INFO = Endpoint("get", "exchangeInfo", 1, signed=False)
DEPTH = Endpoint("get", "depth", 20, signed=False)
KLINES = Endpoint("get", "klines", 10, signed=False)
PREMIUM_INDEX = Endpoint("get", "premiumIndex", 1, signed=False)
FUNDING_RATE = Endpoint("get", "fundingRate", 1, signed=False)

ACCOUNT = Endpoint("get", "account", 5, version=3)
BALANCE = Endpoint("get", "balance", 5, version=3)
POSITIONS = Endpoint("get", "positionRisk", 5, version=3)
ACCOUNT_CONFIG = Endpoint("get", "accountConfig", 5)
SYMBOL_CONFIG = Endpoint("get", "symbolConfig", 5)
BRACKETS = Endpoint("get", "leverageBracket", 2)
TRADES = Endpoint("get", "userTrades", 5)
INCOME = Endpoint("get", "income", 30)

SUBMIT = Endpoint("post", "order", 0, orders=1)
CANCEL = Endpoint("delete", "order", 1)
QUERY = Endpoint("get", "order", 1)
ALL_ORDERS = Endpoint("get", "allOrders", 5)
OPEN_ORDERS = Endpoint("get", "openOrders", 1)
ALL_OPEN_ORDERS = Endpoint("get", "openOrders", 40)
SUBMIT_ALGO = Endpoint("post", "algoOrder", 0, orders=1)
CANCEL_ALGO = Endpoint("delete", "algoOrder", 1)
QUERY_ALGO = Endpoint("get", "algoOrder", 1)
OPEN_ALGO_ORDERS = Endpoint("get", "openAlgoOrders", 1)
ALL_OPEN_ALGO_ORDERS = Endpoint("get", "openAlgoOrders", 40)
ALGO_HISTORY = Endpoint("get", "allAlgoOrders", 5)

LEVERAGE = Endpoint("post", "leverage", 1)
MARGIN_TYPE = Endpoint("post", "marginType", 1)
POSITION_MODE = Endpoint("post", "positionSide/dual", 1)
ASSETS_MODE = Endpoint("post", "multiAssetsMargin", 1)
COUNTDOWN = Endpoint("post", "countdownCancelAll", 10)

KEY_RIGHTS = Endpoint("get", "account/apiRestrictions", 1, service=Service.WALLET)

OPEN_LISTEN_KEY = Endpoint("post", "listenKey", 1, signed=False)
KEEP_LISTEN_KEY = Endpoint("put", "listenKey", 1, signed=False)
CLOSE_LISTEN_KEY = Endpoint("delete", "listenKey", 1, signed=False)


class Route(Enum):
    """Binance's three kinds of stream; on the wrong one a subscription is acknowledged and silent."""

    PUBLIC = "public"
    MARKET = "market"
    PRIVATE = "private"
