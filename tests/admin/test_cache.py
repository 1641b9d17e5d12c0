"""The result cache in the admin: every row as it stands; what is let go is let go through the cache."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orchestration.cache import installed
from orchestration.cache.facade import ResultCache
from orchestration.models import CacheChange, CacheCount, CacheEntry, CacheTag
from tests.admin.asking import address_of, address_of_list, do, do_all, listed, text_of, told, tools

pytestmark = pytest.mark.usefixtures("fresh_cache")
MODELS = (CacheEntry, CacheTag, CacheCount, CacheChange)


@pytest.fixture
def fill(db: None) -> Callable[[int], None]:
    """So many values more, each with a tag, looked up once; and so many lines of the log."""

    def make(number: int) -> None:
        cache = ResultCache()
        for place in range(number):
            name = f"value-{CacheEntry.objects.count()}"
            cache.set(key=name, value="x" * 5_000, tags=[f"tag-{name}"])
            cache.get(name)
            CacheCount.objects.create(hour=timezone.now(), pipeline=name, task="a", outcome="store", number=place + 1)
            CacheChange.objects.create(at=timezone.now(), kind="ttl", subject=name, before=60, after=120, reason="seen")
        installed.get_installed().flush()

    return make


def count_queries(client: Client, model: type[Model]) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(address_of_list(model))
    return len(queries)


def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(boss: Client, fill: Callable[[int], None]) -> None:
    fill(2)
    boss.get(address_of_list(CacheEntry))
    few = {model: count_queries(boss, model) for model in MODELS}
    fill(5)
    assert {model: count_queries(boss, model) for model in MODELS} == few
    assert {model: number for model, number in few.items() if not 0 < number <= 8} == {}


def test_every_row_has_a_page_that_nobody_edits(boss: Client, fill: Callable[[int], None]) -> None:
    fill(1)
    for row in (row for model in MODELS for row in listed(boss, model)):
        page = boss.get(address_of(row))
        assert page.status_code == 200, row
        assert b'name="_save"' not in page.content, row
        assert boss.get(address_of(row).replace("change", "delete")).status_code in (403, 404), row


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_a_list_asks_for_the_permission_to_view(staff: Callable[..., Client], model: type[Model]) -> None:
    assert staff(name="nobody").get(address_of_list(model)).status_code == 403
    assert staff(f"view_{model._meta.model_name}", name="viewer").get(address_of_list(model)).status_code == 200


def test_rows_say_what_they_are(boss: Client, fill: Callable[[int], None]) -> None:
    fill(1)
    assert "a value of one’s own u:value-0" in text_of(boss.get(address_of_list(CacheEntry)))
    assert "1 m 00 s → 2 m 00 s" in text_of(boss.get(address_of_list(CacheChange))).replace("\u00a0", " ")
    assert [row.name for row in listed(boss, CacheTag, q="tag-")] == ["tag-value-0"]
    assert [row.pipeline for row in listed(boss, CacheCount, q="value-0")] == ["value-0"]


def test_an_entry_is_forgotten_by_every_process(boss: Client, fill: Callable[[int], None]) -> None:
    fill(3)
    cache = ResultCache()
    assert cache.get("value-1") is not None
    row = CacheEntry.objects.get(key="u:value-1")
    assert "Forget" in tools(boss, row)
    do(boss, row, "forget")
    assert cache.get("value-1") is None
    do_all(boss, list(CacheEntry.objects.all()), "forget", confirmed="yes")
    assert not CacheEntry.objects.exists()


def test_a_tag_is_invalidated_by_the_name_it_is_kept_under(boss: Client) -> None:
    cache = ResultCache()
    for tag in ("plain", "übung"):  # the second is kept under its digest
        cache.set(key=tag, value=1, tags=[tag])
        assert cache.get(tag) == 1
        row = (
            CacheTag.objects.exclude(name__in=["", "plain"]).get() if tag == "übung" else CacheTag.objects.get(name=tag)
        )
        do(boss, row, "invalidate")
        assert cache.get(tag) is None
    assert CacheTag.objects.filter(name="").exists()
    assert "" not in [row.name for row in listed(boss, CacheTag)]


def test_rows_of_an_earlier_configuration_are_left_alone(
    boss: Client, fill: Callable[[int], None], redis_server: Any, settings: Any
) -> None:
    fill(1)
    installed.forget(write=False)
    fields = {"redis_configured": True, "redis_host": redis_server.host, "redis_port": redis_server.port}
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update=fields)
    answer = do(boss, CacheEntry.objects.get(), "forget")
    assert any("nobody reads it" in message for message in told(answer))
    assert CacheEntry.objects.exists()


def test_letting_go_asks_for_its_permission(staff: Callable[..., Client], fill: Callable[[int], None]) -> None:
    fill(1)
    viewer = staff("view_cacheentry", name="viewer")
    row = CacheEntry.objects.get()
    assert "Forget" not in tools(viewer, row)
    assert do(viewer, row, "forget").status_code == 403
