"""The environment variables: every one of the product description's, and what happens to bad values."""

import re
from pathlib import Path
from typing import Any

import pytest

from orchestration.conf import EMBEDDED_BROKER_URL, ConfigurationError, OrchestrationConfig

GIVEN: dict[str, tuple[str, Any]] = {
    "REDIS_HOST": ("redis.example", "redis.example"),
    "REDIS_PORT": ("6380", 6380),
    "REDIS_DB": ("3", 3),
    "REDIS_PASSWORD": ("p@ss:word", "p@ss:word"),
    "CELERY_BROKER_URL": ("redis://localhost:6379/1", "redis://localhost:6379/1"),
    "CELERY_RESULT_BACKEND": ("redis://localhost:6379/2", "redis://localhost:6379/2"),
    "CELERY_WORKER_CONCURRENCY": ("4", 4),
    "MODEL_REGISTRY_PATH": ("/var/lib/bdc/models", Path("/var/lib/bdc/models")),
    "CACHE_DEFAULT_TTL": ("3600", 3600),
    "CACHE_MAX_SIZE": ("64MB", 64_000_000),
    "CACHE_STRATEGY": ("adaptive", "adaptive"),
    "MONITORING_ENABLED": ("false", False),
    "METRICS_RETENTION_DAYS": ("30", 30),
    "HITL_DEFAULT_TIMEOUT_HOURS": ("1.5", 1.5),
    "MAX_PARALLEL_TASKS": ("9", 9),
    "DEFAULT_TASK_TIMEOUT": ("60", 60.0),
}


@pytest.mark.parametrize("name", GIVEN)
def test_each_variable_of_the_product_description_sets_its_field(name: str) -> None:
    text, value = GIVEN[name]
    assert getattr(OrchestrationConfig.from_env({name: text}), name.lower()) == value


def test_with_nothing_set_the_defaults_are_those_of_the_product_description() -> None:
    config = OrchestrationConfig.from_env({})
    assert (config.redis_host, config.redis_port, config.redis_db) == ("localhost", 6379, 0)
    assert (config.cache_default_ttl, config.cache_max_size, config.cache_strategy) == (3600, 1_000_000, "lru")
    assert (config.metrics_retention_days, config.hitl_default_timeout_hours) == (7, 24)
    assert (config.max_parallel_tasks, config.default_task_timeout) == (5, 300)
    assert config.celery_broker_url == EMBEDDED_BROKER_URL
    assert not config.has_broker


def test_redis_host_alone_makes_redis_the_broker_with_its_password_quoted() -> None:
    config = OrchestrationConfig.from_env({"REDIS_HOST": "r", "REDIS_PORT": "1234", "REDIS_PASSWORD": "a/b@c"})
    assert config.celery_broker_url == "redis://:a%2Fb%40c@r:1234/1"
    assert config.redis_url("cache") == "redis://:a%2Fb%40c@r:1234/0"
    assert config.has_broker


def test_a_broker_url_wins_over_redis_host() -> None:
    config = OrchestrationConfig.from_env({"REDIS_HOST": "r", "CELERY_BROKER_URL": "amqp://mq"})
    assert config.celery_broker_url == "amqp://mq"


def test_an_empty_variable_counts_as_not_set() -> None:
    assert OrchestrationConfig.from_env({"REDIS_HOST": "", "MAX_PARALLEL_TASKS": ""}) == OrchestrationConfig.from_env(
        {}
    )


def test_every_bad_value_is_named_at_once_with_what_was_expected() -> None:
    bad = {
        "CACHE_STRATEGY": "lrux",
        "MAX_PARALLEL_TASKS": "0",
        "REDIS_PORT": "high",
        "CACHE_MAX_SIZE": "big",
        "MODEL_ROUTES": "gpt-4",
        "MONITORING_ENABLED": "perhaps",
        "CELERY_BROKER_URL": "localhost",
    }
    with pytest.raises(ConfigurationError) as caught:
        OrchestrationConfig.from_env(bad)
    lines = str(caught.value).splitlines()[1:]
    assert {re.split("[=:]", line.strip())[0] for line in lines} == set(bad)
    assert "CACHE_STRATEGY='lrux': expected 'lru', 'lfu', 'ttl' or 'adaptive'" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"LEASE_SECONDS": "3"}, "LEASE_RENEWAL_SECONDS=5: expected at most 1, a third of LEASE_SECONDS=3"),
        (
            {"LEASE_RENEWAL_SECONDS": "11"},
            "LEASE_RENEWAL_SECONDS='11': expected at most 10, a third of LEASE_SECONDS=30",
        ),
        (
            {"LEASE_SECONDS": "2", "LEASE_RENEWAL_SECONDS": "0.1"},
            "LEASE_SECONDS='2': expected greater than or equal to 3",
        ),
        ({"LEASE_SECONDS": "soon"}, "LEASE_SECONDS='soon': expected a valid number"),
    ],
)
def test_a_lease_that_would_run_out_between_two_renewals_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        OrchestrationConfig.from_env(given)
    assert said in str(caught.value)


def test_a_lease_of_three_renewals_is_accepted() -> None:
    assert OrchestrationConfig.from_env({"LEASE_SECONDS": "15"}).lease_renewal_seconds == 5


@pytest.mark.parametrize("name", ["DEFAULT_TASK_TIMEOUT", "SHUTDOWN_GRACE_SECONDS", "HITL_DEFAULT_TIMEOUT_HOURS"])
@pytest.mark.parametrize("number", ["inf", "nan"])
def test_times_without_end_are_refused(name: str, number: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name}='{number}': expected a finite number"):
        OrchestrationConfig.from_env({name: number})


@pytest.mark.parametrize("name", ["REDIS_PASSWORD", "CELERY_BROKER_URL"])
def test_secrets_show_in_no_representation(name: str) -> None:
    assert "s3cret" not in repr(OrchestrationConfig.from_env({name: "redis://:s3cret@h/1"}))


def test_what_a_bad_secret_held_is_not_said() -> None:
    with pytest.raises(ConfigurationError, match="METRICS_TOKEN") as caught:
        OrchestrationConfig.from_env({"METRICS_TOKEN": "s3 cret"})
    assert "s3 cret" not in str(caught.value)


def test_what_is_derived_is_not_read_from_the_environment() -> None:
    assert not OrchestrationConfig.from_env({"REDIS_CONFIGURED": "true"}).redis_configured


@pytest.mark.parametrize(("text", "size"), [("5", 5), ("2k", 2000), ("2KiB", 2048), ("1 GB", 10**9), ("1gib", 2**30)])
def test_sizes_take_suffixes(text: str, size: int) -> None:
    assert OrchestrationConfig.from_env({"CACHE_MAX_SIZE": text}).cache_max_size == size


def test_routes_and_modules_are_lists_by_commas() -> None:
    config = OrchestrationConfig.from_env(
        {"MODEL_ROUTES": " gpt-4 = local/extract, b=local/classify ,", "TASK_HANDLER_MODULES": "a.b, c"}
    )
    assert config.model_routes == {"gpt-4": "local/extract", "b": "local/classify"}
    assert config.task_handler_modules == ("a.b", "c")
