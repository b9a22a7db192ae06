"""What each tool takes: for the agent enums and bounded integers, for the operator prices and quantities."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from tui_trader.core.plain_text import one_line

Positive = Annotated[Decimal, Field(gt=0, max_digits=24)]
Reason = Annotated[str, AfterValidator(one_line), Field(description="One sentence: why.")]


class Arguments(BaseModel):
    """Closed and strict: an unknown name or a wrong type is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class NoArguments(Arguments):
    """Nothing."""


class ForSymbol(Arguments):
    """One of the policy's symbols."""

    symbol: str


class CandlesOf(Arguments):
    """The last closed one-minute candles of a symbol."""

    symbol: str
    count: Annotated[int, Field(ge=1, le=240)]


class OpenByRisk(Arguments):
    """Open or add. Size follows from the share of equity that the stop may lose; prices are made by code."""

    symbol: str
    side: Literal["long", "short"]
    risk_bps: Annotated[int, Field(ge=1, le=500, description="Loss at the stop, in basis points of equity.")]
    entry: Literal["market", "limit"]
    limit_offset_bps: Annotated[
        int,
        Field(ge=0, le=100, description="How far on the passive side of the mark a limit entry rests; 0 for market."),
    ]
    stop_bps: Annotated[int, Field(ge=5, le=2000, description="Distance from entry to stop, in basis points.")]
    take_profit_bps: Annotated[int, Field(ge=5, le=5000, description="Distance from entry to take-profit.")]
    reason: Reason


class OpenByPrice(Arguments):
    """The operator's entry: how much in one of three ways, optional limit, stop and take-profit prices.

    `notional` is what it is worth in the quote currency, `risk_pct` the share of equity that the stop may lose.
    """

    symbol: str
    side: Literal["BUY", "SELL"]
    quantity: Positive | None = None
    notional: Positive | None = None
    risk_pct: Positive | None = None
    limit: Positive | None = None
    stop: Positive | None = None
    take_profit: Positive | None = None

    @model_validator(mode="after")
    def _one_size(self) -> "OpenByPrice":
        if sum(size is not None for size in (self.quantity, self.notional, self.risk_pct)) != 1:
            msg = "give one of quantity, notional, risk_pct"
            raise ValueError(msg)
        return self


class CloseOf(Arguments):
    """Close what is held of a symbol."""

    symbol: str
    reason: Reason


class ReduceByShare(Arguments):
    """Reduce what is held of a symbol by a share."""

    symbol: str
    percent: Annotated[int, Field(ge=1, le=100)]
    reason: Reason


class ReduceByOperator(Arguments):
    """The operator's reduction: a share at the market, or a quantity with its side, at the market or at a limit."""

    symbol: str
    percent: Annotated[int, Field(ge=1, le=100)] | None = None
    side: Literal["BUY", "SELL"] | None = None
    quantity: Positive | None = None
    limit: Positive | None = None

    @model_validator(mode="after")
    def _one_size(self) -> "ReduceByOperator":
        by_quantity = self.quantity is not None and self.side is not None
        if by_quantity == (self.percent is not None):
            msg = "give either percent, or side and quantity"
            raise ValueError(msg)
        return self


class StopByDistance(Arguments):
    """Move the stop to this distance from the mark price; only nearer, never looser."""

    symbol: str
    stop_bps: Annotated[int, Field(ge=5, le=2000, description="Distance from the mark price, in basis points.")]
    reason: Reason


class StopByPrice(Arguments):
    """The operator's stop, at a price."""

    symbol: str
    price: Positive


class TakeProfitByDistance(Arguments):
    """Move the take-profit to this distance from the mark price."""

    symbol: str
    take_profit_bps: Annotated[int, Field(ge=5, le=5000, description="Distance from the mark price, in basis points.")]
    reason: Reason


class TakeProfitByPrice(Arguments):
    """The operator's take-profit, at a price."""

    symbol: str
    price: Positive


class CancelOne(Arguments):
    """Cancel one working order."""

    client_order_id: str
    reason: Reason


class CancelEverything(Arguments):
    """Cancel the working entries and exits of one symbol; protective stops stay."""

    symbol: str
    reason: Reason


class CancelByOperator(Arguments):
    """Cancel all working entries and exits, of one symbol if given; protective stops stay."""

    symbol: str | None = None


class CancelOneByOperator(Arguments):
    """Cancel one working order."""

    client_order_id: str


def _as_typed(text: str) -> str:
    return text.strip().upper()


ApprovalId = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_as_typed)]


class ApprovalOf(Arguments):
    """Which question is meant."""

    approval: ApprovalId


class Rejection(Arguments):
    """Which question is meant, and why the answer is no."""

    approval: ApprovalId
    reason: Reason


class WithReason(Arguments):
    """Why."""

    reason: Reason


class AdoptionOf(Arguments):
    """What others hold of a symbol, where its stop is to stand (None: by the policy), and whether their orders go."""

    symbol: str
    stop: Positive | None = None
    cancel_orders: bool = False


class LeverageOf(Arguments):
    """The leverage to set for a symbol."""

    symbol: str
    leverage: Annotated[int, Field(ge=1, le=150)]
