"""`/review-policies`: what happens when nobody acts, with a preview as a timeline."""

import re
from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from common.rest.fields import Object, Output, StrictSerializer, Text, Whole
from common.rest.filters import LARGEST_NUMBER
from common.rest.parameters import BadParameter
from reviews import clock
from reviews.api import parameters
from reviews.api.who import CHANNEL
from reviews.escalation.timeline import preview
from reviews.exceptions import InvalidReview, PolicyNotFound
from reviews.forms.policies import step_initial
from reviews.models import EscalationPolicyVersion
from reviews.selectors.policies import find_version, list_policies
from reviews.services.policies import preview_policy, save_policy
from reviews.states import FOR_POLICIES, StepAction, StepCondition
from reviews.views.who import who_looks

VIEW = "reviews.view_escalationpolicy"
CHANGE = "reviews.change_escalationpolicy"
_SLUG = re.compile("[A-Za-z0-9_-]{1,64}")
VERSION = OpenApiParameter(
    "version", {"type": "integer", "minimum": 1, "maximum": LARGEST_NUMBER}, OpenApiParameter.QUERY
)


class Step(StrictSerializer):
    """One step; `after` is a time or a share of the time until the review is due."""

    after = Text(min_length=1, max_length=20, help_text='"30m", "4h", "2d" or "50%"')
    action = serializers.ChoiceField([one.value for one in StepAction])
    condition = serializers.ChoiceField([one.value for one in StepCondition], required=False)
    decision = serializers.ChoiceField([*(one.value for one in FOR_POLICIES), ""], required=False)
    notify = serializers.ListField(
        child=Text(min_length=1, max_length=254),
        max_length=20,
        required=False,
        help_text="assignee, leads, webhooks, or e-mail",
    )


class Content(StrictSerializer):
    """What a policy says."""

    steps = serializers.ListField(child=Step(), max_length=20)
    due_in_seconds = Whole(min_value=1, max_value=366 * 86_400, required=False, allow_null=True)
    business_hours = Object(required=False, help_text='{"mon": ["09:00-17:00"], …}; {} is around the clock')
    time_zone = Text(min_length=1, max_length=64, required=False)
    holidays = serializers.ListField(child=Text(min_length=1, max_length=10), max_length=400, required=False)
    may_approve = serializers.BooleanField(required=False)


class PolicyRequest(Content):
    name = Text(min_length=1, max_length=150, required=False)


class PreviewRequest(Content):
    start = serializers.DateTimeField(required=False)
    high_risk = serializers.BooleanField(required=False)


class Policy(Output):
    id = serializers.CharField(source="policy_id")
    name = serializers.CharField(source="policy.name")
    is_active = serializers.BooleanField(source="policy.is_active")
    version = serializers.IntegerField(source="number")
    due_in_seconds = serializers.IntegerField(source="due_seconds", allow_null=True)
    business_hours = Object()
    time_zone = serializers.CharField()
    holidays = serializers.ListField(child=serializers.CharField())
    may_approve = serializers.BooleanField()
    steps = serializers.SerializerMethodField()
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()

    def get_steps(self, version: EscalationPolicyVersion) -> list[dict[str, Any]]:
        return [{**step_initial(step), "notify": step.notify} for step in version.steps.all()]


class Moment(Output):
    at = serializers.DateTimeField()
    action = serializers.CharField()
    sentence = serializers.CharField()


class PolicyViewSet(GenericViewSet[EscalationPolicyVersion]):
    """Escalation policies; a change makes a version, and reviews that run keep theirs."""

    queryset = EscalationPolicyVersion.objects.none()
    permissions_needed = {
        **dict.fromkeys(("list", "retrieve", "timeline", "preview"), VIEW),
        "update": CHANGE,
    }
    serializer_class = Policy
    pagination_class = None

    @extend_schema(responses=Policy(many=True))
    def list(self, request: Request) -> Response:
        """Every policy with its newest version; at most 200."""
        return Response(Policy([version for _, version in list_policies()], many=True).data)

    @extend_schema(parameters=[parameters.POLICY_ID, VERSION], responses=Policy)
    def retrieve(self, request: Request, policy_id: str) -> Response:
        """A policy's newest version, or the one asked for."""
        return Response(Policy(_find(policy_id, request)).data)

    @extend_schema(
        parameters=[parameters.POLICY_ID],
        request=PolicyRequest,
        responses={200: Policy, **parameters.MAKES_NO_SENSE},
    )
    def update(self, request: Request, policy_id: str) -> Response:
        """Save a policy. The same content again makes no new version."""
        given = _content(PolicyRequest, request)
        if not _SLUG.fullmatch(policy_id):
            raise InvalidReview("a policy's id has 1 to 64 letters, digits, hyphens and underscores")
        saved = save_policy(policy_id=policy_id, by=who_looks(request).actor, channel=CHANNEL, **given)
        return Response(Policy(find_version(policy_id, saved.number)).data)

    @extend_schema(parameters=[parameters.POLICY_ID, VERSION], responses=Moment(many=True))
    def timeline(self, request: Request, policy_id: str) -> Response:
        """What happens to a review that is opened now if nobody acts."""
        return Response(Moment(preview(_find(policy_id, request), clock.now()), many=True).data)

    @extend_schema(request=PreviewRequest, responses={200: Moment(many=True), **parameters.MAKES_NO_SENSE})
    def preview(self, request: Request) -> Response:
        """What a policy of this content would do. Saves nothing."""
        given = _content(PreviewRequest, request)
        start, is_high_risk = given.pop("start", None) or clock.now(), given.pop("high_risk", False)
        return Response(Moment(preview_policy(start=start, is_high_risk=is_high_risk, **given), many=True).data)


def _content(kind: type[Content], request: Request) -> dict[str, Any]:
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    given = dict(body.validated_data)
    seconds = given.pop("due_in_seconds", None)
    given["due_in"] = timedelta(seconds=seconds) if seconds else None
    given["steps"] = [_step(step) for step in given["steps"]]
    return given


def _step(given: dict[str, Any]) -> dict[str, Any]:
    """As the services have it; the wire has no member called `if`."""
    step = {name: value for name, value in given.items() if name != "condition"}
    return step | {"if": given.get("condition", "always")}


def _find(policy_id: str, request: Request) -> EscalationPolicyVersion:
    if unknown := sorted(set(request.query_params) - {"version"}):
        raise BadParameter({unknown[0]: "unknown parameter; there is version"})
    text = request.query_params.get("version")
    if text is not None and not (text.isascii() and text.isdigit() and 1 <= int(text[:10]) <= LARGEST_NUMBER):
        raise BadParameter({"version": "give the number of a version"})
    found = find_version(policy_id, int(text) if text else None)
    if found is None:
        raise PolicyNotFound(f'there is no escalation policy "{policy_id[:64]}", or it has no such version')
    return found
