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
    """Django's signing key; made in DATA_DIR when not given, so hosts need the same one."""
    debug: bool = False
    """Django's debug pages; never in production."""
    allowed_hosts: CommaSeparated = ("127.0.0.1", "localhost", "[::1]")
    """Names under which the server may be asked."""
    csrf_trusted_origins: CommaSeparated = ()
    """Further origins whose forms are accepted, such as `https://orchestration.example.com`."""
    database_url: Annotated[str, AfterValidator(_check_database_url)] = Field(default="", repr=False)
    """`postgres://user:password@host/name`; SQLite in DATA_DIR when not given. Options of the driver may follow
    (`?sslmode=require`)."""
    database_pool: bool = False
    """Set by `config.wsgi` and `config.asgi`: the web process only."""
    database_pool_size: PositiveInt = 10
    """Connections of one web process."""
    static_root: Path | None = None
    """Where `collectstatic` puts the static files, `DATA_DIR/static` when not given; the image keeps them apart from
    DATA_DIR, which is a volume."""
    https_only: bool = False
    """Redirects to HTTPS, secure cookies and HSTS."""
    hsts_seconds: Annotated[int, Field(ge=0)] | None = None
    """How long browsers insist on HTTPS; 3600 with HTTPS_ONLY when not given, else 0."""
    behind_proxy: bool = False
    """Whether `X-Forwarded-Proto` and `X-Forwarded-For` of one proxy are believed."""
    environment_name: str = ""
    """Shown beside the product's name on every page, such as Production."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    """The least important lines that are written."""
