"""`keys`: keep, list and forget the secrets that the program uses. A value is never shown, and never an argument."""

import sys
from collections.abc import Callable
from typing import TypeVar

import click

from tui_trader.cli.context import NO, USAGE, Shared, now_text, refuse, say, shared_of, shared_options
from tui_trader.cli.failures import told
from tui_trader.core.records import JsonObject
from tui_trader.engine.credentials import gathered, one_secret, sources, store
from tui_trader.engine.secret_sources import SecretName, SecretUnusable, secret_of
from tui_trader.engine.settings import SettingsError, load_settings
from tui_trader.engine.vault import is_encrypted, seal_to_read
from tui_trader.journal.database import cipher_version
from tui_trader.journal.seal import Seal, fresh_key

T = TypeVar("T")
_NAME = click.Choice([secret.value for secret in SecretName])


@click.group()
def keys() -> None:
    """The secrets: kept in the keyring (if the settings say so), in a secrets folder, or in the home's `secrets`."""


@keys.command("set")
@click.argument("name", type=_NAME)
@shared_options
@click.pass_context
def set_key(ctx: click.Context, /, name: str) -> None:
    """Keep a secret. It is asked for without echo; where there is no terminal, it is read from standard input."""
    shared = shared_of(ctx)
    shared.home.prepare()
    place = _sure(lambda: store(load_settings(shared.home.config), shared.home.folder))
    typed = click.prompt(name, hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    _sure(lambda: place.put(SecretName(name), secret_of(str(typed))))
    _said(shared, name, place.name, f"{name}: kept in {place.name}")


@keys.command("list")
@shared_options
@click.pass_context
def list_keys(ctx: click.Context, /) -> None:
    """Show where each secret comes from; never what it is."""
    shared = shared_of(ctx)
    settings = _sure(lambda: load_settings(shared.home.config))
    found = _sure(lambda: gathered(settings, sources(settings, shared.home.folder))).found
    for secret in SecretName:
        where = found.get(secret)
        source = where.source if where else None
        seal = "" if where is None or where.is_sealed else "  (plain: paper and demo only)"
        _said(shared, secret.value, source, f"{secret.value:<20} {source or 'not set'}{seal}")


@keys.command("delete")
@click.argument("name", type=_NAME)
@shared_options
@click.pass_context
def delete_key(ctx: click.Context, /, name: str) -> None:
    """Forget a secret; exit 1 if none was kept there."""
    shared = shared_of(ctx)
    place = _sure(lambda: store(load_settings(shared.home.config), shared.home.folder))
    if not _sure(lambda: place.remove(SecretName(name))):
        refuse(f"{name}: there is none in {place.name}.", NO)
    _said(shared, name, None, f"{name}: gone from {place.name}")


@keys.command("encrypt")
@shared_options
@click.pass_context
def encrypt(ctx: click.Context, /) -> None:
    """Encrypt the home, with the journal_key at hand or a new one. What was encrypted before is left as it is.

    The trader must not run. Keep a copy of the key elsewhere: without it nobody can read the home again.
    """
    from tui_trader.engine.encrypting import encrypt_home  # noqa: PLC0415 - what encrypts is an extra

    shared = shared_of(ctx)
    home = shared.home
    try:
        home.prepare()
        with home.locked():
            for done in encrypt_home(home, _journal_key(shared)):
                line: JsonObject = {
                    "event": "encryption",
                    "time": now_text(),
                    "file": str(done.file),
                    "outcome": done.outcome,
                }
                say(shared, line, f"{done.outcome:<10} {done.file}")
    except Exception as error:  # noqa: BLE001 - the last place: whatever it is becomes one sentence
        refuse(*told(error))
    end: JsonObject = {"event": "encryption", "time": now_text(), "file": str(home.folder), "outcome": "done"}
    say(shared, end, f"{home.folder} is encrypted; what it held before may still lie on the disk where it was")


def _journal_key(shared: Shared) -> Seal:
    """The home's key; a new one, kept where `keys set` keeps secrets, for a home that has none."""
    home = shared.home
    if is_encrypted(home) and (seal := seal_to_read(home)) is not None:
        return seal
    key = one_secret(SecretName.JOURNAL_KEY, home.config)
    if key is not None:
        return Seal.of(key.get_secret_value())
    place = store(load_settings(home.config), home.folder)
    made = secret_of(fresh_key())
    cipher_version()  # first: no key is made that nothing here can use
    place.put(SecretName.JOURNAL_KEY, made)
    name = SecretName.JOURNAL_KEY.value
    _said(shared, name, place.name, f"{name}: made, kept in {place.name}. Keep a copy elsewhere, apart from the home")
    return Seal.of(made.get_secret_value())


def _said(shared: Shared, name: str, source: str | None, human: str) -> None:
    line: JsonObject = {"event": "key", "time": now_text(), "name": name, "source": source}
    say(shared, line, human)


def _sure(call: Callable[[], T]) -> T:
    """What it returns; a refusal ends the command with its sentence."""
    try:
        return call()
    except (SecretUnusable, SettingsError) as error:
        refuse(str(error), USAGE)
