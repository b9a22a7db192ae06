"""The caps of live: limits that hold on top of any prompt's while real money is traded; of two, the smaller wins.

They are the account's, written once beside it, where a prompt that is edited or exchanged does not reach. Each is a
limit of the policy of the same name, read within the same bounds, and of a kind that more is looser.
"""

from decimal import Decimal
from typing import Annotated, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from tui_trader.core.money import plain
from tui_trader.core.records import JsonObject
from tui_trader.risk.policy import Amount, Policy, RiskLimits


def _as_in_policy(field: str) -> BeforeValidator:
    """The reader of the policy's limit of this name, so that both have the same bounds."""
    found = (each for each in RiskLimits.model_fields[field].metadata if isinstance(each, BeforeValidator))
    return next(found)


_AS_TEXT = PlainSerializer(plain, return_type=str)


class LiveCaps(BaseModel):
    """Every one must be set. The examples are what is proposed for a first start with small amounts."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    max_order_notional: Amount = Field(examples=["250"])
    """In quote currency. An order of BTCUSDT, at 100,000 in steps of 0.001 and worth 100 at the least, takes 200."""
    max_position_notional: Amount = Field(examples=["250"])
    max_gross_notional: Amount = Field(examples=["500"])
    max_leverage: Annotated[int, _as_in_policy("max_leverage")] = Field(examples=["2"])
    max_risk_per_trade_pct: Annotated[Decimal, _as_in_policy("max_risk_per_trade_pct"), _AS_TEXT] = Field(
        examples=["0.5"]
    )
    max_daily_loss_pct: Annotated[Decimal, _as_in_policy("max_daily_loss_pct"), _AS_TEXT] = Field(examples=["1"])
    max_drawdown_pct: Annotated[Decimal, _as_in_policy("max_drawdown_pct"), _AS_TEXT] = Field(examples=["3"])
    max_entries_per_day: Annotated[int, _as_in_policy("max_entries_per_day")] = Field(examples=["5"])

    def as_record(self) -> JsonObject:
        """The caps as the journal keeps them: figures as text."""
        return cast("JsonObject", self.model_dump(mode="json"))


def capped(policy: Policy, caps: LiveCaps) -> Policy:
    """The policy with each capped limit at the smaller of both; nothing else of it changes."""
    smaller = {name: min(getattr(policy.risk, name), getattr(caps, name)) for name in LiveCaps.model_fields}
    return policy.model_copy(update={"risk": policy.risk.model_copy(update=smaller)})


def proposal(*names: str) -> str:
    """What to write for these caps (all, if none is named), with values for a first start."""
    wanted = names or tuple(LiveCaps.model_fields)
    return ", ".join(f"{name} = {(LiveCaps.model_fields[name].examples or [''])[0]}" for name in wanted)
