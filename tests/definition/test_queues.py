"""`queue:` of a task: what it may be called, that it survives every format, and what editors know of it."""

import pytest
from jsonschema import Draft202012Validator

from orchestration.conf import ConfigurationError, OrchestrationConfig
from orchestration.definition import Pipeline, PipelineConfig, TaskConfig, pipeline_json_schema
from orchestration.queues import choose_queue
from tests.definition.sources import pipeline, task

GOOD = ["io", "default", "gpu-2", "eu.west_1", "x" * 100]
BAD = {
    "": "invalid_length",
    "x" * 101: "invalid_length",
    "a b": "invalid_name",
    "a,b": "invalid_name",
    "io\n": "invalid_name",
    "2fast": "invalid_name",
    "_io": "invalid_name",
    "größe": "invalid_name",
    "unacked": "reserved_name",
    "amq.io": "reserved_name",
    "celery": "reserved_name",
    "reply.celery.pidbox": "reserved_name",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_queue_stays_the_same_in_every_format(name: str) -> None:
    written = Pipeline(pipeline(task(queue=name)))
    assert written.config.task("a").queue == name
    for read in (Pipeline.from_yaml(written.to_yaml()), Pipeline.from_json(written.to_json())):
        assert read.config.task("a").queue == name
        assert read == written
    made = PipelineConfig(name="p", tasks=(TaskConfig(name="a", type="sample", queue=name),))
    assert Pipeline(made) == written


def test_a_definition_that_names_no_queue_has_the_digest_it_always_had() -> None:
    assert "queue" not in Pipeline(pipeline(task())).to_dict()["tasks"][0]


@pytest.mark.parametrize("name", BAD)
def test_a_queue_that_a_broker_could_not_have_is_refused(name: str) -> None:
    (problem,) = Pipeline.check(pipeline(task(queue=name))).errors
    assert (problem.code, problem.pointer, problem.task) == (BAD[name], "/tasks/0/queue", "a")


def test_the_message_says_what_is_allowed() -> None:
    (problem,) = Pipeline.check(pipeline(task(queue="a b"))).errors
    rule = "use letters, digits, underscores, hyphens and dots, and begin with a letter"
    assert problem.message == f'queue "a b" is not valid; {rule}'
    (problem,) = Pipeline.check(pipeline(task(queue="amq.io"))).errors
    assert problem.message == 'queue: names that begin with "amq." belong to the broker; choose another'


def test_a_misspelt_key_is_told() -> None:
    (problem,) = Pipeline.check(pipeline(task(qeue="io"))).errors
    assert (problem.code, problem.suggestion) == ("unknown_key", "queue")


def test_editors_know_the_key_and_what_a_name_looks_like() -> None:
    schema = pipeline_json_schema()
    assert "TASK_QUEUES" in schema["$defs"]["TaskConfig"]["properties"]["queue"]["description"]
    validator = Draft202012Validator(schema)
    assert validator.is_valid(pipeline(task(queue="io")))
    assert not validator.is_valid(pipeline(task(queue="a b")))


class TestTaskQueues:
    """TASK_QUEUES, the same for a whole installation."""

    def test_it_maps_types_to_queues(self) -> None:
        found = OrchestrationConfig.from_env({"TASK_QUEUES": " text_generation:io, *:general ,"}).task_queues
        assert found == {"text_generation": "io", "*": "general"}
        assert OrchestrationConfig.from_env({}).task_queues == {}

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("io", "pairs type:queue separated by commas, for example text_generation:io,*:default"),
            (":io", "pairs type:queue"),
            ("extraction:", "pairs type:queue"),
            ("extraction:a b", 'another queue than "a b" for extraction: use letters'),
            ("extraction:unacked", "belong to the broker"),
            ("extraction:io,extraction:gpu", "one queue for extraction, not both io and gpu"),
        ],
    )
    def test_a_bad_value_stops_the_start_and_says_what_was_expected(self, text: str, expected: str) -> None:
        with pytest.raises(ConfigurationError) as refused:
            OrchestrationConfig.from_env({"TASK_QUEUES": text})
        assert f"TASK_QUEUES={text!r}: expected " in str(refused.value)
        assert expected in str(refused.value)

    @pytest.mark.parametrize(
        ("own", "task_type", "chosen"),
        [
            ("gpu", "extraction", "gpu"),
            ("gpu", "custom", "gpu"),
            (None, "extraction", "io"),
            (None, "custom", "general"),
        ],
    )
    def test_a_tasks_own_queue_wins_over_its_types_and_that_over_the_rests(
        self, own: str | None, task_type: str, chosen: str
    ) -> None:
        assert choose_queue(own, task_type, {"extraction": "io", "*": "general"}) == chosen

    def test_with_nothing_set_all_wait_in_one(self) -> None:
        assert choose_queue(None, "extraction", {}) == "default"
