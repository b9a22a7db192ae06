"""What an engine's answer comes to for a person, also where it never came."""

from concurrent.futures import CancelledError, Future

from tui_trader.engine.commands import Reply


def reply_of(future: "Future[Reply]") -> Reply:
    """The answer, or why there is none."""
    try:
        return future.result()
    except CancelledError:
        return Reply(done=False, code="NOT_RUNNING", text="the engine ended before it answered")
    except Exception as error:  # noqa: BLE001 - whatever it is, the operator is told that it was not done
        return Reply(done=False, code="INTERNAL", text=type(error).__name__)


def why(reply: Reply) -> str:
    """Why it was not done."""
    return " ".join(filter(None, (reply.code, reply.text))) or "no reason was given"
