"""Checkpoints of the decision graph: on disk in real time, in memory where no thread may answer. Disposable."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from tui_trader.journal.database import opened
from tui_trader.journal.seal import Seal


@asynccontextmanager
async def checkpoints(path: Path | None, seal: Seal | None = None) -> "AsyncIterator[BaseCheckpointSaver[str]]":
    """A saver on the file, or in memory (None). A damaged file is put aside: nothing in it is needed.

    With a seal the file is encrypted; one that is not yet is put aside, too.
    """
    if path is None:
        yield InMemorySaver()
        return
    connection = await _connected(path, seal)
    try:
        try:
            saver = await _set_up(connection)
        except aiosqlite.DatabaseError:
            await connection.close()
            path.unlink(missing_ok=True)  # noqa: ASYNC240 - once, before anything runs
            connection = await _connected(path, seal)
            saver = await _set_up(connection)
        yield saver
    finally:
        await connection.close()


def _connected(path: Path, seal: Seal | None) -> aiosqlite.Connection:
    # The saver commits by itself and leaves it to the driver to begin.
    return aiosqlite.Connection(lambda: opened(path, seal, isolation_level="DEFERRED"), iter_chunk_size=64)


async def _set_up(connection: aiosqlite.Connection) -> AsyncSqliteSaver:
    # The state is plain JSON: nothing but the basic types is ever built from this file.
    saver = AsyncSqliteSaver(connection, serde=JsonPlusSerializer(allowed_msgpack_modules=None))
    await saver.setup()
    # A lost checkpoint is an expired approval; it is not worth a sync on each step.
    await connection.execute("PRAGMA synchronous = NORMAL")
    return saver
