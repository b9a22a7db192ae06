"""`graph`: the decision graph, drawn from the one that runs."""

import click

from tui_trader.agent.picture import ascii_art, mermaid
from tui_trader.cli.context import now_text, say, shared_of, shared_options


@click.command()
@click.option("--format", "form", type=click.Choice(["mermaid", "ascii"]), default="ascii", help="How to draw it.")
@shared_options
@click.pass_context
def graph(ctx: click.Context, /, form: str) -> None:
    """Draw the way of one decision."""
    drawn = mermaid() if form == "mermaid" else ascii_art()
    say(shared_of(ctx), {"event": "graph", "time": now_text(), "format": form, "text": drawn}, drawn)
