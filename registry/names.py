"""Names of models, labels of versions, aliases: what they may look like, and what was meant by one that is not there.

A reference to a version is `name`, `name@alias` or `name:label`; a pin is `name:label#digest`. Imports no Django.
"""

import re
from dataclasses import dataclass

from registry.exceptions import InvalidVersion
from registry.states import DEFAULT

MAX_NAME, MAX_LABEL, MAX_ALIAS = 200, 100, 100
PIN_DIGITS = 12

# No slash: `openai/gpt-4o` and `local/extract` name models elsewhere.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_DIGITS = re.compile(r"[0-9a-f]{6,64}")
RESERVED = frozenset({DEFAULT, "latest"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference taken apart: an alias or a label or neither; the beginning of a digest only with a label."""

    name: str
    alias: str = ""
    label: str = ""
    digest: str = ""


def parse_reference(text: str) -> Reference | None:
    """The parts of `name`, `name@alias`, `name:label` or `name:label#digest`; None when it is none of these."""
    rest, has_digest, digest = text.partition("#")
    name, has_label, label = rest.partition(":")
    name, has_alias, alias = name.partition("@") if not has_label else (name, "", "")
    if not is_name(name) or (has_digest and not has_label):
        return None
    if (has_label and not is_label(label)) or (has_alias and not is_alias(alias)):
        return None
    return None if has_digest and not _DIGITS.fullmatch(digest) else Reference(name, alias, label, digest)


def is_name(name: str) -> bool:
    return len(name) <= MAX_NAME and bool(_NAME.fullmatch(name))


def is_label(label: str) -> bool:
    """Every alias and every number looks like a label, too."""
    return len(label) <= MAX_LABEL and bool(_LABEL.fullmatch(label))


def is_alias(alias: str) -> bool:
    return len(alias) <= MAX_ALIAS and bool(_ALIAS.fullmatch(alias))


def make_pin(name: str, label: str, digest: str) -> str:
    """`name:label#digest`, which means this content and no other."""
    return f"{name}:{label}#{digest[:PIN_DIGITS]}"


def check_name(name: str) -> None:
    """Raises `InvalidVersion`."""
    if not is_name(name):
        raise InvalidVersion(
            f"the model name {name[:80]!r} cannot be used: letters of English, digits, dots, dashes and underscores, "
            f"beginning with a letter or digit, at most {MAX_NAME}",
            [("/model_name", "not a model name")],
        )


def check_label(label: str) -> None:
    """Raises `InvalidVersion`."""
    if label in RESERVED:
        raise InvalidVersion(
            f'a version cannot be labelled "{label}", which means another one as time goes on; for example v2.1.0',
            [("/version", "reserved")],
        )
    if not is_label(label):
        raise InvalidVersion(
            f"the version label {label[:80]!r} cannot be used: letters of English, digits and . _ + -, beginning with "
            f"a letter or digit, at most {MAX_LABEL}, for example v2.1.0",
            [("/version", "not a version label")],
        )


def check_alias(alias: str) -> None:
    """Raises `InvalidVersion`."""
    if alias in RESERVED:
        hint = "set the default version instead" if alias == DEFAULT else "name a version, or set the default"
        raise InvalidVersion(f'"{alias}" is not an alias: {hint}', [("/alias", "reserved")])
    if not is_alias(alias):
        raise InvalidVersion(
            f"the alias {alias[:80]!r} cannot be used: letters of English, digits, dashes and underscores, beginning "
            f"with a letter, at most {MAX_ALIAS}",
            [("/alias", "not an alias")],
        )
