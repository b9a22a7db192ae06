"""The program's entry: the command line, with the console behind its bare name."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui_trader.cli import ways_out
from tui_trader.cli.context import Shared
from tui_trader.cli.root import build
from tui_trader.cli.run_options import AskedRun

if TYPE_CHECKING:
    from tui_trader.core.words import Mode
    from tui_trader.engine.client import EngineClient
    from tui_trader.engine.live.question import LiveQuestion


def _console(shared: Shared, asked: AskedRun) -> None:
    """Open the console."""
    from tui_trader.cli.console import open_console  # noqa: PLC0415 - a command must not wait for the console's parts

    open_console(shared, asked, _run_console)


def _run_console(
    client: "EngineClient",
    *,
    theme: str,
    themes: Sequence[Path],
    mouse: bool,
    mode: "Mode",
    question: "LiveQuestion | None",
    accepted: Callable[[str], None],
    painted: Callable[[], None],
    on_screen: Callable[[Callable[[], None]], None],
) -> bool:
    """Textual reads its variables when it is loaded; by now they have been cleared of what must not be in them."""
    from tui_trader.tui.opening import run_app  # noqa: PLC0415

    return run_app(
        client,
        theme=theme,
        themes=themes,
        mouse=mouse,
        mode=mode,
        question=question,
        accepted=accepted,
        painted=painted,
        on_screen=on_screen,
    )


def main() -> None:
    """Run the command line."""
    ways_out.close()
    build(_console)(prog_name="tui-trader")


if __name__ == "__main__":
    main()
