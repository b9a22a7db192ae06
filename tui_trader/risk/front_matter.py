"""Reads a prompt file: the front matter becomes the policy, the rest is the body.

Every refusal is one sentence that names the file, the line and the way out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple, TypeAlias

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tui_trader.risk.policy import Policy

_FENCE = "---"
_Tree: TypeAlias = "str | list[_Tree] | dict[str, _Tree]"
_Path: TypeAlias = tuple[str | int, ...]


class PolicyError(Exception):
    """The prompt file gives no policy; the sentence names file, line and fix."""


class PromptFile(NamedTuple):
    """A prompt: what limits the trader, and what instructs the model."""

    policy: Policy
    body: str


def read_prompt(text: str, *, file: str) -> PromptFile:
    """The policy and the body of a prompt file's text. `file` is how errors call it. Raises PolicyError."""
    front, body = _split(text, file)
    document = _Document(file)
    tree = document.read(front)
    try:
        policy = Policy.model_validate(tree)
    except ValidationError as error:
        raise PolicyError(document.first_fault(error)) from None
    return PromptFile(policy, body)


def _split(text: str, file: str) -> tuple[str, str]:
    """Front matter and body. The first is padded with an empty line, so that its line numbers are the file's."""
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines or lines[0].rstrip() != _FENCE:
        raise PolicyError(f'{file}, line 1: the policy is missing. Begin the file with a line "---" and the limits.')
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == _FENCE:
            body = "\n".join(lines[number + 1 :]).strip("\n")
            return "\n".join(["", *lines[1:number], ""]), f"{body}\n" if body else ""
    raise PolicyError(f'{file}, line {len(lines)}: the policy does not end. Close it with a line "---".')


@dataclass(slots=True)
class _Document:
    """A YAML tree whose scalars stay text, and the line on which each of its keys stands."""

    file: str
    _lines: dict[_Path, int] = field(default_factory=dict)
    _tree: _Tree = ""

    def read(self, front: str) -> _Tree:
        try:
            root = yaml.compose(front, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise self._error(line, f"this is not YAML ({error.problem}). Write one `key: value` a line.") from None
        except yaml.reader.ReaderError as error:
            line = front[: error.position].count("\n") + 1
            raise self._error(line, "YAML forbids a character here. Save the file as plain text.") from None
        if not isinstance(root, yaml.MappingNode):
            raise self._error(2, "the policy is no list of settings. Write one `key: value` a line.")
        self._tree = self._walk(root, (), set())
        return self._tree

    def _walk(self, node: yaml.Node, path: _Path, seen: set[int]) -> _Tree:
        line = node.start_mark.line + 1
        self._lines.setdefault(path, line)
        # An alias shares its node: refused, for a tree that holds itself could be walked for ever.
        if id(node) in seen:
            raise self._error(line, "anchors and aliases are not allowed here. Write the value out.")
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._walk_mapping(node, path, seen)
        if isinstance(node, yaml.SequenceNode):
            return [self._walk(child, (*path, index), seen) for index, child in enumerate(node.value)]
        return str(node.value)

    def _walk_mapping(self, node: yaml.MappingNode, path: _Path, seen: set[int]) -> dict[str, _Tree]:
        tree: dict[str, _Tree] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(line, "a key must be a plain word. Write one `key: value` a line.")
            key = str(key_node.value)
            if key in tree:
                first = self._lines[(*path, key)]
                raise self._error(line, f"{key} is set twice, first in line {first}. Remove one of them.")
            self._lines[(*path, key)] = line
            tree[key] = self._walk(value_node, (*path, key), seen)
        return tree

    def first_fault(self, error: ValidationError) -> str:
        """The sentence for the fault to mend first: a key nobody knows before the one it was meant to be."""
        faults = error.errors(include_url=False)
        unknown = [fault for fault in faults if fault["type"] == "extra_forbidden"]
        chosen = min(unknown or faults, key=self._line_of)
        return str(self._error(self._line_of(chosen), _sentence(chosen, self._value_at(chosen["loc"]))))

    def _line_of(self, fault: ErrorDetails) -> int:
        path = fault["loc"]
        if fault["type"] == "missing":
            # A missing key has no line of its own: the last key before it, in the order of the policy, has.
            names = list(_model_at(path[:-1]).model_fields)
            before = names[: names.index(str(path[-1]))]
            lines = [self._lines[(*path[:-1], name)] for name in before if (*path[:-1], name) in self._lines]
            return max(lines, default=self._lines.get(path[:-1], 1))
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def _value_at(self, path: _Path) -> _Tree:
        value = self._tree
        for step in path:
            if isinstance(value, dict):
                value = value.get(str(step), "")
            elif isinstance(value, list) and isinstance(step, int):
                value = value[step]
        return value

    def _error(self, line: int, sentence: str) -> PolicyError:
        return PolicyError(f"{self.file}, line {line}: {sentence}")


def _sentence(fault: ErrorDetails, value: _Tree) -> str:
    """What is wrong with one key, and what to write instead."""
    path = fault["loc"]
    parent = _model_at(path[:-1])
    key, section = str(path[-1]), f'under "{path[0]}:"' if len(path) > 1 else "at the top"
    match fault["type"]:
        case "missing":
            return f"{key} is missing. Every limit must be set; {_proposal(parent, key, section)}."
        case "extra_forbidden":
            near = get_close_matches(key, parent.model_fields, n=1, cutoff=0.5) or _nearest_elsewhere(key)
            hint = f'Did you mean "{near[0]}"?' if near else "Remove it."
            return f"{key} is not a known setting {section}. {hint}"
        case "policy":
            return f"{key} is {_shown(value)}. {fault['msg']}"
        case "enum" | "literal_error":
            return f"{key} is {_shown(value)}. It must be {fault['ctx']['expected']}."
        case "model_type" | "model_attributes_type":
            return f"{key} is {_shown(value)}. It must be a section with settings under it."
        case _:
            return f"{key} is {_shown(value)}. {fault['msg']}."


def _proposal(parent: type[BaseModel], key: str, section: str) -> str:
    examples = parent.model_fields[key].examples
    if examples:
        return f'add "{key}: {examples[0]}" {section}'
    return f'add the section "{key}:" with its settings'


def _shown(value: _Tree) -> str:
    if isinstance(value, str):
        return f'"{value[:60]}"' if value else "empty"
    return "a list" if isinstance(value, list) else "a section"


def _nearest_elsewhere(key: str) -> Sequence[str]:
    """A key that exists, but in another section, named with it."""
    for section, model in _sections().items():
        if key in model.model_fields:
            return [f"{section}: {key}:" if section else key]
    return []


def _sections() -> Mapping[str, type[BaseModel]]:
    inner = {name: field.annotation for name, field in Policy.model_fields.items()}
    models = {name: kind for name, kind in inner.items() if isinstance(kind, type) and issubclass(kind, BaseModel)}
    return {"": Policy, **models}


def _model_at(path: _Path) -> type[BaseModel]:
    """The model whose keys stand at `path`; the policy itself for an inner path that has no keys."""
    return _sections().get(str(path[0]), Policy) if path else Policy
