"""Versions that a provider hosts: a name, a version and default parameters for its model, and what it costs.

Its address and key are settings, not ours. A price is no part of what a version is: it changes, from a moment on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.resilience import retried
from registry.exceptions import InvalidVersion
from registry.manifest import digest_of_hosted
from registry.models import HostedPrice, ModelVersion
from registry.providers import check_provider
from registry.selectors.resolving import find_version
from registry.services.common import lock_model
from registry.services.records import Draft, as_default, create_ready_version, open_model
from registry.services.registration import check_same
from registry.states import VersionKind
from registry.values import check_text, encode_object

MAX_PROVIDER, MAX_PROVIDER_MODEL = 50, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Millionths of a dollar for a million tokens. `cached_input_microusd` of None: as input."""

    input_microusd: int
    output_microusd: int
    cached_input_microusd: int | None = None


@retried
@transaction.atomic
def register_hosted_version(
    *,
    model_name: str,
    version: str,
    provider: str,
    provider_model: str,
    default_parameters: Mapping[str, Any] | None = None,
    price: Price | None = None,
    metadata: Mapping[str, Any] | None = None,
    metrics: Mapping[str, float] | None = None,
    tags: Iterable[str] = (),
    description: str = "",
    input_schema: Mapping[str, Any] | None = None,
    output_schema: Mapping[str, Any] | None = None,
    metric_directions: Mapping[str, str] | None = None,
    set_as_default: bool = False,
    actor: str = "",
) -> ModelVersion:
    """Register a model that `provider` (such as `openai`) answers for under the name `provider_model`.

    Idempotent: the same label with the same provider, model and parameters returns the version there is. A model's
    first version becomes its default. Raises `VersionExists`, `InvalidVersion`.
    """
    draft = Draft.checked(
        model_name=model_name,
        label=version,
        metadata=metadata,
        metrics=metrics,
        tags=tags,
        description=description,
        input_schema=input_schema,
        output_schema=output_schema,
        metric_directions=metric_directions,
        actor=actor,
    )
    _check_provider(provider, provider_model)
    encoded = encode_object(default_parameters, "default_parameters")
    digest = digest_of_hosted(provider, provider_model, encoded)
    model = open_model(draft)
    existing = model.versions.filter(label=version).first()
    if existing is not None:
        existing.model = model
        check_same(existing, digest)
        return as_default(existing, actor=actor) if set_as_default else existing
    made_of = {
        "kind": VersionKind.HOSTED,
        "digest": digest,
        "provider": provider,
        "provider_model": provider_model,
        "default_parameters": encoded,
    }
    made = create_ready_version(model, draft, made_of, set_as_default=set_as_default)
    if price is not None:
        _add_price(made, price, timezone.now(), actor)
    return made


def _check_provider(provider: str, provider_model: str) -> None:
    for name, value, limit in (
        ("provider", provider, MAX_PROVIDER),
        ("provider_model", provider_model, MAX_PROVIDER_MODEL),
    ):
        if not value or len(value) > limit or not check_text(value, name).isprintable():
            raise InvalidVersion(f"{name}: 1 to {limit} printable characters are needed", [(f"/{name}", "not a name")])
    check_provider(provider)


@retried
@transaction.atomic
def add_price(
    *, model_name: str, version: str | int, price: Price, starts_at: datetime | None = None, actor: str = ""
) -> HostedPrice:
    """What a hosted version costs from `starts_at` on (default: now). Earlier prices stay for what ran under them.

    Raises `InvalidVersion` (also for a version with files), `ModelNotFound`, `VersionNotFound`.
    """
    found = find_version(model_name, version)
    lock_model(found.model_id)
    if found.kind != VersionKind.HOSTED:
        raise InvalidVersion(f"{model_name}:{found.label} has files of its own; only hosted versions have prices")
    return _add_price(found, price, starts_at or timezone.now(), actor)


def _add_price(version: ModelVersion, price: Price, starts_at: datetime, actor: str) -> HostedPrice:
    amounts = asdict(price)
    for name, amount in amounts.items():
        if amount is not None and (isinstance(amount, bool) or not isinstance(amount, int) or not 0 <= amount < 2**53):
            raise InvalidVersion(
                f"price/{name}: a whole number of millionths of a dollar", [(f"/price/{name}", "not an amount")]
            )
    if version.prices.filter(starts_at=starts_at).exists():
        raise InvalidVersion(
            f"{version.label} has a price that begins at {starts_at} already", [("/starts_at", "taken")]
        )
    return HostedPrice.objects.create(version=version, starts_at=starts_at, created_by=actor, **amounts)
