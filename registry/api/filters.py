"""What lists can be narrowed down by."""

import django_filters as filters
from django.db.models import QuerySet

from common.rest.filters import TimeFilter, described, text_filter
from registry.models import ModelVersion, PointerMove, RegisteredModel, VerificationRecord
from registry.selectors.versions import having_tag
from registry.states import VersionKind, VersionState


class ModelFilter(filters.FilterSet):
    search = text_filter("name", "part of the name", lookup_expr="icontains")

    class Meta:
        model = RegisteredModel
        fields: list[str] = []


class VersionFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(
        choices=[(word.value, word.value) for word in VersionState], help_text="one or more, repeated"
    )
    kind = filters.ChoiceFilter(choices=[(word.value, word.value) for word in VersionKind])
    digest = text_filter("digest", "SHA-256 over what it is made of, in hex")
    tag = described(filters.CharFilter(method="filter_tag", strip=False, help_text="a tag"), type="string", minLength=1)

    class Meta:
        model = ModelVersion
        fields: list[str] = []

    def filter_tag(self, queryset: QuerySet[ModelVersion], name: str, value: str) -> QuerySet[ModelVersion]:
        return having_tag(queryset, value)


class MoveFilter(filters.FilterSet):
    pointer = text_filter("pointer", "`default`, or an alias")
    before = TimeFilter(field_name="at", lookup_expr="lte", help_text="at this time or earlier")

    class Meta:
        model = PointerMove
        fields: list[str] = []


class VerificationFilter(filters.FilterSet):
    class Meta:
        model = VerificationRecord
        fields: list[str] = []
