"""The root command: its help, its options, and the commands, each loaded only when it is called."""

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import click

from tui_trader import __version__
from tui_trader.cli.context import INTERRUPTED, Shared, shared_of, shared_options
from tui_trader.cli.run_options import AskedRun, run_options
from tui_trader.journal.redact import SECRETS

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "run": ("run", "Run the engine without a screen."),
        "status": ("status", "Show how the trader stands, running or not."),
        "halt": ("operate", "Halt: no new risk from now on. Works with no engine running, too."),
        "resume": ("operate", "Resume trading, with a reason."),
        "flatten": ("operate", "Cancel all orders, close all positions, verify."),
        "approve": ("operate", "Say yes to an entry that the agent proposes."),
        "reject": ("operate", "Say no to it, with a reason that the agent is told."),
        "order": ("operate", "Place an order through the same checked tools as the agent."),
        "cancel": ("operate", "Cancel one working order, or all."),
        "reduce": ("operate", "Reduce a position by a share."),
        "stop": ("operate", "Move the stop of a position."),
        "adopt": ("operate", "Take over what somebody else holds of a symbol, with a stop."),
        "audit": ("audit", "Show, verify or export the journal."),
        "prompt": ("prompt", "Check or show a prompt and its policy."),
        "graph": ("graph", "Draw the decision graph."),
        "doctor": ("doctor", "Examine this machine and home for what would hurt later."),
        "exchange": ("exchange", "Serve a rehearsal exchange on this machine, for clients of Binance's protocol."),
        "keys": ("keys", "Keep, list and forget secrets; never shows one."),
        "config": ("config", "Show the settings in force, without secrets."),
    }
)


class LazyGroup(click.Group):
    """Knows its commands by name and loads one when it is called: the program starts without the rest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they are listed above."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load it."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"tui_trader.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def make_context(self, *given: Any, **more: Any) -> click.Context:
        """A refusal quotes what was typed; what looks like a secret is not repeated."""
        try:
            return super().make_context(*given, **more)
        except click.ClickException as error:
            _redact(error)
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """An interrupt is an answer of its own, not an error; what a command refuses is redacted as above."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None
        except click.ClickException as error:
            _redact(error)
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Without loading any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _redact(error: click.ClickException) -> None:
    vars(error)["message"] = SECRETS(error.message)


def build(console: Callable[[Shared, AskedRun], None]) -> click.Group:
    """The root command; without a command it opens the console that it is given."""

    @click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
    @run_options
    @shared_options
    @click.version_option(__version__, prog_name="tui-trader")
    @click.pass_context
    def root(ctx: click.Context, /, **given: Any) -> None:
        """A language model trades Binance USD-M futures, inside limits that code enforces; you watch and decide.

        Without a command this opens the console: on paper money, unless --mode says otherwise.
        """
        asked = AskedRun(**given)
        ctx.meta[AskedRun.KEY] = asked
        if ctx.invoked_subcommand is None:
            console(shared_of(ctx), asked)

    return root
