"""Records what a model was asked and answered, so that a run can be run again without it.

Nothing of a request's headers, no address and no key is written, and all text is redacted as in the journal. A
cassette is not the truth: a disk that is full ends the recording, never the run.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from tui_trader.agent.llm.exchange import Asked, Came
from tui_trader.agent.llm.ports import ChatCall, ChatReply
from tui_trader.agent.llm.tape import SUFFIX, Exchange, Header, Line, Text, encoded, name_of, part_of, recording_name
from tui_trader.journal.seal import Seal, line_written

PART_BYTES = 64 * 1024 * 1024
"""One file; a recording goes on in a next part. About two weeks of a decision a minute."""
SHELF_BYTES = 512 * 1024 * 1024
"""All files of the folder together; the oldest go first."""

_log = logging.getLogger(__name__)


class Recorder:
    """Writes one recording, file 0600 in a folder 0700; nothing is on disk before the first exchange."""

    def __init__(
        self,
        path: Path,
        header: Header,
        *,
        redact: Callable[[str], str],
        part_bytes: int = PART_BYTES,
        seal: Seal | None = None,
    ) -> None:
        """`path` is that of the first part; it must not exist when the first exchange comes. With a seal each line
        is encrypted.
        """
        self._seal = seal
        self._path = path
        self._header = header
        self._redact = redact
        self._part_bytes = part_bytes
        self._file: int | None = None
        self._written = self._part = 0
        self._texts: set[str] = set()
        self._is_broken = False

    def add(self, asked: Asked, came: Came) -> None:
        """One exchange, as it ended. Never raises: a recording that cannot go on ends here, and the log says so."""
        if self._is_broken:
            return
        try:
            self._begin_part()
            for text in asked.parts.values():
                self._add_text(text)
            parts = {name: name_of(text) for name, text in asked.parts.items()}
            line = Exchange(
                key=asked.key,
                model=asked.model,
                max_output_tokens=asked.max_output_tokens,
                parts=parts,
                came=self._cleaned(asked, came),
            )
            self._write(line)
        except OSError as error:
            self._is_broken = True
            _log.warning("%s: the recording ends here (%s)", self._path, error.strerror)

    def close(self) -> None:
        """Nothing is added afterwards."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _begin_part(self) -> None:
        if self._file is not None and self._written < self._part_bytes:
            return
        self.close()
        self._part += 1
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_room(self._path.parent, spared=self._path)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        self._file = os.open(part_of(self._path, self._part), flags, 0o600)
        self._written = 0
        self._texts.clear()
        self._write(self._header)

    def _add_text(self, text: str) -> None:
        name = name_of(text)
        if name not in self._texts:
            self._texts.add(name)
            self._write(Text(name, self._clean(text)))

    def _cleaned(self, asked: Asked, came: Came) -> Came:
        if came.reply is None:
            return came
        reply = came.reply
        return Came(
            nanoseconds=came.nanoseconds,
            reply=ChatReply(
                text=self._clean(asked.numbered(reply.text)),
                calls=tuple(
                    ChatCall(name=self._clean(call.name), arguments=self._clean(asked.numbered(call.arguments)))
                    for call in reply.calls
                ),
                refused=reply.refused,
                truncated=reply.truncated,
                usage=reply.usage,
            ),
        )

    def _clean(self, text: str) -> str:
        """Redacted, and with a form in UTF-8: a model can write half of a surrogate pair."""
        return self._redact(text.encode("utf-8", "backslashreplace").decode())

    def _write(self, line: Line) -> None:
        assert self._file is not None
        whole = line_written(encoded(line).removesuffix(b"\n"), self._seal) + b"\n"
        while whole:
            done = os.write(self._file, whole)
            self._written += done
            whole = whole[done:]


def make_room(folder: Path, *, spared: Path, within: int = SHELF_BYTES) -> None:
    """Remove the oldest cassettes of the folder until all of them fit; no part of the recording that is spared."""
    files = sorted(folder.glob(f"*{SUFFIX}"), key=lambda file: (file.stat().st_mtime_ns, file.name))
    sizes = {file: file.stat().st_size for file in files}
    for file in files:
        if sum(sizes.values()) <= within:
            return
        if recording_name(file) != recording_name(spared):
            del sizes[file]
            file.unlink()
