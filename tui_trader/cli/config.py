"""`config`: the settings in force, without secrets."""

from typing import cast

import click

from tui_trader.cli.context import now_text, refuse, say, shared_of, shared_options
from tui_trader.cli.failures import told
from tui_trader.core.records import JsonObject
from tui_trader.engine.settings import load_settings


@click.group()
def config() -> None:
    """The settings: flags over environment over config.toml over defaults."""


@config.command()
@shared_options
@click.pass_context
def show(ctx: click.Context, /) -> None:
    """Show the settings in force; a secret is shown only as set or not set."""
    shared = shared_of(ctx)
    try:
        settings = load_settings(shared.home.config)
    except Exception as error:  # noqa: BLE001 - the last place: whatever it is becomes one sentence
        refuse(*told(error))
    shown = cast("JsonObject", settings.model_dump(mode="json"))
    line: JsonObject = {"event": "config", "time": now_text(), "home": str(shared.home.folder), "settings": shown}
    words = [f"home = {shared.home.folder}", *_words(shown)]
    say(shared, line, "\n".join(words))


def _words(shown: JsonObject, prefix: str = "") -> list[str]:
    lines: list[str] = []
    for name, value in shown.items():
        if isinstance(value, dict):
            lines += _words(value, f"{prefix}{name}.")
        else:
            lines.append(f"{prefix}{name} = {value}")
    return lines
