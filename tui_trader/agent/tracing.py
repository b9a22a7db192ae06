"""Keeps LangChain's tracing off: it would send prompts and state to a third party if the shell merely asks for it."""

import os

import langsmith

_SWITCHES = (
    "LANGSMITH_TRACING",
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING",
    "LANGCHAIN_TRACING_V2",
)


def forbid_tracing() -> None:
    """No run of this process is traced, whatever the environment says.

    The library's own switch rules over the environment; the variables are set too, for child processes and for code
    that reads them directly.
    """
    for name in _SWITCHES:
        os.environ[name] = "false"
    langsmith.configure(enabled=False)
