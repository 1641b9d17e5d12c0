"""Reads what deploys the product: the Dockerfile, compose.yaml, systemd's units, the example of an environment.

As much of each format as these files use; anything else is an error, so that a test never passes over what it did not
understand.
"""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

import yaml

from tests.processes import ROOT

INSTRUCTIONS = frozenset("ARG CMD COPY ENV EXPOSE FROM HEALTHCHECK RUN USER WORKDIR".split())
# `${NAME}`, `${NAME:-default}`, `${NAME:?message}`.
PLACE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<how>[-?])(?P<text>[^}]*))?\}")


@dataclass(frozen=True)
class Instruction:
    """`words` is what stands behind the instruction's name, continued lines joined."""

    name: str
    words: str

    @property
    def settings(self) -> dict[str, str]:
        """NAME=value pairs of ENV, or those before the command of RUN."""
        pairs = (word.partition("=") for word in shlex.split(self.words))
        return {name: value for name, separator, value in pairs if separator and name.isupper()}


def read_dockerfile() -> list[list[Instruction]]:
    """The instructions of each stage, FROM first; ARG lines before the first FROM are left out."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    stages: list[list[Instruction]] = []
    for line in filter(str.strip, text.splitlines()):
        name, _, words = line.strip().partition(" ")
        if name not in INSTRUCTIONS:
            raise ValueError(f"Dockerfile: {name!r} is not understood")
        if name == "FROM":
            stages.append([])
        if stages:
            stages[-1].append(Instruction(name, words.strip()))
    return stages


def image_environment() -> dict[str, str]:
    """What the last stage of the Dockerfile sets."""
    lines = [line for line in read_dockerfile()[-1] if line.name == "ENV"]
    return {name: value for line in lines for name, value in line.settings.items()}


def read_compose() -> dict[str, Any]:
    """compose.yaml, merge keys resolved, places for variables left as they are."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return found


def fill_in(text: str, variables: Mapping[str, str]) -> str:
    """As Compose does; an empty variable counts as missing. Raises `KeyError` for one that is required."""

    def value(found: re.Match[str]) -> str:
        given = variables.get(found["name"], "")
        if given or found["how"] is None:
            return given
        if found["how"] == "?":
            raise KeyError(f"{found['name']}: {found['text']}")
        return str(found["text"])

    return PLACE.sub(value, text)


def command_of(service: Mapping[str, Any], variables: Mapping[str, str]) -> list[str]:
    return shlex.split(fill_in(service["command"], variables))


def environment_of(service: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    """What a container of ours gets: the image's, then those of `env_file`, then its own."""
    own = {name: fill_in(str(value), variables) for name, value in service["environment"].items()}
    return image_environment() | (dict(variables) if "env_file" in service else {}) | own


def placeholders(value: Any) -> set[str]:
    """Names of the variables that Compose itself fills in."""
    return {found["name"] for found in PLACE.finditer(json.dumps(value))}


def read_example_environment() -> dict[str, str]:
    """deploy/example.env, with what is commented out there."""
    lines = (ROOT / "deploy" / "example.env").read_text().splitlines()
    pairs = (re.fullmatch(r"#?([A-Z_]+)=(.*)", line) for line in lines)
    return {pair[1]: pair[2] for pair in pairs if pair}


def read_unit(name: str) -> dict[str, list[str]]:
    """A systemd unit: setting → its values, sections ignored (no name is used in two of them)."""
    settings: dict[str, list[str]] = {}
    for line in (ROOT / "deploy" / "systemd" / name).read_text().splitlines():
        if line and not line.startswith(("#", "[")):
            key, _, value = line.partition("=")
            settings.setdefault(key, []).append(value)
    return settings


def is_sent_to_the_build(path: str) -> bool:
    """.dockerignore's answer for a path: the last pattern that fits wins; a folder's holds for what is in it."""
    sent = True
    for pattern in (ROOT / ".dockerignore").read_text().splitlines():
        if pattern and not pattern.startswith("#"):
            keeps, wanted = pattern.startswith("!"), pattern.removeprefix("!")
            if any(_fits(part, wanted) for part in _with_parents(path)):
                sent = keeps
    return sent


def _with_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]


def _fits(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch(path.rpartition("/")[2], pattern.removeprefix("**/"))
    return "/" not in path and fnmatch(path, pattern) if pattern == "*" else fnmatch(path, pattern)
