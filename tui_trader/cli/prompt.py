"""`prompt`: check a prompt's policy, or show it as the model reads it."""

import click

from tui_trader.agent.prompt import Prompt, load_prompt
from tui_trader.cli.context import Shared, now_text, refuse, say, shared_of, shared_options
from tui_trader.cli.failures import told
from tui_trader.cli.operate import carry_out
from tui_trader.core.records import JsonObject
from tui_trader.engine.commands import AcceptPrompt
from tui_trader.engine.resources import shipped
from tui_trader.engine.settings import load_settings
from tui_trader.risk.caps import LiveCaps, capped
from tui_trader.risk.change import Meaning, meanings


@click.group()
def prompt() -> None:
    """Prompts: the policy in the front matter, the instructions in the body."""


@prompt.command()
@click.argument("name", default="trader")
@shared_options
@click.pass_context
def check(ctx: click.Context, /, name: str) -> None:
    """Check a prompt by name or file, and say what each of its limits means; also what live_caps would make of it."""
    shared = shared_of(ctx)
    found = _loaded(shared, name)
    caps = _caps(shared)
    policy = found.policy.as_record()
    explained = tuple(meanings(found.policy))
    in_live = {each.field: each.value for each in meanings(capped(found.policy, caps))} if caps else {}
    line: JsonObject = {
        "event": "prompt",
        "time": now_text(),
        "ok": True,
        "file": str(found.path),
        "policy": policy,
        "limits": [
            {
                "limit": each.field,
                "value": each.value,
                "meaning": each.sentence,
                "in_live": in_live.get(each.field, each.value),
            }
            for each in explained
        ],
        "live_caps": caps.as_record() if caps else None,
    }
    width = max(len(each.field) for each in explained)
    said = (
        f"  {each.field:<{width}}  {each.sentence}{_in_live(each, in_live.get(each.field, each.value))}"
        for each in explained
    )
    say(shared, line, "\n".join([f"{found.path}: good", *said]))


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


def _in_live(meaning: Meaning, value: str | None) -> str:
    """What rules in live where the account's cap is the smaller one."""
    return "" if value == meaning.value else f" In live {value}, by live_caps."


def _caps(shared: Shared) -> LiveCaps | None:
    try:
        return load_settings(shared.home.config).live_caps
    except Exception as error:  # noqa: BLE001 - the last place: whatever it is becomes one sentence
        refuse(*told(error))


def _loaded(shared: Shared, name: str) -> Prompt:
    try:
        found = load_prompt(name, (shared.home.prompts, shipped("prompts")))
        found.rendered()
    except Exception as error:  # noqa: BLE001 - the last place: whatever it is becomes one sentence
        refuse(*told(error))
    return found
