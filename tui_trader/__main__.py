"""The program's entry: the command line, with the console behind its bare name."""

from tui_trader.cli.context import Shared
from tui_trader.cli.root import build
from tui_trader.cli.run_options import AskedRun


def _console(shared: Shared, asked: AskedRun) -> None:
    """Open the console; its libraries are loaded only here."""
    from tui_trader.cli.console import open_console  # noqa: PLC0415 - a command must not wait for Textual
    from tui_trader.tui.app import run_app  # noqa: PLC0415

    open_console(shared, asked, run_app)


def main() -> None:
    """Run the command line."""
    build(_console)(prog_name="tui-trader")


if __name__ == "__main__":
    main()
