"""What a definition says about keeping a task's results: `cache:` beside `cache_enabled` and `cache_ttl`. Pure.

What a key is made of is in `orchestration.cache.keys`; here is what an author may say about it.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from orchestration.definition.sections import Seconds, Section

PARAMETERS = "parameters"
Tag = Annotated[str, Field(min_length=1, max_length=200)]
IgnoredPath = Annotated[str, Field(min_length=1, max_length=500)]


class CacheConfig(Section):
    """How results are kept, where `cache_enabled` is true."""

    ttl: Seconds | None = None
    """Seconds a result is good for; `cache_ttl` when not given."""
    tags: Annotated[tuple[Tag, ...], Field(strict=False, max_length=50)] = ()
    """Words to invalidate results by; texts may hold placeholders."""
    key: Annotated[str, Field(min_length=1, max_length=2_000)] | None = None
    """What stands for the input, as a placeholder, in place of all that the task can see."""
    ignore: Annotated[tuple[IgnoredPath, ...], Field(strict=False, max_length=100)] = ()
    """Paths that do not matter for the result: `input.request_id`, `draft_output.usage`, `parameters.log_level`."""
    refresh: Literal["never", "early", "always"] = "never"
    """`early` makes a result anew shortly before it expires, so that nobody has to wait; `always` at every run."""
    sampled: bool = False
    """Whether results that chance had a part in, of a temperature above 0, are kept too."""

    @property
    def templates(self) -> dict[str, Any]:
        """What may hold placeholders."""
        return {"key": self.key, "tags": list(self.tags)}
