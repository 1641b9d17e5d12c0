"""What executions and reviewers said of a version of a model, as the registry's figures (`registry.record`)."""

from orchestration.providers.registered.naming import PREFIX
from orchestration.selectors.model_runs import ModelRuns, last_runs, look_ups_of_model, runs_of_model
from orchestration.selectors.model_verdicts import WORDS, verdicts_on_model
from registry.figures import MICRO, Figure, Unit
from registry.models import ModelVersion
from registry.names import make_pin
from registry.states import Better

BETTER = {"approved": Better.HIGHER, "corrected": Better.LOWER, "rejected": Better.LOWER}


def pin_of(version: ModelVersion) -> str:
    """What task runs say that were pinned to this version, whose model is loaded."""
    return PREFIX + make_pin(version.model.name, version.label, version.digest)


def figures_of(version: ModelVersion) -> tuple[Figure, ...]:
    """Nothing of a version that no task run asked for. Three queries, and one for the time if there are reviews."""
    last = last_runs(pin_of(version)) if version.digest else []
    runs, look_ups, verdicts = runs_of_model(last), look_ups_of_model(last), verdicts_on_model(last)
    if not (runs.asked or look_ups.number or verdicts.decided):
        return ()
    decided = len(verdicts.decided)
    return (
        *_of_runs(runs),
        Figure("cache_hit_rate", "Cache hits", look_ups.hit_share, Unit.SHARE, look_ups.number),
        *(
            Figure(f"{word}_rate", word.capitalize(), verdicts.share(word), Unit.SHARE, decided, BETTER[word])
            for word in WORDS.values()
        ),
    )


def _of_runs(runs: ModelRuns) -> tuple[Figure, ...]:
    number, completed, priced = len(runs.asked), len(runs.asked) - runs.failed, runs.priced
    around = runs.cost_interval
    each = None if around is None else (around[0] / MICRO, around[1] / MICRO)
    return (
        Figure("runs", "Times asked", number, Unit.COUNT, number, is_cut=runs.is_cut),
        Figure("success_rate", "Success", runs.success_share, Unit.SHARE, number, Better.HIGHER),
        *(
            Figure(name, label, runs.seconds_at(share), Unit.SECONDS, completed, Better.LOWER, runs.interval_at(share))
            for name, label, share in (("p50_seconds", "p50", 0.5), ("p95_seconds", "p95", 0.95))
        ),
        Figure("cost_usd", "Cost", _usd(runs.cost_microusd), Unit.USD, priced),
        Figure("cost_usd_per_run", "Cost each", _usd(runs.cost_each), Unit.USD, priced, Better.LOWER, each),
    )


def _usd(microusd: float | None) -> float | None:
    return None if microusd is None else microusd / MICRO
