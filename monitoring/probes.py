"""What other machines ask: `/livez` (is this process alive), `/readyz` (can it serve), `/healthz` (how is everything),
`/metrics` (Prometheus). Outside REST: no session, no throttle, JSON as draft-inadarei-api-health-check-06 has it.

Liveness and readiness are for everybody. Details and metrics tell of the inside, so they are for people who may see
monitoring, for who shows METRICS_TOKEN, and, without a proxy in front, for this machine.
"""

import ipaddress
from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET
from prometheus_client.exposition import choose_encoder

from common.health import Check, examine
from monitoring.prometheus import registry
from monitoring.selectors.health import CHECK_SECONDS, checks, status_of

HEALTH_JSON = "application/health+json"
PERMISSION = "monitoring.view_rollup"
STATUSES = {"ok": "pass", "note": "pass", "warning": "warn", "problem": "fail"}
WORDS = {"ok": "pass", "degraded": "warn", "failing": "fail"}
SERVES_WITHOUT = frozenset({"broker"})
"""With the broker away executions are still accepted, and wait: no reason to take this process out of service."""


@require_GET
def livez(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return _reply({"status": "pass"}, "pass")


@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """200 while this process can serve: database, migrations, data folder; the broker is told, and not counted."""
    found = list(examine(only_needed_to_serve=True, seconds=CHECK_SECONDS))
    is_able = all(check.status != "problem" for check in found if check.name not in SERVES_WITHOUT)
    said = WORDS[status_of(found)]
    status = "warn" if is_able and said == "fail" else said
    return _reply({"status": status, "checks": {check.name: STATUSES[check.status] for check in found}}, status)


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """Every health check, for those who may know; for others the status alone. 503 when something is wrong."""
    found = checks()
    status = WORDS[status_of(found)]
    document: dict[str, object] = {"status": status}
    if _may_look_inside(request):
        document |= {"serviceId": "ai-pipeline-orchestration", "checks": _described(found)}
    return _reply(document, status)


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics in Prometheus' text format or OpenMetrics, whichever is accepted."""
    if not _may_look_inside(request):
        said = "show METRICS_TOKEN (Authorization: Bearer …), or ask from this machine"
        return HttpResponse(f"{said}\n", status=403, content_type="text/plain; charset=utf-8")
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


def _described(found: Sequence[Check]) -> dict[str, list[dict[str, str]]]:
    document: dict[str, list[dict[str, str]]] = {}
    for check in found:
        described = {"componentId": check.name, "status": STATUSES[check.status], "output": check.said}
        hint = {"hint": check.hint} if check.hint else {}
        document.setdefault(f"{check.section}:{check.name}", []).append(described | hint)
    return document


def _reply(document: dict[str, object], status: str) -> HttpResponse:
    reply = JsonResponse(document, status=503 if status == "fail" else 200, content_type=HEALTH_JSON)
    reply["Cache-Control"] = "no-store"
    # Django writes an error line for each 503; here it is an answer, given every few seconds, and no failed request.
    reply._has_been_logged = True  # type: ignore[attr-defined]  # what django.utils.log looks at
    return reply


def _may_look_inside(request: HttpRequest) -> bool:
    if _shows_token(request) or (not settings.DJANGO.behind_proxy and _is_local(request)):
        return True
    return bool(request.user.has_perm(PERMISSION))


def _shows_token(request: HttpRequest) -> bool:
    token = settings.ORCHESTRATION.metrics_token
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    return bool(token) and scheme.lower() == "bearer" and constant_time_compare(shown.strip(), token)


def _is_local(request: HttpRequest) -> bool:
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
