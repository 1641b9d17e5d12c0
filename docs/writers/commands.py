"""`commands.md`: every command and option, from the parsers of the commands themselves."""

import argparse
from collections.abc import Iterator

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandParser

from docs.writers.markdown import code, join, sentence, table

# Apps in the order of the chapters.
CHAPTERS = {
    "orchestration": "Pipelines and executions",
    "registry": "Models",
    "reviews": "Reviews",
    "monitoring": "Monitoring",
}


def write() -> str:
    names = own_commands()
    overview = table(
        ["command", "does"],
        ([f"[`{name}`](#{name})", load_command_class(app, name).help] for name, app in names.items()),
    )
    chapters = (
        join(f"## {title}", *(_describe(name, app) for name, app in names.items() if app == chapter))
        for chapter, title in CHAPTERS.items()
    )
    return join(
        "# Commands",
        "`python manage.py <command>`. Each also takes `--json` (one JSON document on standard output instead of\n"
        "text for people) and Django's own options, such as `--no-color`. [commands.md](../commands.md) says how\n"
        "they are used, and what their exit codes mean.",
        overview,
        *chapters,
    )


def own_commands() -> dict[str, str]:
    """Our commands and their apps, in the order of the chapters."""
    found = {name: str(app) for name, app in get_commands().items()}
    return {name: app for app in CHAPTERS for name in sorted(found) if found[name] == app}


def create_parser(name: str, app: str) -> tuple[BaseCommand, CommandParser]:
    command = load_command_class(app, name)
    return command, command.create_parser("manage.py", name)


def own_arguments(parser: CommandParser) -> Iterator[argparse.Action]:
    """What the command itself takes, without what every command takes."""
    common = {option for action in BaseCommand().create_parser("", "")._actions for option in action.option_strings}
    for action in parser._actions:
        if not common.union({"--json"}).intersection(action.option_strings):
            yield action


def _describe(name: str, app: str) -> str:
    command, parser = create_parser(name, app)
    rows = [(code(_usage(action)), _meaning(action)) for action in own_arguments(parser)]
    return join(f"### {name}", sentence(command.help), table(["argument", "meaning"], rows))


def _usage(action: argparse.Action) -> str:
    """`--set KEY=VALUE`, `ID…`, `[FILE]`."""
    value = _value(action)
    if action.option_strings:
        return " ".join([", ".join(action.option_strings), value]).strip()
    return {"*": f"[{value}…]", "+": f"{value}…", "?": f"[{value}]"}.get(str(action.nargs), value)


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.metavar is None:
        return action.dest.upper()
    return action.metavar if isinstance(action.metavar, str) else " ".join(action.metavar)


def _meaning(action: argparse.Action) -> str:
    said = (action.help or "") % {**vars(action), "prog": "manage.py"}
    choices = " ".join(code(choice) for choice in action.choices) if action.choices else ""
    repeated = "may be repeated" if isinstance(action, argparse._AppendAction) and "repeated" not in said else ""
    return "; ".join(part for part in (sentence(said), choices, repeated) if part)
