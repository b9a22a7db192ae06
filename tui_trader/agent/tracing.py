"""LangChain's tracing: off, unless our settings ask for it. A shell that merely asks sends nothing."""

import os

import langsmith

_SWITCHES = (
    "LANGSMITH_TRACING",
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING",
    "LANGCHAIN_TRACING_V2",
)


def allow_tracing() -> None:
    """Runs are traced to LangSmith: the user asked for it in this program's settings. Prompts and state leave it then.

    Where to and with which key is the library's own affair (`LANGSMITH_API_KEY`, `LANGSMITH_ENDPOINT`).
    """
    os.environ[_SWITCHES[0]] = "true"
    langsmith.configure(enabled=True)


def forbid_tracing() -> None:
    """No run of this process is traced, whatever the environment says.

    The library's own switch rules over the environment; the variables are set too, for child processes and for code
    that reads them directly.
    """
    for name in _SWITCHES:
        os.environ[name] = "false"
    langsmith.configure(enabled=False)
