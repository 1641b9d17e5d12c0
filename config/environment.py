"""The environment variables of Django itself, as strict as those of `orchestration.conf`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from orchestration.conf import CommaSeparated, EnvironmentModel, PositiveInt

DATABASE_SCHEMES = ("postgres://", "postgresql://", "sqlite://")


def _check_database_url(value: str) -> str:
    if value and not value.startswith(DATABASE_SCHEMES):
        raise ValueError("postgres://user:password@host:5432/name or sqlite:///path")
    return value


class DjangoConfig(EnvironmentModel):
    """What `config/settings.py` needs besides the product's own variables."""

    secret_key: str = Field(default="", repr=False)
    debug: bool = False
    allowed_hosts: CommaSeparated = ("127.0.0.1", "localhost", "[::1]")
    csrf_trusted_origins: CommaSeparated = ()
    database_url: Annotated[str, AfterValidator(_check_database_url)] = Field(default="", repr=False)
    database_pool: bool = False
    """Set by `config.wsgi` and `config.asgi`: the web process only."""
    database_pool_size: PositiveInt = 10
    static_root: Path | None = None
    """Where `collectstatic` puts the static files; the image keeps them apart from DATA_DIR, which is a volume."""
    https_only: bool = False
    hsts_seconds: Annotated[int, Field(ge=0)] | None = None
    behind_proxy: bool = False
    environment_name: str = ""
    """Shown beside the product's name on every page, such as Production."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
