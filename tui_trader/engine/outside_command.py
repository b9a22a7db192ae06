"""A command of the user's that gets one line on its input: no shell, no output, an end within bounds."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping

_PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "XDG_RUNTIME_DIR")
"""What a script needs to find its programs and its files. All else may be a secret, ours or another program's."""


class CommandFailed(Exception):
    """It could not be started, took too long, or ended with a failure; the sentence says which."""


def bare_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """This process's environment without anything that could be a secret."""
    return {name: environment[name] for name in _PASSED_ON if name in environment}


def hand_over(
    command: tuple[str, ...], line: bytes, *, within: float, environment: Mapping[str, str] | None = None
) -> None:
    """Run it with the line on its input, and wait for its end; without `environment` it gets this process's.

    What takes longer is killed with all that it has started. Raises CommandFailed.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=None if environment is None else dict(environment),
            start_new_session=True,
        )
    except OSError as error:
        raise CommandFailed(f"{command[0]}: {error.strerror}") from None
    with process:
        try:
            process.communicate(line, timeout=within)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise CommandFailed(f"{command[0]} took longer than {within:g} s") from None
    if process.returncode:
        raise CommandFailed(f"{command[0]} ended with {process.returncode}")
