"""Synthetic traces: seeded lists of keys, each of a kind that one strategy is good at and another is not."""

import random
from collections.abc import Callable, Mapping
from itertools import accumulate, islice

CAPACITY = 1_000
"""Entries of the caches that the traces are made for."""
LENGTH = 120_000

Trace = list[str]


def zipf(seed: int, *, keys: int = 20_000, skew: float = 0.9, length: int = LENGTH) -> Trace:
    """Few questions are asked often, many seldom, and it stays so."""
    generator = random.Random(seed)
    weights = list(accumulate(1 / rank**skew for rank in range(1, keys + 1)))
    names = list(range(keys))
    generator.shuffle(names)
    return [f"z{name}" for name in generator.choices(names, cum_weights=weights, k=length)]


def scan(seed: int) -> Trace:
    """The same, and every other request is one that never comes again."""
    popular = zipf(seed, length=LENGTH // 2)
    return [key for number, often in enumerate(popular) for key in (often, f"once{seed}-{number}")]


def loop(seed: int, *, length: int = LENGTH, share: float = 1.2) -> Trace:
    """The same questions in the same order, somewhat more of them than fit."""
    size = int(CAPACITY * share)
    return [f"l{seed}-{number % size}" for number in range(length)]


def recency(seed: int, *, length: int = LENGTH) -> Trace:
    """What is asked is among the latest new questions: popularity moves on all the time."""
    generator = random.Random(seed)
    newest, trace = 0, []
    for _ in range(length):
        if generator.random() < 0.3:
            newest += 1
            trace.append(f"r{newest}")
        else:
            trace.append(f"r{max(0, newest - int(generator.expovariate(1 / 600)))}")
    return trace


def phases(seed: int) -> Trace:
    """Popularity, then a loop, then moving recency: what was right a while ago is wrong now."""
    part = LENGTH // 3
    return zipf(seed, length=part) + loop(seed, length=part) + recency(seed, length=part)


def shifting(seed: int) -> Trace:
    """Popularity that is shuffled anew five times."""
    part = LENGTH // 6
    return [f"{turn}:{key}" for turn in range(6) for key in zipf(seed + turn, length=part)]


def mixed(seed: int) -> Trace:
    """Popularity, recency and a slow scan, interleaved at random."""
    generator = random.Random(seed)
    sources = [iter(zipf(seed)), iter(recency(seed)), iter(f"once{number}" for number in range(LENGTH))]
    return [next(generator.choices(sources, weights=(5, 4, 1))[0]) for _ in range(LENGTH)]


TRACES: Mapping[str, Callable[[int], Trace]] = {
    "Zipf": zipf,
    "Zipf with a scan": scan,
    "loop": loop,
    "moving recency": recency,
    "three phases": phases,
    "shifting popularity": shifting,
    "mixed": mixed,
}


def first(trace: Trace, number: int) -> Trace:
    return list(islice(trace, number))
