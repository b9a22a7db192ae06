"""`prompt`: check a prompt's policy, or show it as the model reads it."""

import click

from tui_trader.agent.prompt import Prompt, load_prompt
from tui_trader.cli.context import Shared, now_text, refuse, say, shared_of, shared_options
from tui_trader.cli.failures import told
from tui_trader.cli.operate import carry_out
from tui_trader.core.records import JsonObject
from tui_trader.engine.commands import AcceptPrompt
from tui_trader.engine.resources import shipped
from tui_trader.risk.change import meanings


@click.group()
def prompt() -> None:
    """Prompts: the policy in the front matter, the instructions in the body."""


@prompt.command()
@click.argument("name", default="trader")
@shared_options
@click.pass_context
def check(ctx: click.Context, /, name: str) -> None:
    """Check a prompt by name or file, and say what each of its limits means."""
    shared = shared_of(ctx)
    found = _loaded(shared, name)
    policy = found.policy.as_record()
    explained = tuple(meanings(found.policy))
    line: JsonObject = {
        "event": "prompt",
        "time": now_text(),
        "ok": True,
        "file": str(found.path),
        "policy": policy,
        "limits": [{"limit": each.field, "value": each.value, "meaning": each.sentence} for each in explained],
    }
    width = max(len(each.field) for each in explained)
    told = (f"  {each.field:<{width}}  {each.sentence}" for each in explained)
    say(shared, line, "\n".join([f"{found.path}: good", *told]))


@prompt.command()
@click.argument("name", default="trader")
@shared_options
@click.pass_context
def show(ctx: click.Context, /, name: str) -> None:
    """Show a prompt's policy and its rendered instructions."""
    shared = shared_of(ctx)
    found = _loaded(shared, name)
    rendered = found.rendered()
    line: JsonObject = {
        "event": "prompt",
        "time": now_text(),
        "file": str(found.path),
        "sha256": rendered.sha256,
        "policy": found.policy.as_record(),
        "text": rendered.text,
    }
    say(shared, line, found.path.read_text(encoding="utf-8") if not shared.as_json else "")


@prompt.command()
@shared_options
@click.pass_context
def accept(ctx: click.Context, /) -> None:
    """Put in force what the running engine's changed prompt loosens (what it tightens holds already)."""
    carry_out(shared_of(ctx), AcceptPrompt(), "the changed prompt is in force")


def _loaded(shared: Shared, name: str) -> Prompt:
    try:
        found = load_prompt(name, (shared.home.prompts, shipped("prompts")))
        found.rendered()
    except Exception as error:  # noqa: BLE001 - the last place: whatever it is becomes one sentence
        refuse(*told(error))
    return found
