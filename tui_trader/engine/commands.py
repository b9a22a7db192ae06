"""What can be asked of a running engine: typed commands, the same for keys, command line and socket."""

import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator

from tui_trader.core.plain_text import LONGEST_NAME, one_line
from tui_trader.core.records import JsonObject
from tui_trader.journal.redact import SECRETS

_Price = Annotated[Decimal, Field(gt=0, max_digits=24)]


def _named(value: object) -> object:
    return one_line(value, LONGEST_NAME) if isinstance(value, str) else value


def _plain(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


_Reason = Annotated[str, BeforeValidator(_plain)]
"""Made plain and cut before it is looked at: no sign in it, and no length, keeps a halt from being carried out."""
_Word = Annotated[str, BeforeValidator(_plain)]
"""A name that a person typed; a shell hands on bytes that are no text."""


_Person = Annotated[str, BeforeValidator(_named)]


class _Command(BaseModel):
    """`person` is who asks; empty for whoever started the engine."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    person: _Person = ""


class AskStatus(_Command):
    """How things stand."""

    command: Literal["status"] = "status"


class Halt(_Command):
    """No new risk from now on; `flatten` closes everything as well."""

    command: Literal["halt"] = "halt"
    reason: _Reason = "halted by the operator"
    flatten: bool = False


class Resume(_Command):
    """Go on trading."""

    command: Literal["resume"] = "resume"
    reason: _Reason


class FlattenAll(_Command):
    """Cancel and close everything."""

    command: Literal["flatten"] = "flatten"


class _Order(_Command):
    """How much in one of three ways; a reduction only by quantity."""

    symbol: Annotated[_Word, Field(max_length=32)]
    side: Literal["BUY", "SELL"]
    quantity: _Price | None = None
    notional: _Price | None = None
    risk_pct: _Price | None = None
    limit: _Price | None = None
    stop: _Price | None = None
    take_profit: _Price | None = None
    reduce_only: bool = False

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        given = [size for size in (self.quantity, self.notional, self.risk_pct) if size is not None]
        if len(given) != 1 or (self.reduce_only and self.quantity is None):
            msg = "give one size: a quantity, or (of an entry) its worth or the share of equity at risk"
            raise ValueError(msg)
        return self


class PlaceOrder(_Order):
    """The operator's order; the gate judges it like any other."""

    command: Literal["order"] = "order"


class CheckOrder(_Order):
    """What the gate says of that order now; nothing is sent, and nothing is journalled."""

    command: Literal["check_order"] = "check_order"


class Adopt(_Command):
    """Take over what others hold of a symbol; `stop` None: where the policy would have it."""

    command: Literal["adopt"] = "adopt"
    symbol: Annotated[_Word, Field(max_length=32)]
    stop: _Price | None = None
    cancel_orders: bool = False


class Cancel(_Command):
    """Cancel one order, or (None) all working entries and exits."""

    command: Literal["cancel"] = "cancel"
    client_order_id: Annotated[_Word, Field(max_length=64)] | None = None


class Reduce(_Command):
    """Reduce a position by a share."""

    command: Literal["reduce"] = "reduce"
    symbol: Annotated[_Word, Field(max_length=32)]
    percent: Annotated[int, Field(ge=1, le=100)]


class MoveStop(_Command):
    """Move the stop of a position to a price."""

    command: Literal["stop"] = "stop"
    symbol: Annotated[_Word, Field(max_length=32)]
    price: _Price


LONGEST_ID = 64


class AcceptPrompt(_Command):
    """Put in force what the changed prompt loosens: all of it, or what was shown under this seal and nothing else."""

    command: Literal["accept_prompt"] = "accept_prompt"
    seal: Annotated[_Word, Field(max_length=64)] | None = None


class Approve(_Command):
    """Yes to a proposed entry."""

    command: Literal["approve"] = "approve"
    approval: Annotated[_Word, Field(min_length=1, max_length=LONGEST_ID)]


class Reject(_Command):
    """No to a proposed entry; the agent is told the reason."""

    command: Literal["reject"] = "reject"
    approval: Annotated[_Word, Field(min_length=1, max_length=LONGEST_ID)]
    reason: _Reason = ""


class DecideNow(_Command):
    """Do not wait for the interval."""

    command: Literal["decide"] = "decide"


Command: TypeAlias = (
    AskStatus
    | Halt
    | Resume
    | FlattenAll
    | PlaceOrder
    | CheckOrder
    | Cancel
    | Reduce
    | MoveStop
    | Adopt
    | Approve
    | Reject
    | DecideNow
    | AcceptPrompt
)

_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="command")])


def parse_command(line: bytes) -> Command:
    """A command from its JSON. Raises pydantic.ValidationError."""
    return _COMMANDS.validate_json(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Whether it was done, and what is to be said of it. `code` names why not.

    `time` is engine time, ISO 8601; empty where no engine answered.
    """

    done: bool
    time: str = ""
    text: str = ""
    code: str = ""
    result: JsonObject = field(default_factory=dict)

    def line(self) -> bytes:
        """As it crosses the socket: one JSON object, one line, without secrets."""
        return json.dumps(SECRETS.of_json(asdict(self))).encode() + b"\n"


def parse_reply(line: bytes) -> Reply:
    """A reply from its line. Raises ValueError, TypeError for what is not one."""
    return Reply(**json.loads(line))
