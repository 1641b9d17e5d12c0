"""`python -m benchmarks.cache`: measure, judge, and write docs/benchmarks-cache.md.

Ends with 1 when a bound is broken: adaptive more than 3 points behind the best rival on a trace, a hit in memory more
than 5 µs over a dictionary, a hit in Redis more than 1.3 times a bare GET.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def main(arguments: Sequence[str]) -> int:
    import django

    django.setup()
    from benchmarks.cache import report

    options = _parse(arguments)
    with tempfile.TemporaryDirectory(prefix="orchestration-cache-bench-") as folder:
        results = report.measure(options.seeds, Path(folder) / "redis", ratios_only=options.ratios)
    sys.stdout.write(report.render(results) + "\n")
    broken = report.find_broken_bounds(results)
    for line in broken:
        sys.stderr.write(f"BROKEN: {line}\n")
    if not options.ratios:
        report.write(results, options.output)
        sys.stdout.write(f"written to {options.output}\n")
    return 1 if broken else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.cache", description="Hit ratios and costs of the cache.")
    parser.add_argument("--seeds", type=int, default=3, help="traces of each kind (default: 3)")
    parser.add_argument("--ratios", action="store_true", help="hit ratios only; nothing is written")
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[2] / "docs" / "benchmarks-cache.md")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
