"""Where files are kept: Django's STORAGES. The models' place is a bucket when MODEL_STORAGE_URL names one."""

from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from orchestration.conf import ConfigurationError, OrchestrationConfig

PACKAGES = ("storages", "boto3")


def storages(config: OrchestrationConfig) -> dict[str, dict[str, Any]]:
    """Raises `ConfigurationError` when the packages for a bucket are not installed."""
    found: dict[str, dict[str, Any]] = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "web.static.StaticStorage"},
    }
    if config.model_storage_url:
        found["models"] = _bucket(config)
    return found


def _bucket(config: OrchestrationConfig) -> dict[str, Any]:
    if not all(map(find_spec, PACKAGES)):
        raise ConfigurationError(
            "MODEL_STORAGE_URL names a bucket, and the packages for it are missing: pip install -r requirements-s3.txt"
        )
    place = urlsplit(config.model_storage_url)
    options = {"bucket_name": place.netloc, "location": place.path.strip("/")}
    if config.model_storage_endpoint:
        options["endpoint_url"] = config.model_storage_endpoint
    return {"BACKEND": "registry.storage.s3.ModelBucket", "OPTIONS": options}
