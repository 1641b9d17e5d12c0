"""Addresses of the pages about pipelines: the list is `pipelines`, a page of one `pipeline` with `pipeline_id`.

An id may be any text of up to 200 characters (`register_pipeline --id`), so it is written into an address with care:
what an address cannot carry, and the first letter of words that mean something else here, stand as `~` and two
hexadecimal digits for each byte of UTF-8.
"""

import re

from django.urls import path, register_converter

from orchestration.views.pipelines import compare, detail, editor, listing, run, versions

RESERVED = frozenset({"new", ".", ".."})
LONGEST = 200
_ESCAPED = re.compile(r"~([0-9A-F]{2})")
_UNSAFE = re.compile(r"[/~\\?#%\x00-\x20\x7f]")


class PipelineIdConverter:
    """A pipeline's id as one step of an address."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """ValueError (so: no such page) for what no id can be: it is not UTF-8, or the database cannot hold it."""
        escaped = _ESCAPED.sub(lambda match: "%" + match.group(1), value.replace("%", "%25"))
        found = re.sub(b"%([0-9A-F]{2})", lambda match: bytes.fromhex(match.group(1).decode()), escaped.encode())
        text = found.decode()
        if len(text) > LONGEST or "\x00" in text:
            raise ValueError("no pipeline can have this id")
        return text

    def to_url(self, value: str) -> str:
        if value in RESERVED:
            return _escape(value[0]) + value[1:]
        return _UNSAFE.sub(lambda match: _escape(match.group()), value)


def _escape(text: str) -> str:
    return "".join(f"~{byte:02X}" for byte in text.encode())


register_converter(PipelineIdConverter, "pipeline_id")

_ONE = "pipelines/<pipeline_id:pipeline_id>/"
_VERSION = f"{_ONE}versions/<int:number>/"

urlpatterns = [
    path("pipelines/", listing.pipelines, name="pipelines"),
    path("pipelines/new/", editor.new, name="pipeline-new"),
    path(_ONE, detail.pipeline, name="pipeline"),
    path(f"{_ONE}edit/", editor.edit, name="pipeline-edit"),
    path(f"{_ONE}run/", run.run, name="pipeline-run"),
    path(f"{_ONE}compare/", compare.compare, name="pipeline-compare"),
    path(f"{_ONE}versions/", versions.versions, name="pipeline-versions"),
    path(_VERSION, versions.version, name="pipeline-version"),
    path(f"{_VERSION}current/", versions.make_current, name="pipeline-make-current"),
    path(f"{_VERSION}definition.<str:written_as>", versions.export, name="pipeline-export"),
]
