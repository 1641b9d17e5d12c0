"""From a `model:` name to a version of the registry, as a target to pin: `registry/<name>:<label>#<digest>`.

Owns which errors of the registry stop an execution from starting, and what a version's files can be used for here.
"""

import logging
from collections.abc import Mapping

from orchestration.exceptions import UnknownModel
from registry import names
from registry.exceptions import VersionNotFound, VersionUnusable
from registry.models import RegisteredModel
from registry.selectors.resolving import ResolvedVersion, resolve

PREFIX = "registry/"
LONGEST_TARGET = 300  # the columns that keep it
MOST_NAMES = 500

PICKLES = frozenset({"pickle", "joblib"})
RUNNABLE = "onnx"

logger = logging.getLogger(__name__)


def find_registered(name: str) -> ResolvedVersion | None:
    """The usable version that `name`, `name@alias` or `name:version` means; None when no registered model is meant.

    Raises `UnknownModel` when the model is registered and the version is not there, or must not be used.
    """
    parsed = names.parse_reference(name)
    if parsed is None or not RegisteredModel.objects.filter(name=parsed.name).exists():
        return None
    try:
        version = resolve(name)
    except (VersionNotFound, VersionUnusable) as error:
        raise UnknownModel(str(error)) from error
    if len(target_of(version)) > LONGEST_TARGET:
        raise UnknownModel(
            f"name and label of {version.name}:{version.label} are too long to be used in a pipeline, together over "
            f"{LONGEST_TARGET - len(PREFIX) - names.PIN_DIGITS - 2} characters; register it under a shorter name"
        )
    if version.is_deprecated:
        logger.warning("%s is deprecated%s", version.pin, f": {version.state_reason}" if version.state_reason else "")
    return version


def names_to_suggest(name: str) -> list[str]:
    """The registered models that have a default version, so many at most; none for what cannot be meant as one."""
    if names.parse_reference(name) is None:
        return []
    return list(RegisteredModel.objects.filter(versions__is_default=True).values_list("name", flat=True)[:MOST_NAMES])


def deprecations(targets: Mapping[str, str]) -> list[str]:
    """A sentence for each task whose target (by the task's name) is a version that should not be chosen any more."""
    return [
        f'task "{task}": {version.name}:{version.label} is deprecated'
        + (f" ({version.state_reason})" if version.state_reason else "; choose another version")
        for task, target in targets.items()
        if target.startswith(PREFIX) and (version := resolve(target.removeprefix(PREFIX))).is_deprecated
    ]


def target_of(version: ResolvedVersion) -> str:
    return f"{PREFIX}{version.pin}"


def why_not_run(version: ResolvedVersion) -> str:
    """Why the files of a version cannot be run here, and what to do; empty when they can."""
    if version.format == RUNNABLE:
        return ""
    if version.format in PICKLES:
        return (
            f"{version.name}:{version.label} is a {version.format} file: loading one runs whatever code is in it, so "
            "none is ever loaded; export the model as ONNX (skl2onnx.to_onnx for scikit-learn, see docs/registry.md) "
            "and register that"
        )
    kept = f"the format {version.format}" if version.format else "no format known here"
    return f"{version.name}:{version.label} has {kept}; models that run here are ONNX files (docs/registry.md)"
