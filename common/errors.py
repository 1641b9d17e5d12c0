"""The root of the product's errors, and the kinds that decide how commands and REST answer. Imports nothing.

An error of ours inherits from the kind it is; nothing else has to be told. The message says what is wrong, where, and
how to mend it; `code` is stable and meant for programs.

| kind | REST | a command's exit code |
|---|---|---|
| `OrchestrationError` | 400 | 2 |
| `NotFound` | 404 | 2 |
| `Conflict` | 409 | 2 |
| `Invalid` | 422 | 2 |
| `Unavailable` | 503 | 2 |
| `Failed` | 422 | 1 |
"""


class OrchestrationError(Exception):
    """Root of everything the product raises on purpose."""

    code = "orchestration_error"


class NotFound(OrchestrationError):
    """What was named does not exist; the message offers near names where there are some."""

    code = "not_found"


class Conflict(OrchestrationError):
    """The request was right once: something else changed, decided or took the name first."""

    code = "conflict"


class Invalid(OrchestrationError):
    """Something given is wrong; `problems` holds (JSON pointer, message) pairs where places can be named."""

    code = "invalid"
    problems: tuple[tuple[str, str], ...] = ()


class Unavailable(OrchestrationError):
    """Something we depend on is not ready; the same request may succeed later."""

    code = "unavailable"


class DatabaseNotReady(Unavailable):
    """The database has not been migrated."""

    code = "database_not_ready"


class Failed(OrchestrationError):
    """What was asked for was done, and it failed: a bad definition, a child that died."""

    code = "failed"


class UnstorableValue(Invalid):
    """A value that JSON storage cannot hold; the message names the place in it."""

    code = "unstorable_value"
