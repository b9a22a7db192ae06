"""Opening the console: its theme, its terminal, and the app over the engine, run until it is left."""

import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from textual.theme import BUILTIN_THEMES

from tui_trader.core.words import Mode
from tui_trader.engine.client import EngineClient
from tui_trader.engine.live.question import LiveQuestion
from tui_trader.engine.settings import SettingsError
from tui_trader.tui.app import TraderApp
from tui_trader.tui.themes import LoadedThemes, load_themes
from tui_trader.tui.widgets.glyphs import terminal_glyphs


def chosen_themes(name: str, folders: Sequence[Path]) -> LoadedThemes:
    """The themes of the folders. Raises SettingsError where `name` is none of them and none of Textual's."""
    loaded = load_themes(folders)
    known = sorted({theme.name for theme in loaded.themes})
    if name not in known and name not in BUILTIN_THEMES:
        raise SettingsError(f"theme {name}: not known. Use one of {', '.join(known)}, or add it to the home's themes.")
    return loaded


def run_app(
    client: EngineClient,
    *,
    theme: str,
    themes: Sequence[Path],
    mouse: bool,
    mode: Mode,
    question: LiveQuestion | None,
    accepted: Callable[[str], None],
    painted: Callable[[], None],
    on_screen: Callable[[Callable[[], None]], None],
) -> bool:
    """Run the console until it is left; False where it failed. See the command `cli/console.py` for the parameters."""
    loaded = chosen_themes(theme, themes)

    def first_picture() -> None:
        # Textual's driver has taken this signal to suspend; a stopped process would leave positions unwatched.
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        painted()
        for problem in loaded.problems:
            app.notify(problem, severity="warning", markup=False)

    app = TraderApp(
        client,
        glyphs=terminal_glyphs(),
        painted=first_picture,
        mode=mode,
        question=question,
        accepted=accepted,
    )
    app.wear(loaded.themes, theme)
    on_screen(app.leave)
    app.run(mouse=mouse)
    return app.return_code in (0, None)
