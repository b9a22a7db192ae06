"""Prompts: found by name or path, parsed into policy and body, rendered, and hashed.

A body is a template, which means code: shipped or written by the user, never made of market data or of a model's
words. Only values of the policy go into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tui_trader.agent.canonical import sha256_of
from tui_trader.risk.front_matter import PolicyError, read_prompt
from tui_trader.risk.policy import Policy

_SUFFIX = ".md"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPrompt:
    """The instructions as the model reads them, and their SHA-256: what the journal names the prompt by."""

    text: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt file: which one, the limits that it declares, and its unrendered instructions."""

    path: Path
    policy: Policy
    body: str

    def rendered(self, policy: Policy | None = None) -> RenderedPrompt:
        """The body with the values of the policy that rules (this prompt's own, unless another is given).

        Raises PolicyError where the template does not render.
        """
        environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, trim_blocks=True)
        try:
            text = environment.from_string(self.body).render(policy=(policy or self.policy).as_record()).strip()
        except TemplateError as error:
            raise PolicyError(
                f"{self.path}: the instructions do not render ({error.message or type(error).__name__}). "
                "Use only values of `policy`, such as {{ policy.risk.max_leverage }}."
            ) from None
        return RenderedPrompt(text=text, sha256=sha256_of(text))


def find_prompt(name_or_path: str, folders: Sequence[Path]) -> Path:
    """The prompt's file: a path as it is, or a name looked for in the folders in their order (the user's first).

    Raises PolicyError, naming where it was looked for.
    """
    given = Path(name_or_path)
    if given.suffix == _SUFFIX or len(given.parts) > 1:
        if given.is_file():
            return given
        raise PolicyError(f"{given}: there is no such prompt file. Give the path of one, or a name such as `trader`.")
    candidates = [folder / f"{name_or_path}{_SUFFIX}" for folder in folders]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        looked = ", ".join(str(path) for path in candidates) or "no folder"
        raise PolicyError(f"prompt {name_or_path}: not found (looked for {looked}). Name an existing one, or a path.")
    return found


def load_prompt(name_or_path: str, folders: Sequence[Path]) -> Prompt:
    """The prompt, its policy checked. Raises PolicyError, one sentence with file, line and fix."""
    path = find_prompt(name_or_path, folders)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: cannot be read ({type(error).__name__}). It must be a UTF-8 text file.") from None
    parsed = read_prompt(text, file=str(path))
    return Prompt(path=path, policy=parsed.policy, body=parsed.body)
