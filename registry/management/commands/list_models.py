"""`manage.py list_models`: the models there are, or one with its versions, aliases and history."""

from typing import Any

from django.core.management.base import CommandParser
from rich.table import Table

from common.console.command import DONE, ConsoleCommand, Refused
from common.console.text import hint, moment, styled
from registry.console import size_text, state_text
from registry.models import ModelVersion, PointerMove, RegisteredModel
from registry.selectors.history import list_moves
from registry.selectors.versions import having_tag, list_models, list_versions, version_summary
from registry.states import VersionState

MOVES = 10


class Command(ConsoleCommand):
    help = "List the registered models, or one model's versions, aliases and latest moves."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", metavar="NAME", help="the model to show; without it, all")
        parser.add_argument("--tag", metavar="TAG", help="with NAME: only versions that carry it")
        parser.add_argument(
            "--state", choices=[str(one) for one in VersionState], help="with NAME: only versions in it"
        )

    def act(self, **options: Any) -> int:
        if options["name"]:
            self._show_model(options["name"], options["tag"], options["state"])
        else:
            if options["tag"] or options["state"]:
                raise Refused("--tag and --state choose among the versions of one model: give its NAME")
            self._show_models(list(list_models()))
        return DONE

    def _show_models(self, models: list[RegisteredModel]) -> None:
        if self.is_json:
            self.print_json({"models": [_summary(model) for model in models]})
        elif not models:
            self.say("no models; register one with: python manage.py register_model NAME VERSION PATH")
        else:
            table = _table("model", "versions", "default", "aliases", "newest (UTC)")
            for model in models:
                found = _summary(model)
                aliases = ", ".join(f"{name} → {label}" for name, label in found["aliases"].items())
                cells = (str(found["versions"]), found["default"] or "–", aliases or "–", moment(model.newest_at))  # type: ignore[attr-defined]
                table.add_row(styled(model.name, "bold"), *map(styled, cells))
            self.console.print(table)

    def _show_model(self, name: str, tag: str | None, state: str | None) -> None:
        versions = list_versions(name)
        versions = having_tag(versions, tag) if tag else versions
        versions = versions.filter(state=state) if state else versions
        moves = list(list_moves(name)[:MOVES])
        if self.is_json:
            self.print_json(
                {
                    "name": name,
                    "versions": [version_summary(version) for version in versions],
                    "moves": [_move(move) for move in moves],
                }
            )
            return
        self.console.print(_versions_table(list(versions)))
        self.say("latest moves of the default and of aliases:")
        for move in moves:
            said = f"{moment(move.at)}  {move}  {move.actor}  {move.reason}"
            self.say(hint(said))


def _versions_table(versions: list[ModelVersion]) -> Table:
    table = _table("version", "", "state", "points here", "size", "digest", "metrics", "created (UTC)")
    for version in versions:
        found = version_summary(version)
        pointers = [*(["default"] if version.is_default else []), *found["aliases"]]
        metrics = ", ".join(f"{name} {value:.4g}" for name, value in version.metrics.items())
        hosted = f"{version.provider}/{version.provider_model}" if version.provider else ""
        table.add_row(
            styled(version.label, "bold"),
            styled(f"#{version.number}"),
            state_text(version.state),
            styled(", ".join(pointers) or "–"),
            styled(hosted or size_text(version.size)),
            styled(version.digest[:12]),
            styled(metrics or "–", limit=60),
            styled(moment(version.created_at)),
        )
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in headings:
        table.add_column(heading, no_wrap=heading != "metrics")
    return table


def _summary(model: Any) -> dict[str, Any]:
    """`model` as `list_models` gives it."""
    return {
        "name": model.name,
        "description": model.description,
        "versions": model.version_count,
        "usable": model.usable_count,
        "default": model.default_label,
        "aliases": {alias.name: alias.version.label for alias in model.aliases.all()},
        "newest_at": model.newest_at.isoformat() if model.newest_at else None,
    }


def _move(move: PointerMove) -> dict[str, Any]:
    return {
        "pointer": move.pointer,
        "from": move.from_label,
        "to": move.to_label,
        "is_rollback": move.undoes_id is not None,
        "actor": move.actor,
        "reason": move.reason,
        "at": move.at.isoformat(),
    }
