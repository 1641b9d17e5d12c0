"""The page of the result cache: what it saved, who asked, why it missed, the optimiser's log, a key explained."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orchestration.cache.facade import ResultCache
from orchestration.models import CacheChange
from orchestration.services.pipelines import register_pipeline
from orchestration.views import cache as cache_view
from tests.engine import flow
from tests.pages.cache.conftest import Ask, Count
from tests.pages.execution_pages import words
from tests.services import RedisServer

PAGE = "/cache/"
TAGS = "/cache/invalidate/"


def opened(browser: Client, query: str = "") -> str:
    response = browser.get(PAGE + query)
    assert response.status_code == 200, response.content
    return response.content.decode()


def read(browser: Client, query: str = "") -> str:
    return words(opened(browser, query)).replace("\u00a0", " ").replace("\u202f", " ")


def leads(page: str) -> list[str]:
    """The names in the first column of the table of who asked."""
    return re.findall(r'class="lead wrap"><\w+ class="mono breaks"[^>]*>([^<]+)<', page)


@pytest.mark.one_database
def test_an_empty_cache_says_what_to_do(watcher: Client) -> None:
    text = read(watcher)
    assert "No task asked the cache in the last 24 hours. The database table answers." in text
    assert "cache_enabled: true" in text


@pytest.mark.parametrize("store", ["table", pytest.param("redis", marks=pytest.mark.one_database)])
def test_the_sentence_says_what_real_look_ups_came_to(
    store: str, ask: Ask, watcher: Client, request: pytest.FixtureRequest
) -> None:
    if store == "redis":
        request.getfixturevalue("on_redis")
    for question in ("why", "why", "how"):
        ask(question)
    text = read(watcher)
    assert "33 % of 3 look-ups in the last 24 hours were answered from the cache" in text
    assert "of work and $0.02" in text
    assert {"table": "The database table answers.", "redis": "Redis answers."}[store] in text
    assert "another input.question" in text
    assert "nothing like it was asked lately" in text


@pytest.mark.one_database
def test_a_redis_that_is_away_is_told_and_the_page_answers(
    on_redis: RedisServer, watcher: Client, engineer: Client
) -> None:
    on_redis.stop()
    text = read(watcher, "?key=mine")
    assert "Redis does not answer: tasks run without the cache." in text
    assert "No task fails because of it" in text
    assert "Memory Not used" in text
    assert "It would be a miss: the store did not answer" in text
    refused = engineer.post(TAGS, {"tags": "x"})
    assert refused.status_code == 503
    assert "Not done everywhere yet" in words(refused.content.decode())
    assert "1 delete is still to be done" in read(watcher)


@pytest.mark.one_database
def test_a_price_that_is_not_known_is_not_zero(count: Count, watcher: Client) -> None:
    count("memory", 4, unpriced=4, seconds_saved=8.0)
    text = read(watcher)
    assert "which saved 8.0 s of work and an unknown sum of money." in text
    assert "Money saved unknown and 4 hits of unknown price" in text


def test_who_asked_is_told_by_pipeline_task_and_model(count: Count, watcher: Client) -> None:
    count("memory", 6, task="a", model="gpt-4")
    count("miss", 2, task="a", model="gpt-4", reason="expired")
    count("miss", 1, task="b", reason="parameters.prompt")
    count("bypass", 3, task="b", reason="temperature is 0.7")
    count("store", 20, pipeline="other", task="c")
    assert leads(opened(watcher)) == ["other", "flow"]
    assert leads(opened(watcher, "?by=task")) == ["c", "a", "b"]
    assert leads(opened(watcher, "?by=task&pipeline=flow")) == ["a", "b"]
    assert leads(opened(watcher, "?by=model")) == ["gpt-4"]
    text = read(watcher, "?by=task&pipeline=flow")
    assert "a flow 6 2 75 % 0" in text
    assert "another parameters.prompt not asked: temperature is 0.7" in text


def test_the_range_leaves_out_what_is_older(count: Count, watcher: Client) -> None:
    count("memory", 5, ago=3)
    count("memory", 7, ago=100)
    assert "of 5 look-ups in the last 24 hours" in read(watcher)
    assert "of 12 look-ups in the last 7 days" in read(watcher, "?range=7d")
    assert "5 from memory" in read(watcher)


def test_what_an_address_cannot_mean_counts_as_not_given(count: Count, watcher: Client) -> None:
    count("memory", 5)
    for query in ("?range=x", "?by=x", "?page=x", "?page=999", "?log=%00", "?by=task&pipeline=%00", "?key=%00"):
        assert "of 5 look-ups in the last 24 hours" in read(watcher, query), query


def test_groups_come_in_pages(count: Count, watcher: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_view, "ROWS", 2)
    for number in range(5):
        count("memory", 10 - number, pipeline=f"p{number}")
    assert leads(opened(watcher)) == ["p0", "p1"]
    assert leads(opened(watcher, "?page=3")) == ["p4"]
    assert "1 to 2 of 5 pipelines, the busiest first" in read(watcher)


@pytest.mark.one_database
def test_values_of_users_count_and_belong_to_no_pipeline(watcher: Client) -> None:
    cache = ResultCache()
    cache.set(key="mine", value=1)
    cache.get("mine")
    text = read(watcher)
    assert "100 % of 1 look-up in the last 24 hours was answered" in text
    assert "Only values under keys of your own were asked for" in text


def test_more_queries_are_not_asked_for_more_rows(count: Count, watcher: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            opened(watcher, "?by=task&key=mine")
        return len(asked)

    count("memory", 5, reason="")
    opened(watcher)
    few = queries()
    for number in range(12):
        count("miss", 3, pipeline=f"p{number}", reason="expired")
        CacheChange.objects.create(at=datetime.now(UTC), kind="clean-up", reason="removed 3")
    assert 0 < queries() <= few + 1  # the second page of the log is counted
    assert few <= 18


@pytest.mark.one_database
def test_the_log_says_what_was_done_and_what_is_only_proposed(count: Count, watcher: Client) -> None:
    now = datetime.now(UTC)
    why = "of 40 results 0 came out otherwise"
    CacheChange.objects.create(at=now, kind="ttl", subject="flow/a", before=3600, after=7200, reason=why)
    CacheChange.objects.create(at=now, kind="size", before=1e6, after=2e6, reason="crowded", is_applied=True)
    CacheChange.objects.create(at=now, kind="clean-up", reason="removed 1,204 expired", is_applied=True)
    text = read(watcher)
    assert "Time to live of flow/a: 1 h 00 m → 2 h 00 m Of 40 results 0 came out otherwise Proposed" in text
    assert "Memory of each process: 1.0 MB → 2.0 MB Crowded Applied" in text
    assert "Clean-up Removed 1,204 expired Done" in text
    assert "It only proposes" in text


@pytest.mark.one_database
def test_a_key_is_explained(watcher: Client, engineer: Client) -> None:
    cache = ResultCache()
    cache.set(key="analysis:17", value={"score": 0.9}, ttl=7200, tags=["high_priority"])
    text = read(engineer, "?key=analysis:17")
    assert "It would be a hit in the store" in text
    assert "Expires in" in text
    assert "high_priority" in text
    assert "tag=high_priority" not in opened(watcher, "?key=analysis:17")
    cache.delete_by_tags(["high_priority"])
    assert "It would be a miss: one of its tags was invalidated" in read(watcher, "?key=analysis:17")
    assert "It would be a miss: never kept, or deleted since" in read(watcher, "?key=<script>")


@pytest.mark.one_database
def test_what_others_wrote_is_escaped(count: Count, watcher: Client) -> None:
    evil = "<script>alert(1)</script>"
    count("miss", 3, pipeline=evil, task=evil, model=evil, reason=evil)
    CacheChange.objects.create(at=datetime.now(UTC), kind="ttl", subject=evil, before=1, after=2, reason=evil)
    for query in ("", "?by=task", "?by=model", "?key=<script>alert(1)</script>"):
        assert evil not in opened(watcher, query)


@pytest.mark.one_database
def test_a_pipeline_that_is_registered_is_linked(count: Count, engineer: Client) -> None:
    register_pipeline(pipeline=flow.define(flow.ONE))
    count("memory", 5)
    count("memory", 4, pipeline="gone")
    page = opened(engineer, "?by=task")
    assert 'href="/pipelines/flow/"' in page
    assert 'href="/pipelines/gone/"' not in page


@pytest.mark.one_database
def test_tags_are_invalidated_after_a_question(engineer: Client) -> None:
    cache = ResultCache()
    for name in ("red", "green", "blue"):
        cache.set(key=name, value=1, tags=[name])
    question = words(engineer.get(TAGS, {"tag": "red"}).content.decode())
    assert "Invalidate by tag Results and values that have any of these tags" in question
    assert "red" in question
    told = engineer.post(TAGS, {"tags": "red\n\n green \nred"}, follow=True)
    assert told.redirect_chain == [(PAGE, 302)]
    assert "2 tags are invalidated" in words(told.content.decode()).replace("\u00a0", " ")
    assert [cache.get(name) for name in ("red", "green", "blue")] == [None, None, 1]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("tags", "told"), [("", "This field is required"), ("\n".join(map(str, range(60))), "60 tags; send 50 at a time")]
)
def test_what_cannot_be_meant_is_told_beside_the_field(tags: str, told: str, engineer: Client) -> None:
    answer = engineer.post(TAGS, {"tags": tags})
    assert answer.status_code == 422
    assert told in words(answer.content.decode())


@pytest.mark.one_database
def test_who_may_look_may_not_invalidate(watcher: Client, stranger: Client) -> None:
    assert stranger.get(PAGE).status_code == 403
    assert watcher.get(TAGS).status_code == 403
    assert watcher.post(TAGS, {"tags": "x"}).status_code == 403
    assert "Invalidate by tag" not in opened(watcher)
