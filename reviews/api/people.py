"""`/reviewers`: who reviews, what they can do, and when they are away."""

from typing import Any

import django_filters as filters
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from common.rest.fields import Object, Output, StrictSerializer, Text, Whole
from common.rest.filters import text_filter
from reviews import clock
from reviews.actors import find_reviewer
from reviews.api import parameters
from reviews.api.filters import true_or_false
from reviews.api.who import CHANNEL
from reviews.assignment.team import open_loads
from reviews.checks import LARGEST_SMALL
from reviews.exceptions import InvalidReview, ReviewerNotFound
from reviews.models import Absence as AbsenceRow
from reviews.models import ReviewerProfile
from reviews.selectors.people import coming_absences
from reviews.services.reviewers import (
    ID_WORDS,
    MOST_REVIEWS,
    add_absence,
    register_reviewer,
    remove_absence,
    update_reviewer,
)
from reviews.states import Availability
from reviews.views.who import who_looks
from web.roles.asking import explain

VIEW = "reviews.view_reviewerprofile"
CHANGE = "reviews.change_reviewerprofile"
AVAILABILITIES = [one.value for one in Availability]


class Reviewer(Output):
    id = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    specializations = serializers.SerializerMethodField(help_text="with levels, such as legal:4")
    languages = serializers.ListField(child=serializers.CharField())
    max_concurrent_reviews = serializers.IntegerField()
    load = serializers.SerializerMethodField(help_text="the weight of what they have now")
    clearance = serializers.IntegerField()
    availability = serializers.ChoiceField(AVAILABILITIES)
    away_until = serializers.DateTimeField(allow_null=True)
    time_zone = serializers.CharField()
    working_hours = Object()
    is_lead = serializers.BooleanField()
    is_scripted = serializers.BooleanField()
    is_active = serializers.BooleanField()
    user = serializers.SerializerMethodField(help_text="the login")

    def get_specializations(self, row: ReviewerProfile) -> list[str]:
        return [f"{skill.name}:{skill.level}" for skill in row.skill_list]

    def get_load(self, row: ReviewerProfile) -> int:
        loads: dict[str, int] = self.context["loads"]
        return loads.get(row.pk, 0)

    @extend_schema_field({"type": ["string", "null"]})
    def get_user(self, row: ReviewerProfile) -> str | None:
        return row.user.get_username() if row.user else None


class ReviewerChanges(StrictSerializer):
    name = Text(min_length=1, max_length=150, required=False)
    email = serializers.EmailField(required=False, allow_blank=True)
    specializations = serializers.ListField(child=Text(min_length=1, max_length=80), max_length=100, required=False)
    languages = serializers.ListField(child=Text(min_length=1, max_length=20), max_length=50, required=False)
    max_concurrent_reviews = Whole(min_value=1, max_value=MOST_REVIEWS, required=False)
    clearance = Whole(min_value=0, max_value=LARGEST_SMALL, required=False)
    availability = serializers.ChoiceField(AVAILABILITIES, required=False)
    away_until = serializers.DateTimeField(required=False, allow_null=True)
    time_zone = Text(min_length=1, max_length=64, required=False)
    working_hours = Object(required=False, help_text='{"mon": ["09:00-12:30", "13:00-17:00"], …}; {} is always')
    is_lead = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)
    user = Text(
        min_length=1, max_length=150, required=False, allow_null=True, help_text="the login of this reviewer, or null"
    )


class RegisterRequest(StrictSerializer):
    id = Text(min_length=1, max_length=64, help_text=ID_WORDS)
    name = Text(min_length=1, max_length=150)
    email = serializers.EmailField(required=False, allow_blank=True)
    specializations = serializers.ListField(child=Text(min_length=1, max_length=80), max_length=100, required=False)
    max_concurrent_reviews = Whole(min_value=1, max_value=MOST_REVIEWS, required=False)
    is_lead = serializers.BooleanField(required=False)
    user = Text(
        min_length=1, max_length=150, required=False, allow_null=True, help_text="the login of this reviewer, or null"
    )


class AbsenceRequest(StrictSerializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    substitute = Text(min_length=1, max_length=64, required=False, allow_null=True, help_text="a reviewer's id")
    reason = Text(max_length=200, required=False, allow_blank=True)


class Absence(Output):
    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    substitute = serializers.CharField(source="substitute_id", allow_null=True)
    reason = serializers.CharField()


class ReviewerFilter(filters.FilterSet):
    search = text_filter("name", "part of the name", lookup_expr="icontains")
    specialization = text_filter("skills__name", "something they know")
    is_lead = true_or_false("gets what is escalated")
    is_active = true_or_false("gets reviews")

    class Meta:
        model = ReviewerProfile
        fields: list[str] = []


class ReviewerViewSet(ListModelMixin, GenericViewSet[ReviewerProfile]):
    """Reviewers by id."""

    queryset = ReviewerProfile.objects.none()
    permissions_needed = {
        **dict.fromkeys(("list", "retrieve", "partial_update"), VIEW),
        "create": CHANGE,
    }
    serializer_class = Reviewer
    filterset_class = ReviewerFilter
    ordering = ("id",)

    def get_queryset(self) -> QuerySet[ReviewerProfile]:
        return ReviewerProfile.objects.select_related("user").prefetch_related("skills")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Reviewers by id, with what they have now."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = {"loads": open_loads(row.pk for row in page)}
        return self.get_paginated_response(Reviewer(page, many=True, context=context).data)

    @extend_schema(
        request=RegisterRequest,
        responses={
            201: Reviewer,
            200: OpenApiResponse(Reviewer, "The reviewer was there, and is updated."),
            **parameters.MAKES_NO_SENSE,
        },
    )
    def create(self, request: Request) -> Response:
        """Register a reviewer. The same id again updates name, e-mail, specializations and capacity, and `is_lead` and
        `user` where they are given; nothing else."""
        body = RegisterRequest(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        skills = given.pop("specializations", ())
        more = {name: given.pop(name) for name in ("is_lead", "user") if name in given}
        if "user" in more:
            more["user"] = _find_login(more["user"])
        by, known = who_looks(request).actor, ReviewerProfile.objects.filter(pk=given["id"]).exists()
        profile = ReviewerProfile(**given, **more)
        profile.specializations = skills
        with transaction.atomic():
            made = register_reviewer(reviewer=profile, by=by, channel=CHANNEL)
            if more:  # of one there is already, registering leaves these as they are
                made = update_reviewer(reviewer_id=made.pk, by=by, channel=CHANNEL, **more)
        return Response(_show(made), status=200 if known else 201)

    @extend_schema(parameters=[parameters.REVIEWER_ID], responses=Reviewer)
    def retrieve(self, request: Request, reviewer_id: str) -> Response:
        """One reviewer."""
        return Response(_show(find_reviewer(reviewer_id)))

    @extend_schema(
        parameters=[parameters.REVIEWER_ID],
        request=ReviewerChanges,
        responses={200: Reviewer, **parameters.MAKES_NO_SENSE},
    )
    def partial_update(self, request: Request, reviewer_id: str) -> Response:
        """Change a profile. Your own availability you may always change."""
        reviewer = find_reviewer(reviewer_id)
        body = ReviewerChanges(data=request.data)
        body.is_valid(raise_exception=True)
        changes = dict(body.validated_data)
        if set(changes) - {"availability", "away_until"} or not _is_me(request, reviewer):
            _check(request)
        if "user" in changes:
            changes["user"] = _find_login(changes["user"])
        skills = changes.pop("specializations", None)
        by = who_looks(request).actor
        found = update_reviewer(reviewer_id=reviewer.pk, by=by, specializations=skills, channel=CHANNEL, **changes)
        return Response(_show(found))


class AbsenceViewSet(GenericViewSet[AbsenceRow]):
    """When a reviewer is away."""

    queryset = AbsenceRow.objects.none()
    permissions_needed = dict.fromkeys(("list", "create", "destroy"), VIEW)
    serializer_class = Absence
    pagination_class = None

    @extend_schema(parameters=[parameters.REVIEWER_ID], responses=Absence(many=True))
    def list(self, request: Request, reviewer_id: str) -> Response:
        """Absences that are not over, the next first; at most 50."""
        reviewer = find_reviewer(reviewer_id)
        return Response(Absence(coming_absences(reviewer, clock.now()), many=True).data)

    @extend_schema(
        parameters=[parameters.REVIEWER_ID],
        request=AbsenceRequest,
        responses={201: Absence, **parameters.MAKES_NO_SENSE},
    )
    def create(self, request: Request, reviewer_id: str) -> Response:
        """Enter an absence; yours, or anybody's with the right to change reviewers."""
        reviewer = find_reviewer(reviewer_id)
        body = AbsenceRequest(data=request.data)
        body.is_valid(raise_exception=True)
        if not _is_me(request, reviewer):
            _check(request)
        by = who_looks(request).actor
        made = add_absence(reviewer_id=reviewer.pk, by=by, channel=CHANNEL, **body.validated_data)
        return Response(Absence(made).data, status=201)

    @extend_schema(parameters=[parameters.REVIEWER_ID, parameters.ABSENCE_ID], responses={204: None})
    def destroy(self, request: Request, reviewer_id: str, absence_id: int) -> Response:
        """Take an absence back. What was moved because of it stays moved."""
        reviewer = find_reviewer(reviewer_id)
        if not _is_me(request, reviewer):
            _check(request)
        if not AbsenceRow.objects.filter(pk=absence_id, reviewer=reviewer).exists():
            raise ReviewerNotFound(f'the reviewer "{reviewer.pk}" has no absence {absence_id}')
        remove_absence(absence_id=absence_id, by=who_looks(request).actor, channel=CHANNEL)
        return Response(status=204)


def _show(reviewer: ReviewerProfile) -> Any:
    return Reviewer(reviewer, context={"loads": open_loads([reviewer.pk])}).data


def _is_me(request: Request, reviewer: ReviewerProfile) -> bool:
    return reviewer.user_id is not None and reviewer.user_id == request.user.pk


def _check(request: Request) -> None:
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied(explain(CHANGE, request.user))


def _find_login(name: str | None) -> Any:
    if name is None:
        return None
    found = get_user_model()._default_manager.filter(username=name).first()
    if found is None:
        raise InvalidReview(f'there is no login "{name[:80]}"', [("/user", "must be the name of a login, or null")])
    return found
