"""The list of rules and the editor, which shows before saving what a rule would have done."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from common.clock import database_now
from common.errors import OrchestrationError
from monitoring.exceptions import InvalidRule
from monitoring.forms.rules import BACK, RuleForm, initial_of
from monitoring.metrics.catalogue import all_metrics
from monitoring.models import AlertRule
from monitoring.ready_made import ready_made_rules
from monitoring.selectors.alerts import all_rules
from monitoring.selectors.backtest import backtest
from monitoring.services import rules as verbs
from monitoring.services.changing import change_rule, create_rule
from monitoring.services.retention import kept_since
from monitoring.states import ACTIVE_ALERT, Level
from monitoring.views import parts
from monitoring.views.alert_rows import SEVERITY_STATES
from monitoring.views.backtest_chart import Preview, preview
from web.access import page
from web.confirm import Question, ask
from web.quantities import plural

ON_PAGE = 50
WORDS = {"24h": "the last 24 hours", "7d": "the last 7 days", "30d": "the last 30 days"}
ASKS = require_http_methods(["GET", "HEAD", "POST"])
FIRING = Count("alerts", filter=Q(alerts__status__in=ACTIVE_ALERT))


@page(parts.READ_RULES)
def rules(request: HttpRequest) -> HttpResponse:
    """`q` finds by name and metric, `page` turns."""
    text = request.GET.get("q", "").strip()[:200].replace("\x00", "")
    rows = all_rules().annotate(firing=FIRING)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(metric_name__icontains=text) | Q(pipeline__id__icontains=text))
    shown, pager = parts.page_of(request, rows, ON_PAGE, "rules by name")
    total = AlertRule.objects.count()
    context = {
        "tabs": parts.tabs(request, "alert-rules"),
        "rows": [_row(rule) for rule in shown],
        "pager": pager,
        "text": text,
        "total": total,
        "missing": _missing(),
        "sentence": _sentence(total),
        "can_add": request.user.has_perm(parts.ADD_RULE),
        "can_change": request.user.has_perm(parts.CHANGE_RULE),
    }
    return render(request, "monitoring/rules.html", context)


def _row(rule: AlertRule) -> dict[str, Any]:
    return {
        "rule": rule,
        "state": SEVERITY_STATES[rule.severity],  # type: ignore[index]  # a StrEnum is its text
        "condition": parts.condition(rule),
        "firing": rule.firing,  # type: ignore[attr-defined]  # annotated
    }


def _missing() -> int:
    """How many of the ready-made rules are not there."""
    names = {rule.name for rule in ready_made_rules()}
    return len(names) - AlertRule.objects.filter(pipeline=None, name__in=names).count()


def _sentence(total: int) -> str:
    if not total:
        return "There is no rule yet. Start with the ready-made ones, or write one."
    off = AlertRule.objects.filter(enabled=False).count()
    broken = AlertRule.objects.filter(enabled=True).exclude(last_error="").count()
    told = f"{total - off} of {plural(total, 'rule is', 'rules are')} on"
    if broken:
        return f"{told}; {broken} of them cannot be evaluated and {'needs' if broken == 1 else 'need'} correcting."
    return f"{told}, each evaluated every 15 seconds."


@ASKS
@page(parts.ADD_RULE)
def new_rule(request: HttpRequest) -> HttpResponse:
    """An empty form, or with `?copy=` what another rule says."""
    start = AlertRule(metric_name="error_rate", threshold=0.1, window_seconds=900, enabled=True)
    copied = request.GET.get("copy", "")
    if copied.isascii() and copied.isdigit() and len(copied) < 10:
        start = AlertRule.objects.filter(pk=int(copied)).first() or start
    return _edit(request, start, None)


@ASKS
@page(parts.READ_RULES)
@parts.missing_is_404
def rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """One rule; who may not change it can still replay it."""
    found = verbs.find_rule(rule_id)
    return _edit(request, found, found)


def _edit(request: HttpRequest, start: AlertRule, saved: AlertRule | None) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    form = RuleForm(sent, initial=initial_of(start))
    over = request.POST.get("over", request.GET.get("over", "24h"))
    over = over if over in BACK else "24h"
    shown: Preview | None = None
    if form.is_bound and form.is_valid():
        try:
            if "save" in request.POST and _may_save(request, saved):
                return _save(request, form, saved)
            shown = _replay(form.rule(), over)
        except InvalidRule as error:
            form.add_problems(error)
        except OrchestrationError as error:
            form.add_error("name", parts.sentence(str(error)))
    elif not form.is_bound and saved is not None:
        shown = _replay_saved(saved, over)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "monitoring/rule.html", _context(request, form, saved, shown, over), status=status)


def _may_save(request: HttpRequest, saved: AlertRule | None) -> bool:
    return request.user.has_perm(parts.CHANGE_RULE if saved else parts.ADD_RULE)


def _context(
    request: HttpRequest, form: RuleForm, saved: AlertRule | None, shown: Preview | None, over: str
) -> dict[str, Any]:
    return {
        "tabs": parts.tabs(request, "alert-rules"),
        "form": form,
        "rule": saved,
        "condition": parts.sentence(parts.condition(saved)) if saved else "",
        "open": saved.alerts.filter(status__in=ACTIVE_ALERT).count() if saved else 0,
        "preview": shown,
        "over": over,
        "overs": list(WORDS.items()),
        "metrics": all_metrics(),
        "can_save": _may_save(request, saved),
        "can_delete": saved is not None and request.user.has_perm(parts.DELETE_RULE),
        "can_add": request.user.has_perm(parts.ADD_RULE),
        "can_silence": saved is not None and request.user.has_perm(parts.ADD_SILENCE),
    }


def _save(request: HttpRequest, form: RuleForm, saved: AlertRule | None) -> HttpResponse:
    made = form.rule()
    if saved is None:
        made = create_rule(rule=made, pipeline_id=form.pipeline_id)
    else:
        made = change_rule(rule_id=saved.pk, changes=form.changes())
    messages.success(request, f"“{made.name}” is saved and evaluated from now on." if made.enabled else "Saved.")
    return redirect("alert-rule", rule_id=made.pk)


def _replay(rule: AlertRule, over: str) -> Preview:
    """Over what is kept of the time asked for."""
    end = database_now()
    start = max(end - timedelta(days=BACK[over]), kept_since(Level.MINUTE, end))
    return preview(rule, backtest(rule, start, end), WORDS[over])


def _replay_saved(saved: AlertRule, over: str) -> Preview | None:
    """A rule that cannot work any more shows why when it is saved."""
    try:
        return _replay(saved, over)
    except OrchestrationError:
        return None


@ASKS
@page(parts.DELETE_RULE)
@parts.missing_is_404
def delete_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    found = verbs.find_rule(rule_id)
    address = reverse("alert-rule", kwargs={"rule_id": rule_id})
    question = Question(
        title=f"Delete “{found.name}”?",
        text="Its alerts and their messages are deleted too. Switching it off keeps them.",
        action="Delete the rule",
        parents=(
            *parts.parents("Rules", "alert-rules"),
            (found.name, address),
        ),
        is_danger=True,
    )
    if request.method != "POST":
        return ask(request, question)
    verbs.delete_rule(rule_id=rule_id)
    messages.success(request, f"“{found.name}” is deleted.")
    return redirect("alert-rules")


@require_POST
@page(parts.CHANGE_RULE)
@parts.missing_is_404
def switch_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """`enabled=yes` or `no`."""
    enabled = request.POST.get("enabled") == "yes"
    found = verbs.set_rule_enabled(rule_id=rule_id, enabled=enabled)
    messages.success(request, f"“{found.name}” is {'on' if enabled else 'off; its open alerts are resolved'}.")
    return redirect("alert-rules")


@require_POST
@page(parts.ADD_RULE)
def install_ready_made(request: HttpRequest) -> HttpResponse:
    """The ready-made rules that are missing."""
    made = verbs.install_ready_made()
    messages.success(request, f"{len(made)} ready-made rules were added; their thresholds are starting points.")
    return redirect("alert-rules")
