"""Definitions as bodies: kept as the text they are, so that every mistake has its line and column."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, ClassVar

from rest_framework.parsers import BaseParser

from orchestration.definition.limits import MAX_BYTES
from orchestration.definition.parse import Format


@dataclass(frozen=True, slots=True)
class Source:
    """A definition as it was sent, not yet looked into."""

    text: bytes
    written_as: Format


class DefinitionParser(BaseParser):
    """Reads no more than shows that a definition is too large; saying so is the definition language's."""

    written_as: ClassVar[Format]

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return Source(stream.read(MAX_BYTES + 4), self.written_as)


class JSONDefinitionParser(DefinitionParser):
    media_type = "application/json"
    written_as = "json"


class YAMLDefinitionParser(DefinitionParser):
    """RFC 9512."""

    media_type = "application/yaml"
    written_as = "yaml"


class OldYAMLDefinitionParser(YAMLDefinitionParser):
    media_type = "application/x-yaml"


class TextYAMLDefinitionParser(YAMLDefinitionParser):
    media_type = "text/yaml"


class TextDefinitionParser(DefinitionParser):
    """JSON or YAML, whichever fits."""

    media_type = "text/plain"
    written_as = "auto"


DEFINITION_PARSERS = (
    JSONDefinitionParser,
    YAMLDefinitionParser,
    OldYAMLDefinitionParser,
    TextYAMLDefinitionParser,
    TextDefinitionParser,
)
