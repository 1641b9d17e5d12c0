"""The first level: what was fetched while news came in does not get in, and tags find their entries."""

from orchestration.cache.entries import OVERHEAD_BYTES, Entry
from orchestration.cache.tiers.memory import Memory

NOW = 1_000.0


def put(memory: Memory, key: str, entry: Entry) -> None:
    memory.finish(memory.begin(key), entry)


def test_an_entry_is_there_until_it_expires(entry: Entry) -> None:
    memory = Memory("lru", 10_000)
    put(memory, "k", entry)
    assert memory.get("k", entry.expires_at - 0.001) == entry
    assert memory.get("k", entry.expires_at) is None
    assert (len(memory), memory.used, memory.take_removed()) == (0, 0, {"expired": 1})


def test_a_fetch_during_which_its_key_changed_is_not_kept(entry: Entry) -> None:
    memory = Memory("lru", 10_000)
    fill = memory.begin("k")
    other = memory.begin("other")
    memory.discard("k")
    memory.finish(fill, entry)
    memory.finish(other, entry)
    assert memory.get("k", NOW) is None
    assert memory.get("other", NOW) == entry


def test_a_fetch_during_which_any_tag_or_everything_changed_is_not_kept(entry: Entry) -> None:
    memory = Memory("lru", 10_000)
    fill = memory.begin("k")
    memory.discard_tag("any")
    memory.finish(fill, entry)
    fill = memory.begin("k")
    memory.clear()
    memory.finish(fill, entry)
    assert memory.get("k", NOW) is None


def test_a_fetch_that_begins_after_the_news_is_kept(entry: Entry) -> None:
    memory = Memory("lru", 10_000)
    first = memory.begin("k")
    memory.discard("k")
    second = memory.begin("k")
    memory.finish(first, entry._replace(content=b"old"))
    memory.finish(second, entry)
    assert memory.get("k", NOW) == entry


def test_a_tag_takes_its_entries_and_no_others(entry: Entry) -> None:
    memory = Memory("lru", 10_000)
    put(memory, "a", entry._replace(tags={"x": 1, "y": 1}))
    put(memory, "b", entry._replace(tags={"y": 1}))
    put(memory, "c", entry)
    memory.discard_tag("x")
    assert [memory.get(key, NOW) is not None for key in "abc"] == [False, True, True]
    memory.discard_tag("y")
    assert [memory.get(key, NOW) is not None for key in "abc"] == [False, False, True]


def test_it_is_bounded_in_bytes_with_what_python_needs(entry: Entry) -> None:
    memory = Memory("lru", 5 * entry.size)
    for number in range(20):
        put(memory, f"k{number}", entry)
    assert (len(memory), memory.used) == (5, 5 * (len(entry.content) + OVERHEAD_BYTES))
    assert memory.take_removed() == {"size": 15}
    memory.resize(2 * entry.size)
    assert (len(memory), memory.capacity) == (0, 2 * entry.size)
