"""`manage.py register_model`: keep a file or folder, or a hosted model, as a version of a model."""

from typing import Any

from django.core.management.base import CommandParser

from common.console.command import DONE, ConsoleCommand, Refused
from common.console.text import count, hint, styled
from registry.console import byte_bar, caller, read_object, read_pairs, size_text
from registry.models import ModelVersion
from registry.selectors.versions import version_summary
from registry.services.hosted import register_hosted_version
from registry.services.registration import register_version
from registry.states import VersionKind


class Command(ConsoleCommand):
    help = "Register a version of a model; the same files under the same label change nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the model")
        parser.add_argument("label", metavar="VERSION", help="the version's label, such as v2.1.0")
        parser.add_argument("path", metavar="PATH", nargs="?", help="a file, or a folder with everything in it")
        parser.add_argument("--metadata", metavar="JSON", help="a JSON object, or @FILE; its numbers are metrics too")
        parser.add_argument("--metric", metavar="NAME=NUMBER", action="append", default=[], help="what was measured")
        parser.add_argument("--parameter", metavar="NAME=VALUE", action="append", default=[], help="used with it")
        parser.add_argument("--tag", metavar="TAG", action="append", default=[], help="to find it by")
        parser.add_argument("--description", default="", metavar="TEXT", help="for people")
        parser.add_argument("--input-schema", metavar="JSON", help="JSON Schema, or @FILE")
        parser.add_argument("--output-schema", metavar="JSON", help="JSON Schema, or @FILE")
        parser.add_argument("--default", action="store_true", help="make it the default (a first version always is)")
        parser.add_argument("--digest", metavar="SHA256", help="fail unless the version's digest is this")
        parser.add_argument("--provider", metavar="NAME", help="hosted: who answers, such as openai; instead of PATH")
        parser.add_argument("--provider-model", metavar="NAME", help="hosted: the provider's name for the model")

    def act(self, **options: Any) -> int:
        if (options["path"] is None) == (options["provider"] is None):
            raise Refused("give PATH for a model with files, or --provider and --provider-model for a hosted one")
        version = self._register_files(options) if options["path"] else self._register_hosted(options)
        if self.is_json:
            self.print_json(version_summary(version))
            return DONE
        self._say(version)
        return DONE

    def _register_files(self, options: dict[str, Any]) -> ModelVersion:
        with byte_bar(self.errors, "registering", is_shown=not self.is_json) as progress:
            return register_version(
                model_path=options["path"],
                parameters=read_pairs(options["parameter"], "--parameter"),
                digest=options["digest"],
                progress=progress,
                **_common(options),
            )

    def _register_hosted(self, options: dict[str, Any]) -> ModelVersion:
        return register_hosted_version(
            provider=options["provider"],
            provider_model=options["provider_model"] or "",
            default_parameters=read_pairs(options["parameter"], "--parameter"),
            **_common(options),
        )

    def _say(self, version: ModelVersion) -> None:
        name = f"{version.model.name}:{version.label}"
        made_of = f"{count(version.file_count, 'file')}, {size_text(version.size)}, {version.digest[:12]}"
        if version.kind == VersionKind.HOSTED:
            made_of = f"{version.provider}/{version.provider_model}"
        which = ", the default" if version.is_default else ""
        self.say(styled(f'"{name}" is version {version.number} ({made_of}){which}', "green"))
        if not version.is_default:
            self.say(hint(f"make it the default: python manage.py promote_model {version.model.name} {version.label}"))


def _common(options: dict[str, Any]) -> dict[str, Any]:
    """Schemas that are not given stay None: anything goes."""
    schemas = {
        name: read_object(options[name], f"--{name.replace('_', '-')}") if options[name] else None
        for name in ("input_schema", "output_schema")
    }
    return {
        "model_name": options["name"],
        "version": options["label"],
        "metadata": read_object(options["metadata"], "--metadata"),
        "metrics": read_pairs(options["metric"], "--metric"),
        "tags": options["tag"],
        "description": options["description"],
        "set_as_default": options["default"],
        "actor": caller(),
        **schemas,
    }
