"""The prompt in force: what its file tightens holds at the next cycle, what it loosens waits for a person's word."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from tui_trader.agent.canonical import canonical, sha256_of
from tui_trader.agent.prompt import Prompt, RenderedPrompt, load_prompt
from tui_trader.core.records import PromptChanged
from tui_trader.core.words import Actor, Mode, Symbol
from tui_trader.engine.policy_holder import PolicyHolder
from tui_trader.engine.views import WaitingPrompt
from tui_trader.journal.ports import Entry, Journal
from tui_trader.risk.caps import LiveCaps, capped
from tui_trader.risk.change import NothingLeftToTrade, change_of, loosenings
from tui_trader.risk.front_matter import PolicyError
from tui_trader.risk.policy import Policy

_log = logging.getLogger(__name__)
_LONGEST_LIST = 4


@dataclass(frozen=True, slots=True)
class _Seen:
    """One state of the file: changed in place or replaced, it is another one."""

    number: int
    changed: int
    size: int


class PromptKeeper:
    """Looks at the prompt's file before each cycle. Nothing here resumes trading or lifts a halt."""

    def __init__(
        self,
        prompt: Prompt,
        policy: PolicyHolder,
        *,
        symbols: tuple[Symbol, ...],
        mode: Mode,
        caps: LiveCaps | None = None,
    ) -> None:
        """`policy` holds what is in force; `symbols` are those that this run can trade at all; `caps` the account's."""
        self._caps = caps
        self._path = prompt.path
        self._policy = policy
        self._symbols = symbols
        self._left_out = frozenset(prompt.policy.symbols) - frozenset(symbols)
        self._mode = mode
        self._rendered = prompt.rendered(policy.current)
        self._wanted = prompt
        self._seen = _seen(prompt.path)
        self._waiting: tuple[str, ...] = ()
        self._problem = ""

    @property
    def rendered(self) -> RenderedPrompt:
        """The instructions in force, with the values of the policy in force."""
        return self._rendered

    @property
    def problem(self) -> str:
        """What of the file is not in force, and why; empty while all of it is."""
        if self._problem:
            return self._problem
        if not self._waiting:
            return ""
        more = f" and {len(self._waiting) - _LONGEST_LIST} more" if len(self._waiting) > _LONGEST_LIST else ""
        what = f"{', '.join(self._waiting[:_LONGEST_LIST])}{more}"
        way = "a restart takes it up" if self._mode is Mode.LIVE else "`tui-trader prompt accept`, or a restart"
        return f"the prompt's file loosens {what}: {way}"

    async def look(self, journal: Journal) -> None:
        """Take up what the file has tightened since the last look, and its instructions. Raises JournalUnwritable."""
        seen = _seen(self._path)
        if seen == self._seen:
            return
        try:
            wanted = self._read()
            change = change_of(self._policy.current, wanted.policy)
            await self._put_in_force(journal, wanted, change.now, actor=Actor.SYSTEM, changed=change.tightened)
        except (PolicyError, NothingLeftToTrade) as error:
            self._problem = f"the old prompt stays in force: {error}"
            _log.warning("%s", self._problem)
        self._seen = seen

    @property
    def waiting(self) -> WaitingPrompt | None:
        """What of the file waits for a person's word, as of the last look; None where nothing does."""
        if self._problem or not self._waiting:
            return None
        limits = loosenings(self._policy.current, self._wanted.policy)
        written = canonical(self._wanted.policy.as_record())
        return WaitingPrompt(limits=limits, seal=sha256_of(f"{written}\n{self._rendered.sha256}"))

    async def accept(self, journal: Journal, seal: str | None = None, person: str = "") -> str:
        """A person's word for what the file loosens; why not, where it cannot be. Raises JournalUnwritable.

        With a `seal` it is good for what was shown under that seal: the file may have changed since.
        """
        await self.look(journal)
        if self._mode is Mode.LIVE:
            return "in live a looser limit takes effect at a restart only"
        if self._problem:
            return self._problem
        if not self._waiting:
            return "nothing waits: all of the prompt's file is in force"
        if seal is not None and (self.waiting is None or self.waiting.seal != seal):
            return "the prompt's file has changed since it was shown: look again"
        current, wanted = self._policy.current, self._wanted.policy
        kept = tuple(symbol for symbol in self._symbols if symbol in wanted.symbols)
        llm = wanted.llm.model_copy(
            update={"model": current.llm.model, "fallback_model": current.llm.fallback_model}
        )  # their clients were made at the start
        now = wanted.model_copy(update={"symbols": kept, "llm": llm})
        changed = tuple(field for field in self._waiting if field not in change_of(now, wanted).loosened)
        if not changed:
            return f"only a restart changes {', '.join(self._waiting)}"
        try:
            await self._put_in_force(journal, self._wanted, now, actor=Actor.OPERATOR, changed=changed, person=person)
        except PolicyError as error:
            return str(error)
        return ""

    def _read(self) -> Prompt:
        """The file, without the symbols that it named at the start and that this run leaves out, and capped.

        Raises PolicyError.
        """
        found = load_prompt(str(self._path.absolute()), ())
        symbols = tuple(symbol for symbol in found.policy.symbols if symbol not in self._left_out)
        policy = found.policy.model_copy(update={"symbols": symbols})
        return replace(found, policy=policy if self._caps is None else capped(policy, self._caps))

    async def _put_in_force(
        self,
        journal: Journal,
        wanted: Prompt,
        now: Policy,
        *,
        actor: Actor,
        changed: tuple[str, ...],
        person: str = "",
    ) -> None:
        """Durable first, then in force. Raises PolicyError, JournalUnwritable; then nothing has changed."""
        rendered = wanted.rendered(now)
        waiting = change_of(now, wanted.policy).loosened
        if changed or waiting != self._waiting or rendered != self._rendered:
            record = PromptChanged(
                name=now.name,
                old_hash=self._rendered.sha256,
                new_hash=rendered.sha256,
                changed=changed,
                waiting=waiting,
                policy=now.as_record(),
                person=person,
            )
            await journal.append(Entry(record=record, actor=actor))
        self._policy.current = now
        self._rendered, self._wanted, self._waiting, self._problem = rendered, wanted, waiting, ""
        if waiting:
            _log.warning("%s", self.problem)


def _seen(path: Path) -> _Seen | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _Seen(found.st_ino, found.st_mtime_ns, found.st_size)
