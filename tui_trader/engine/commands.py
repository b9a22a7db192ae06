"""What can be asked of a running engine: typed commands, the same for keys, command line and socket."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tui_trader.core.records import JsonObject

if TYPE_CHECKING:
    _AnyJson = JsonObject
else:
    _AnyJson = dict[str, object]  # pydantic cannot follow JsonObject, which speaks of itself
_Price = Annotated[Decimal, Field(gt=0, max_digits=24)]


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AskStatus(_Command):
    """How things stand."""

    command: Literal["status"] = "status"


class Halt(_Command):
    """No new risk from now on; `flatten` closes everything as well."""

    command: Literal["halt"] = "halt"
    reason: str = Field(default="halted by the operator", max_length=280)
    flatten: bool = False


class Resume(_Command):
    """Go on trading."""

    command: Literal["resume"] = "resume"
    reason: str = Field(max_length=280)


class FlattenAll(_Command):
    """Cancel and close everything."""

    command: Literal["flatten"] = "flatten"


class PlaceOrder(_Command):
    """The operator's order; the gate judges it like any other."""

    command: Literal["order"] = "order"
    symbol: str = Field(max_length=32)
    side: Literal["BUY", "SELL"]
    quantity: _Price
    limit: _Price | None = None
    stop: _Price | None = None
    take_profit: _Price | None = None
    reduce_only: bool = False


class Cancel(_Command):
    """Cancel one order, or (None) all working entries and exits."""

    command: Literal["cancel"] = "cancel"
    client_order_id: str | None = Field(default=None, max_length=64)


class Reduce(_Command):
    """Reduce a position by a share."""

    command: Literal["reduce"] = "reduce"
    symbol: str = Field(max_length=32)
    percent: Annotated[int, Field(ge=1, le=100)]


class MoveStop(_Command):
    """Move the stop of a position to a price."""

    command: Literal["stop"] = "stop"
    symbol: str = Field(max_length=32)
    price: _Price


class DecideNow(_Command):
    """Do not wait for the interval."""

    command: Literal["decide"] = "decide"


Command: TypeAlias = AskStatus | Halt | Resume | FlattenAll | PlaceOrder | Cancel | Reduce | MoveStop | DecideNow

_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="command")])


def parse_command(line: bytes) -> Command:
    """A command from its JSON. Raises pydantic.ValidationError."""
    return _COMMANDS.validate_json(line)


class Reply(BaseModel):
    """Whether it was done, and what is to be said of it. `code` names why not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    done: bool
    time: str = ""
    """Engine time, ISO 8601; empty where no engine answered."""
    text: str = ""
    code: str = ""
    result: _AnyJson = Field(default_factory=dict)
