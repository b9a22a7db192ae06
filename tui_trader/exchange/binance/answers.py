"""Binance's answers as typed values, as far as the adapter reads them; what is not named here is ignored.

Figures come as text and are Decimals here; identifiers are whole numbers, times milliseconds.
"""

from decimal import Decimal, InvalidOperation
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Unreadable(Exception):
    """An answer or an event that is not what Binance documents; the text says what was wrong, without its content."""


def read_as(kind: type[T], answer: object) -> T:
    """The answer as that kind of value. Raises Unreadable."""
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise Unreadable(f"the answer is not as documented ({error})") from None


def figure(text: str) -> Decimal | None:
    """The number, or None where Binance writes that there is none (empty, or zero). Raises Unreadable."""
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise Unreadable("a figure is not a number") from None
    if not value.is_finite():
        raise Unreadable("a figure is not a number")
    return value or None


class ServerTime(msgspec.Struct, frozen=True, rename="camel"):
    """GET time."""

    server_time: int


class OrderAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """An ordinary order, acknowledged or asked for. Acknowledgements have no average price."""

    client_order_id: str
    order_id: int
    symbol: str
    side: str
    type: str
    status: str
    orig_qty: Decimal
    executed_qty: Decimal
    update_time: int
    price: str = ""
    stop_price: str = ""
    avg_price: str = ""
    reduce_only: bool = False
    close_position: bool = False


class AlgoAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A conditional order, acknowledged or asked for."""

    algo_id: int
    client_algo_id: str
    symbol: str
    side: str
    order_type: str
    algo_status: str
    update_time: int
    quantity: str = ""
    price: str = ""
    trigger_price: str = ""
    reduce_only: bool = False
    close_position: bool = False
    actual_order_id: str | int = ""

    @property
    def child(self) -> int | None:
        """The id of the order that came of it when it triggered."""
        text = str(self.actual_order_id)
        return int(text) if text.isdigit() and int(text) else None


class AlgoCancelled(msgspec.Struct, frozen=True, rename="camel"):
    """DELETE algoOrder."""

    algo_id: int
    client_algo_id: str


class TradeAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """One row of GET userTrades. It names the order by the exchange's id alone."""

    id: int
    order_id: int
    symbol: str
    side: str
    price: Decimal
    qty: Decimal
    realized_pnl: Decimal
    commission: Decimal
    commission_asset: str
    maker: bool
    time: int


class IncomeAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """One row of GET income."""

    income_type: str
    income: Decimal
    asset: str
    time: int
    tran_id: int | str
    symbol: str = ""


class FundingRateAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """One row of GET fundingRate."""

    symbol: str
    funding_rate: Decimal
    funding_time: int
    mark_price: str = ""


class MarkAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """GET premiumIndex of one symbol."""

    symbol: str
    mark_price: Decimal


class AssetAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """One asset of GET account."""

    asset: str
    wallet_balance: Decimal
    available_balance: Decimal


class AccountAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """GET account, version 3."""

    assets: tuple[AssetAnswer, ...]


class BalanceAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """One asset of GET balance, version 3: here for the account's own name."""

    asset: str
    account_alias: str = ""


class RightsAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """GET /sapi account/apiRestrictions. Each of these is needed: what is not said is not known."""

    ip_restrict: bool
    enable_futures: bool
    enable_withdrawals: bool
    enable_internal_transfer: bool
    permits_universal_transfer: bool


class PositionAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """One row of GET positionRisk, version 3, which lists symbols in use."""

    symbol: str
    position_side: str
    position_amt: Decimal
    entry_price: Decimal
    mark_price: Decimal
    liquidation_price: str = ""
    isolated_wallet: Decimal = Decimal(0)


class AccountConfig(msgspec.Struct, frozen=True, rename="camel"):
    """GET accountConfig."""

    dual_side_position: bool
    multi_assets_margin: bool


class SymbolConfig(msgspec.Struct, frozen=True, rename="camel"):
    """One row of GET symbolConfig."""

    symbol: str
    margin_type: str
    leverage: int


class LeverageAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """POST leverage."""

    symbol: str
    leverage: int


class ListenKey(msgspec.Struct, frozen=True, rename="camel"):
    """POST listenKey."""

    listen_key: str


class Done(msgspec.Struct, frozen=True):
    """An answer of which only that it came matters."""
