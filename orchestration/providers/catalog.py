"""What a `model:` name means: resolved when an execution starts, then pinned; the provider is made when a task runs.

Owns the order in which a name is looked up and what is said when nothing knows it. Nothing is ever substituted: a name
leads where an operator's setting or the name itself says, or the execution does not start.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from common.wording import did_you_mean
from orchestration.conf import OrchestrationConfig
from orchestration.exceptions import UnknownModel
from orchestration.providers import offline
from orchestration.providers.base import ModelUnavailable, Provider
from orchestration.providers.hosted import endpoints
from orchestration.providers.registered.naming import find_registered, names_to_suggest, target_of, why_not_run
from registry.selectors.resolving import ResolvedVersion
from registry.states import VersionKind

# Task types that ask a model for something; any model may be named for the others.
ASKING = ("extraction", "classification", "text_generation", "validation")

# First part of a target → the class that answers for it, called with the whole target.
HOSTED_PROVIDER = "orchestration.providers.hosted.provider.HostedProvider"
PROVIDERS = {
    "local": "orchestration.providers.offline.OfflineProvider",
    "registry": "orchestration.providers.registered.provider.open_registered",
    **{service.name: HOSTED_PROVIDER for service in endpoints.SERVICES},
}


class UnsuitableModel(UnknownModel):
    """A model that exists and cannot do what the task asks of it."""

    code = "unsuitable_model"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a name leads in the end: the pinned name, the task types it can do, why not others if that needs saying."""

    name: str
    task_types: frozenset[str]
    why: str = ""


Resolver = Callable[[str], Target | str | None]
"""A target; or another name, which is then looked up in its turn; or None when the name is not known here."""


def _config() -> OrchestrationConfig:
    config: OrchestrationConfig = settings.ORCHESTRATION
    return config


def _routes() -> Mapping[str, str]:
    return _config().model_routes


def _registered(name: str) -> Target | None:
    """A name, alias or version of the model registry, pinned with its digest."""
    version = find_registered(name)
    if version is None:
        return None
    if version.kind is VersionKind.HOSTED:
        return Target(target_of(version), _service_of(version).task_types)
    why = why_not_run(version)
    return Target(target_of(version), frozenset() if why else frozenset({"classification"}), why)


def _service_of(version: ResolvedVersion) -> Target:
    """What a hosted version leads on to. Raises `UnknownModel` when that is not configured here."""
    name = f"{version.provider}/{version.provider_model}"
    target = _offline(name) or _hosted(name)
    if target is None:
        known = name.startswith("local/") or endpoints.find_service(name)
        providers = ", ".join(["local", *(service.name for service in endpoints.SERVICES)])
        problem = _describe_owner(name) if known else f"names no provider known here; there are {providers}"
        raise UnknownModel(f'{version.name}:{version.label} is hosted as "{name}", which {problem}')
    return target


def _routed(name: str) -> str | None:
    return _routes().get(name)


def _offline(name: str) -> Target | None:
    return Target(name, frozenset({offline.MODELS[name][0]})) if name in offline.MODELS else None


def _hosted(name: str) -> Target | None:
    """A name that says whose model it is, where that service is configured."""
    service = endpoints.find_service(name)
    if service is None or endpoints.find_endpoint(service.name) is None:
        return None
    return Target(f"{service.name}/{name.removeprefix(f'{service.name}/')}", frozenset(ASKING))


def _anything_else(name: str) -> Target | None:
    """Any other name is a model of the server at OPENAI_BASE_URL, if there is one: it knows its models, we do not."""
    if not name or name.startswith("local/") or endpoints.find_service(name) or not _config().openai_base_url:
        return None
    return Target(f"openai/{name}", frozenset(ASKING))


# The first that knows the name decides.
RESOLVERS: tuple[Resolver, ...] = (_registered, _routed, _offline, _hosted, _anything_else)


def resolve_model(name: str, task_type: str) -> str:
    """The pinned target of a model name, such as `local/extract`.

    Raises `UnknownModel` naming the setting that would help, or `UnsuitableModel` when the target cannot do the task
    type.
    """
    target = _follow(name, task_type)
    if task_type in ASKING and task_type not in target.task_types:
        raise UnsuitableModel(_describe_unsuitable(name, target, task_type))
    return target.name


def get_provider(target: str) -> Provider:
    """What answers for a target of `resolve_model`. Raises `ModelUnavailable`."""
    provider = PROVIDERS.get(target.partition("/")[0])
    if provider is None:
        raise ModelUnavailable(target)
    return cast(Provider, import_string(provider)(target))


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A name that may stand in `model:` here. `target` is None when its route leads nowhere; `problem` says why."""

    name: str
    summary: str
    target: str | None
    task_types: frozenset[str] = frozenset()
    problem: str | None = None


def known_models() -> tuple[KnownModel, ...]:
    """The models of this installation, routed names first; `openai/*` stands for all of a hosted service's."""
    routed = [_describe_route(name, to) for name, to in _routes().items()]
    local = [KnownModel(name, how, name, frozenset({does})) for name, (does, how) in offline.MODELS.items()]
    hosted = [_describe_endpoint(endpoint) for endpoint in endpoints.configured_endpoints()]
    return (*routed, *local, *hosted)


def _describe_endpoint(endpoint: endpoints.Endpoint) -> KnownModel:
    name = f"{endpoint.service.name}/*"
    return KnownModel(name, f"any model of {endpoint.url}", name, frozenset(ASKING))


def _describe_route(name: str, to: str) -> KnownModel:
    try:
        target = _follow(name)
    except UnknownModel as error:
        return KnownModel(name, f"routed to {to}", None, problem=str(error))
    return KnownModel(name, f"routed to {to}", target.name, target.task_types)


def _follow(name: str, task_type: str | None = None) -> Target:
    """Where a name leads in the end. `task_type` only helps to suggest something."""
    trail = [name]
    while not isinstance(found := _look_up(trail[-1]), Target):
        if found is None:
            raise UnknownModel(_describe_unknown(trail, task_type))
        if found in trail:
            circle = " → ".join([*trail, found])
            raise UnknownModel(f"MODEL_ROUTES leads in a circle: {circle}; let one of these names lead to a model")
        trail.append(found)
    return found


def _look_up(name: str) -> Target | str | None:
    return next((found for resolver in RESOLVERS if (found := resolver(name)) is not None), None)


def _describe_unknown(trail: list[str], task_type: str | None) -> str:
    name = trail[-1]
    through = f" (MODEL_ROUTES: {' → '.join(trail)})" if len(trail) > 1 else ""
    hint = did_you_mean(name, [*_routes(), *offline.MODELS, *names_to_suggest(name)])
    if name.startswith("local/"):
        return f'there is no local model "{name}"{through}{hint}; there are {", ".join(offline.MODELS)}'
    route = f'MODEL_ROUTES="{name}={_able(task_type)[0]}"'
    who = _describe_owner(name)
    return f'"{name}"{through} {who}{hint}; to have another model do its work, set for example {route}'


def _describe_owner(name: str) -> str:
    service = endpoints.find_service(name)
    if service is None:
        return (
            "is not a model known here: none is registered under this name (manage.py register_model), and no "
            "OPENAI_BASE_URL is set that might know it"
        )
    also = f" or {service.url_setting}" if service.public_url else ""
    return (
        f"is a model of {service.owner} ({service.setting}), and no provider for it is configured here: "
        f"set {service.setting}{also}"
    )


def _describe_unsuitable(name: str, target: Target, task_type: str) -> str:
    through = f" (MODEL_ROUTES leads to {target.name})" if target.name != name else ""
    if target.why:
        return f'the model "{name}"{through} cannot do {task_type}: {target.why}'
    does = " and ".join(sorted(target.task_types))
    return (
        f'the model "{name}"{through} does {does}, not {task_type}; for {task_type} use {" or ".join(_able(task_type))}'
    )


def _able(task_type: str | None) -> list[str]:
    """The models here that do a task type; all of them when none is meant."""
    if task_type == "validation":  # none here judges
        return ["openai/gpt-4o"]
    return [name for name, (does, _) in offline.MODELS.items() if does == task_type] or list(offline.MODELS)
