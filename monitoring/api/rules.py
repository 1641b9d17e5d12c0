"""`/alert-rules`: when to raise an alert, and what a rule would have done on the past."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from monitoring.api import parameters, serializers
from monitoring.api.filters import RuleFilter
from monitoring.api.parameters import read_body
from monitoring.exceptions import InvalidRule
from monitoring.models import AlertRule
from monitoring.selectors.alerts import all_rules
from monitoring.selectors.backtest import backtest
from monitoring.selectors.metrics import period
from monitoring.services.changing import change_rule, create_rule
from monitoring.services.rules import delete_rule, find_rule

READ, DAY = "monitoring.view_alertrule", timedelta(days=1)
MOST_INCIDENTS = 500
MISTAKES = OpenApiResponse(description="The rule could never work, or the time cannot be replayed; `errors` says why.")
TAKEN = OpenApiResponse(description="Another rule of this scope has this name.")


class RuleViewSet(ListModelMixin, GenericViewSet[AlertRule]):
    """Alert rules."""

    queryset = AlertRule.objects.none()  # tells the OpenAPI document the type of rows
    permissions_needed = {
        **dict.fromkeys(("list", "retrieve", "backtest", "backtest_saved"), READ),
        "create": "monitoring.add_alertrule",
        "partial_update": "monitoring.change_alertrule",
        "destroy": "monitoring.delete_alertrule",
    }
    serializer_class = serializers.Rule
    filterset_class = RuleFilter
    ordering = ("id",)

    def get_queryset(self) -> QuerySet[AlertRule]:
        return all_rules()

    @extend_schema(
        request=serializers.RuleRequest, responses={201: serializers.Rule, 404: None, 409: TAKEN, 422: MISTAKES}
    )
    def create(self, request: Request) -> Response:
        """Add a rule; it is evaluated from then on."""
        asked = read_body(serializers.RuleRequest, request)
        pipeline = asked.pop("pipeline", None)
        made = _pointed(create_rule, rule=AlertRule(**asked), pipeline_id=pipeline)
        address = reverse("alert-rule-detail", kwargs={"rule_id": made.pk}, request=request)
        return Response(serializers.Rule(made).data, status=201, headers={"Location": address})

    @extend_schema(parameters=[parameters.RULE_ID], responses=serializers.Rule)
    def retrieve(self, request: Request, rule_id: int) -> Response:
        """A rule."""
        return Response(serializers.Rule(find_rule(rule_id)).data)

    @extend_schema(
        parameters=[parameters.RULE_ID],
        request=serializers.RuleChange,
        responses={200: serializers.Rule, 409: TAKEN, 422: MISTAKES},
    )
    def partial_update(self, request: Request, rule_id: int) -> Response:
        """Change a rule; what is not said stays. Its open alerts go on by what it says now."""
        asked = read_body(serializers.RuleChange, request)
        return Response(serializers.Rule(_pointed(change_rule, rule_id=rule_id, changes=asked)).data)

    @extend_schema(parameters=[parameters.RULE_ID], responses={204: None})
    def destroy(self, request: Request, rule_id: int) -> Response:
        """Delete a rule with its alerts; `{"enabled": false}` keeps them."""
        delete_rule(rule_id=rule_id)
        return Response(status=204)

    @extend_schema(
        operation_id="alert_rules_backtest_saved",
        parameters=[parameters.RULE_ID],
        request=serializers.PeriodRequest,
        responses={200: serializers.BacktestAnswer, 422: MISTAKES},
    )
    def backtest_saved(self, request: Request, rule_id: int) -> Response:
        """What a saved rule would have done over a time (default: the last day, at most 31)."""
        return _replayed(find_rule(rule_id), read_body(serializers.PeriodRequest, request))

    @extend_schema(
        operation_id="alert_rules_backtest",
        request=serializers.BacktestRequest,
        responses={200: serializers.BacktestAnswer, 404: None, 422: MISTAKES},
    )
    def backtest(self, request: Request) -> Response:
        """What a rule would have done over a time; nothing is saved."""
        asked = read_body(serializers.BacktestRequest, request)
        columns = dict(asked.pop("rule"))
        return _replayed(AlertRule(pipeline_id=columns.pop("pipeline", None), **columns), asked)


def _replayed(rule: AlertRule, asked: dict[str, Any]) -> Response:
    start, end = period(asked.get("start"), asked.get("end"), DAY)
    found = _pointed(backtest, rule=rule, start=start, end=end)
    incidents = found.incidents
    answer = {
        "start": found.start,
        "end": found.end,
        "messages": found.messages,
        "firing_seconds": found.firing_seconds,
        "value_percentiles": found.value_percentiles,
        "incident_count": len(incidents),
        "incidents": incidents[-MOST_INCIDENTS:],
    }
    return Response(serializers.BacktestAnswer(answer).data)


def _pointed(verb: Any, **asked: Any) -> Any:
    """The verb's answer; what is wrong with a rule is named by its place in the body."""
    try:
        return verb(**asked)
    except InvalidRule as error:
        places = tuple((f"/{field}", message) for field, message in error.problems)
        raise InvalidRule(str(error), places) from error
