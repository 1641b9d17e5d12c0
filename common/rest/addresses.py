"""Steps of addresses, as `<text:name>` and `<textpath:path>` in URL configurations that import this module."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class TextConverter(StringConverter):
    """`str` without control characters, which no name has and PostgreSQL refuses."""

    regex = "[^/\\x00-\\x1f\\x7f]+"


class TextPathConverter(StringConverter):
    """The same with slashes: the rest of the address."""

    regex = "[^\\x00-\\x1f\\x7f]+"


register_converter(TextConverter, "text")
register_converter(TextPathConverter, "textpath")
