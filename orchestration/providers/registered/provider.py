"""What answers for a target `registry/<name>:<label>#<digest>`: its version is looked up again, as it is now.

A version that was quarantined, archived or deleted since the execution started no longer answers.
"""

from common.database_thread import in_database_thread
from orchestration.providers.base import ModelUnavailable, Provider
from orchestration.providers.catalog import get_provider
from orchestration.providers.registered.classifier import RegisteredClassifier
from orchestration.providers.registered.hosted import HostedVersion
from orchestration.providers.registered.naming import PREFIX
from registry.exceptions import ModelNotFound, VersionNotFound, VersionUnusable
from registry.selectors.resolving import resolve
from registry.states import VersionKind


@in_database_thread
def open_registered(target: str) -> Provider:
    """Raises `ModelUnavailable`, `UnusableModel`, or a `TaskError` when the files are damaged or cannot be read."""
    try:
        version = resolve(target.removeprefix(PREFIX))
    except (ModelNotFound, VersionNotFound, VersionUnusable) as error:
        raise ModelUnavailable(target, str(error)) from error
    if version.kind is VersionKind.HOSTED:
        return HostedVersion(version, get_provider(f"{version.provider}/{version.provider_model}"))
    return RegisteredClassifier(version)
