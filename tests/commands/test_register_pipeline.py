"""`register_pipeline`: a file becomes what new executions run."""

import pytest

from orchestration.models import PipelineVersion, RegisteredPipeline
from tests.commands.calling import call
from tests.commands.conftest import ECHO, Write

pytestmark = pytest.mark.django_db


def test_it_registers_under_the_name_of_the_pipeline(write: Write) -> None:
    called = call("register_pipeline", write())
    assert called.code == 0
    assert '"greeting" is now version 1 (2 tasks' in called.out


def test_an_id_of_ones_own_may_be_given(write: Write) -> None:
    call("register_pipeline", write(), "--id", "mine")
    assert RegisteredPipeline.objects.get().pk == "mine"


def test_the_same_file_again_changes_nothing_and_another_one_is_the_next_version(write: Write) -> None:
    numbers = [
        call("register_pipeline", write(text), "--json").document["number"]
        for text in (ECHO, ECHO, ECHO.replace("Hello", "Good morning"))
    ]
    assert numbers == [1, 1, 2]


def test_an_invalid_file_is_shown_and_registers_nothing(write: Write) -> None:
    called = call("register_pipeline", write("name: x\ntasks: [{name: a, type: nothing}]"))
    assert called.code == 1
    assert 'unknown task type "nothing"' in called.err
    assert not PipelineVersion.objects.exists()
