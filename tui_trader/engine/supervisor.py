"""What a supervisor such as systemd is told of this process: ready, alive, ending, and how things stand.

The protocol is sd_notify's: a datagram of `NAME=value` lines to the socket that NOTIFY_SOCKET names. Without one
nothing is sent. The variables are taken out of the environment, so that no child process speaks for this one.
"""

import contextlib
import os
import socket
from collections.abc import MutableMapping

_MICROSECONDS = 1_000_000
_LONGEST = 200


class Supervisor:
    """Tells; never waits, never fails. Safe from any thread and in a signal handler."""

    def __init__(self, address: str = "", watchdog_seconds: float | None = None) -> None:
        """`address` is a path, or an abstract name that begins with @; empty: nobody listens."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog_seconds = watchdog_seconds
        """Seconds within which the supervisor must hear that this process is alive; None where it does not mind."""

    @classmethod
    def of_this_process(cls, environment: MutableMapping[str, str] = os.environ) -> "Supervisor":
        """Whoever started this process, as the environment says."""
        address = environment.pop("NOTIFY_SOCKET", "")
        microseconds, process = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
        is_meant = process in ("", str(os.getpid()))
        watched = address and is_meant and microseconds.isdecimal()
        return cls(address, int(microseconds) / _MICROSECONDS if watched else None)

    def ready(self) -> None:
        """Commands reach the engine from now on."""
        self._tell("READY=1")

    def alive(self, status: str) -> None:
        """The engine's loop has just answered; how it stands, in a few words."""
        watchdog = ["WATCHDOG=1"] if self.watchdog_seconds is not None else []
        self._tell(*watchdog, f"STATUS={' '.join(status.split())[:_LONGEST]}")

    def stopping(self, why: str) -> None:
        """The end was asked for."""
        self._tell("STOPPING=1", f"STATUS=ending: {' '.join(why.split())[:_LONGEST]}")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        # A supervisor that has gone, or whose queue is full, is no reason to fail or to wait.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(0)
            sender.sendto("\n".join(lines).encode(), self._address)
