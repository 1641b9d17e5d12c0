"""Paths into JSON values, as templates and conditions write them: `.key`, `[0]`, `["any key"]`.

No attributes, no calls.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from common.wording import kind_of

Steps = tuple[str | int, ...]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEP = re.compile(r'\.([A-Za-z_][A-Za-z0-9_-]*)|\[([0-9]{1,9})\]|\[("(?:[^"\\\x00-\x1f]|\\.)*")\]')


class PathError(LookupError):
    """A step that leads nowhere. The message says what stands there instead."""


def read_steps(text: str, at: int) -> tuple[Steps, int]:
    """The steps that stand at offset `at`, and the offset after them."""
    steps: list[str | int] = []
    while (match := _STEP.match(text, at)) is not None:
        key, index, quoted = match.groups()
        try:
            steps.append(key if key is not None else int(index) if index is not None else json.loads(quoted))
        except json.JSONDecodeError:  # a bad escape: not a path
            break
        at = match.end()
    return tuple(steps), at


def parse_path(text: str) -> Steps:
    """A whole path, `refine_output.items[0]`. ValueError when it is not one."""
    match = NAME.match(text)
    if match is None:
        raise ValueError(f'"{text}" is not a path; write names, ".key" and "[0]", such as refine_output.items[0].title')
    steps, end = read_steps(text, match.end())
    if end < len(text):
        raise ValueError(f'"{text}" is not a path: "{text[end:]}" cannot be read; write .key, [0] or ["any key"]')
    return (match.group(), *steps)


def follow(value: Any, steps: Steps, start: str) -> Any:
    """The value at the end of the steps. `start` names the first value in messages."""
    where = start
    for step in steps:
        if isinstance(step, str) and isinstance(value, Mapping):
            if step not in value:
                raise PathError(f'{where} has no key "{step}"; {_keys(value)}')
            value = value[step]
        elif isinstance(step, int) and isinstance(value, Sequence) and not isinstance(value, str):
            if step >= len(value):
                raise PathError(f"{where} has no item [{step}]; it has {len(value)} items")
            value = value[step]
        else:
            wanted = "a list" if isinstance(step, int) else "a mapping"
            raise PathError(f"{where} is {kind_of(value)}, not {wanted}, so {_write_step(step)} leads nowhere")
        where += _write_step(step)
    return value


def write_path(root: str, steps: Steps) -> str:
    return root + "".join(_write_step(step) for step in steps)


def _write_step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _STEP.fullmatch(f".{step}") else f"[{json.dumps(step, ensure_ascii=False)}]"


def _keys(value: Mapping[str, Any]) -> str:
    names = [str(name) for name in value][:21]
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return f"it has: {shown}" if names else "it is empty"
