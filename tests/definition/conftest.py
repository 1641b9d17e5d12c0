"""Whatever a test here is about, the task type of `sources` is known."""

import tests.definition.sources  # noqa: F401  # registers it
