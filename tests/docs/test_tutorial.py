"""`docs/tutorial.md`, followed step by step with a real worker in a folder of its own."""

import os
import shlex
import sys
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest

from tests.conftest import WorkEnvironment
from tests.docs.walking import Command, File, Ids, loosen, read_steps
from tests.processes import ROOT, Processes

PAGE = ROOT / "docs" / "tutorial.md"
# What sets up the machine and the database: they are, and other tests show it.
NOT_REPEATED = ("make setup", "source ", "python manage.py migrate")
# Workers do their part meanwhile: what only reads is asked again until it shows it.
READS = ("python manage.py reviews", "python manage.py executions", "python manage.py metrics")
PATIENCE_SECONDS = 40.0


@pytest.mark.timeout(300)  # a dozen commands, each a process; twenty seconds on an idle machine
def test_the_tutorial_works(work_environment: WorkEnvironment, processes: Processes, tmp_path: Path) -> None:
    env = work_environment(PYTHONPATH=str(ROOT), PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    folder = tmp_path / "tutorial"
    folder.mkdir()
    for name in ("manage.py", "examples"):
        (folder / name).symlink_to(ROOT / name)
    ids, done = Ids(), 0
    for step in read_steps(PAGE.read_text()):
        if isinstance(step, File):
            (folder / step.name).write_text(step.text)
        elif step.is_left_running:
            processes.start(*shlex.split(step.line.rstrip(" &")), env=env, cwd=folder, ready=r" ready\.$")
        elif not step.line.startswith(NOT_REPEATED):
            follow(step, ids, processes, env, folder)
            done += 1
    assert done > 10


def follow(step: Command, ids: Ids, processes: Processes, env: Mapping[str, str], folder: Path) -> None:
    """Type a command and see what the page shows."""
    give_up_at = time.monotonic() + (PATIENCE_SECONDS if step.line.startswith(READS) else 0)
    for pause in count(2):
        command = processes.start(*shlex.split(ids.put_into(step.line)), env=env, cwd=folder)
        assert command.wait(PATIENCE_SECONDS) == 0, f"{step.line}\n{command.read_log()}"
        missing = ids.find_missing(step.shown, command.read_log())
        if missing is None:
            return
        assert time.monotonic() < give_up_at, f"{step.line}\ndoes not print {missing!r} but\n{command.read_log()}"
        time.sleep(pause)  # what is waited for takes a worker seconds, and asking again costs as much


def test_a_page_is_read_as_files_and_commands() -> None:
    blocks = {"yaml": "# a.yaml\nx: 1", "console": "$ one &\n$ two\nprinted\n\nmore", "python": "no_file()"}
    page = "\ntext\n".join(f"```{language}\n{text}\n```" for language, text in blocks.items())
    assert list(read_steps(page)) == [
        File("a.yaml", "x: 1\n"),
        Command("one &", ()),
        Command("two", ("printed", "", "more")),
    ]


SOME, OTHER = "01a20491-0832-731f-ba66-93e6a8d0556c", "01a2048f-ca2e-77cb-aaed-919d3fe504c2"


@pytest.mark.parametrize(
    ("shown", "printed", "fits"),
    [
        ("took 0.38 s", "took  1.2 s", True),
        ("took 0.38 s", "took long", False),
        ("took 380 ms", "took 1.2 s", True),
        ("3 tasks", "4 tasks", False),
        ("- …approved it…", "- Ana approved it: fine", True),
        (f"id {SOME}", f"id {OTHER}", True),
        ("a (b) [c]", "a (b) [c]", True),
    ],
)
def test_output_is_compared_loosely(shown: str, printed: str, fits: bool) -> None:
    assert (loosen(shown, set()).fullmatch(printed) is not None) is fits


def test_an_id_of_the_page_is_the_same_one_ever_after() -> None:
    ids = Ids()
    assert ids.find_missing((f"id {SOME}",), f"first\nid {OTHER}\n") is None
    assert ids.put_into(f"show {SOME}") == f"show {OTHER}"
    assert ids.find_missing((f"again {SOME}",), f"again {SOME}\n") == f"again {SOME}"


def test_lines_have_to_come_in_their_order() -> None:
    assert Ids().find_missing(("one", "two"), "two\none\n") == "two"
