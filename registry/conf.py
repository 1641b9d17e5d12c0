"""What the registry asks of the settings, when it is asked itself and never at import.

`settings.ORCHESTRATION.model_registry_path` is the folder (MODEL_REGISTRY_PATH). `settings.STORAGES["models"]`, where
it is defined, is any storage of Django's, such as django-storages' for S3: then files are kept there and the folder
holds copies of those that were used here.
"""

from pathlib import Path

from django.conf import settings

REMOTE = "models"
"""The alias in `settings.STORAGES`."""


def registry_path() -> Path:
    return Path(settings.ORCHESTRATION.model_registry_path)


def has_remote() -> bool:
    return REMOTE in settings.STORAGES
