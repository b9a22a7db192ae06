"""Every action of the console in one list: its id, its keys, what it does, and how dangerous it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding

from tui_trader.tui.screens.arrangement import PaneName


class Danger(StrEnum):
    """What stands between the key and its effect."""

    NONE = "none"
    AT_ONCE = "at once"
    """Takes effect without a question, because it makes things safer."""
    ASKS = "asks"
    """A dialog says what will happen and waits for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that a key does. `id` names it for ever: in a user's keymap and in bindings."""

    id: str
    call: str
    """Textual's action."""
    keys: tuple[str, ...]
    label: str
    help: str
    danger: Danger = Danger.NONE
    everywhere: bool = False
    """Also in dialogs and while one types; letters then yield to typing."""
    hinted: bool = True
    """Whether the line at the bottom names it."""


HALT = Action(
    id="halt",
    call="halt",
    keys=("h", "f9", "ctrl+g"),
    label="HALT",
    help="No new risk from this moment; exits and stops go on. F9 and ctrl+g work while you type, too.",
    danger=Danger.AT_ONCE,
    everywhere=True,
)
RESUME = Action(
    id="resume",
    call="resume",
    keys=("r",),
    label="resume",
    help="Trade again after a halt, while reducing, or from an open breaker. Asks for a reason, which is journalled.",
    danger=Danger.ASKS,
)
FLATTEN = Action(
    id="flatten",
    call="flatten",
    keys=("f",),
    label="flatten",
    help="Cancel all orders, close all positions, verify. Lists them first.",
    danger=Danger.ASKS,
)
ORDER = Action(
    id="order",
    call="order",
    keys=("o",),
    label="order",
    help="Fill in an order; the gate says beside it what it would let through. Nothing is sent before you say yes.",
    danger=Danger.ASKS,
)
DECISIONS = Action(
    id="decisions",
    call="decisions",
    keys=("c",),
    label="cycles",
    help="Every decision in a line; Enter opens one: seen, asked, answered, checked, done, and what it came to.",
)
ADOPT = Action(
    id="adopt",
    call="adopt",
    keys=("t",),
    label="take over",
    help="Take over what somebody else holds, its stop first. `y` adopts it, `x` cancels their orders, too.",
    danger=Danger.ASKS,
    hinted=False,
)
DECIDE = Action(
    id="decide", call="decide", keys=("d",), label="decide", help="Let the agent decide now, not at the next interval."
)
APPROVE = Action(
    id="approve",
    call="approve",
    keys=("a",),
    label="approve",
    help="Say yes to the entry on the card: shows all of it, `y` sends it, if the gate still lets it through.",
    danger=Danger.ASKS,
    hinted=False,
)
REJECT = Action(
    id="reject",
    call="reject",
    keys=("n",),
    label="reject",
    help="Say no to the entry on the card. Asks for a reason, which the agent is told.",
    danger=Danger.ASKS,
    hinted=False,
)
ACCEPT_PROMPT = Action(
    id="prompt.accept",
    call="accept_prompt",
    keys=("p",),
    label="accept prompt",
    help="Accept what the prompt's file loosens: lists it first.",
    danger=Danger.ASKS,
    hinted=False,
)
HELP = Action(id="help", call="help", keys=("question_mark",), label="help", help="This page.")
QUIT = Action(
    id="quit",
    call="ask_quit",
    keys=("q", "ctrl+q", "ctrl+c"),
    label="quit",
    help="Leave and stop the trader. Asks while a position is open; its stop stays on the exchange.",
    danger=Danger.ASKS,
)
PANES = tuple(
    Action(
        id=f"pane.{number}",
        call=f"pane({number})",
        keys=(str(number),),
        label=name.value,
        help=f"Go to the {name.value} pane; where there is no room for it, over the others, and back.",
        hinted=False,
    )
    for number, name in enumerate(PaneName, start=1)
)

VIEWS = (
    Action(
        id="zoom",
        call="zoom",
        keys=("z",),
        label="zoom",
        help="The pane with the focus over all others, and back.",
        hinted=False,
    ),
    Action(
        id="chart.shorter",
        call="frame(-1)",
        keys=("left_square_bracket",),
        label="shorter bars",
        help="A shorter time frame in the chart: 1h, 15m, 5m, 1m.",
        hinted=False,
    ),
    Action(
        id="chart.longer",
        call="frame(1)",
        keys=("right_square_bracket",),
        label="longer bars",
        help="A longer time frame in the chart: 1m, 5m, 15m, 1h.",
        hinted=False,
    ),
    Action(
        id="chart.indicators",
        call="indicators",
        keys=("i",),
        label="indicators",
        help="Exponential means over the bars, or none.",
        hinted=False,
    ),
    Action(
        id="book.finer",
        call="step(-1)",
        keys=("minus",),
        label="finer book",
        help="Fewer ticks in a line of the book.",
        hinted=False,
    ),
    Action(
        id="book.coarser",
        call="step(1)",
        keys=("plus",),
        label="coarser book",
        help="More ticks in a line of the book.",
        hinted=False,
    ),
)

APP_ACTIONS = (HALT,)
"""They work on every screen."""
TRADING_ACTIONS = (RESUME, FLATTEN, ADOPT, ORDER, DECISIONS, DECIDE, APPROVE, REJECT, ACCEPT_PROMPT, HELP, QUIT)
"""They work on the trading screen, and not under a dialog."""
VIEW_ACTIONS = (*PANES, *VIEWS)
"""They change what the trading screen shows, and nothing else."""
ALL_ACTIONS = (*APP_ACTIONS, *TRADING_ACTIONS, *VIEW_ACTIONS)

UNLESS_TYPING = "unless_typing"
"""Textual's action for letters of an action that works everywhere: `unless_typing('halt')`."""


def bindings_of(actions: Sequence[Action], *, namespace: str = "") -> list[Binding]:
    """Textual's bindings, with ids; calls go to `namespace` (`app.`), else to where the binding is."""
    bindings: list[Binding] = []
    for action in actions:
        letters = [key for key in action.keys if action.everywhere and len(key) == 1]
        others = [key for key in action.keys if key not in letters]
        for keys, call, suffix in (
            (others, f"{namespace}{action.call}", ""),
            (letters, f"{UNLESS_TYPING}('{action.call}')", ".letter"),
        ):
            if keys:
                bindings.append(
                    Binding(
                        ",".join(keys),
                        call,
                        action.label,
                        show=False,
                        priority=action.everywhere,
                        id=f"{action.id}{suffix}",
                    )
                )
    return bindings


_SPOKEN = {
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "plus": "+",
    "minus": "-",
}


def key_name(key: str) -> str:
    """A key as people write it: `?`, `F9`, `ctrl+g`."""
    spoken = _SPOKEN.get(key, key)
    return spoken.upper() if len(spoken) > 1 and spoken[0] == "f" and spoken[1:].isdigit() else spoken
