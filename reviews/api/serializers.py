"""The shapes of bodies about reviews: `…Request` for what comes in, the others for what goes out."""

from rest_framework import serializers

from common.rest.fields import AnyJSON, Object, Output, StrictSerializer, Text, Whole
from common.rest.filters import LARGEST_NUMBER
from reviews.services.requests import WHOLE, Subject
from reviews.states import FOR_PEOPLE, Priority, ReviewStatus, Risk, Verdict

# Named in SPECTACULAR_SETTINGS, so that the OpenAPI document has names for them.
REVIEW_STATUSES = [one.value for one in ReviewStatus]
PRIORITIES = [one.value for one in Priority]
RISKS = [one.value for one in Risk]
VERDICTS = [one.value for one in Verdict]
DECISIONS = [one.value for one in FOR_PEOPLE]
SUBJECT_PREFIX = "api:"
"""Before the kind of what is asked for over REST, so that nobody takes the place of the product's own."""


class Reason(StrictSerializer):
    """Why a person is asked."""

    code = Text(min_length=1, max_length=50)
    message = Text(min_length=1, max_length=500, required=False)
    value = serializers.FloatField(required=False)
    threshold = serializers.FloatField(required=False)
    field = Text(min_length=1, max_length=100, required=False)


class SubjectRequest(StrictSerializer):
    """What it is about. The same kind and id again is the same review."""

    kind = Text(min_length=1, max_length=40)
    id = Text(min_length=1, max_length=100)
    label = Text(max_length=200, required=False, allow_blank=True)  # type: ignore[assignment]  # elsewhere a form's
    url = Text(max_length=500, required=False, allow_blank=True, help_text="a path of this site")

    def as_subject(self) -> Subject:
        given = self.validated_data
        kind = SUBJECT_PREFIX + given["kind"]
        return Subject(kind, given["id"], given.get("label", ""), given.get("url", ""))


def _whole(name: str) -> Whole:
    least, most = WHOLE[name]
    return Whole(min_value=least, max_value=most, required=False)


class CreateRequest(StrictSerializer):
    """A question to a person."""

    task_name = Text(min_length=1, max_length=100)
    task_type = Text(min_length=1, max_length=100)
    input = AnyJSON(required=False, allow_null=True)
    proposed_output = AnyJSON(required=False, allow_null=True)
    output_schema = Object(required=False, allow_null=True, help_text="JSON Schema, draft 2020-12, or the short form")
    instructions = Text(required=False, allow_blank=True, max_length=20_000)
    priority = serializers.ChoiceField(PRIORITIES, required=False)
    risk = serializers.ChoiceField(RISKS, required=False)
    required_specializations = serializers.ListField(
        child=Text(min_length=1, max_length=80), max_length=20, required=False
    )
    language = Text(max_length=20, required=False, allow_blank=True)
    sensitivity = _whole("sensitivity")
    policy = Text(min_length=1, max_length=64, required=False, allow_null=True)
    due_in_seconds = Whole(min_value=1, max_value=366 * 86_400, required=False, allow_null=True)
    confidence = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)
    reasons = serializers.ListField(child=Reason(), max_length=50, required=False)
    source = AnyJSON(required=False, allow_null=True)  # type: ignore[assignment]  # elsewhere where a field reads from
    may_edit = serializers.BooleanField(required=False)
    four_eyes = serializers.BooleanField(required=False)
    conflicts = serializers.ListField(child=Text(min_length=1, max_length=150), max_length=100, required=False)
    group = Text(max_length=100, required=False, allow_blank=True)
    estimated_minutes = _whole("estimated_minutes")
    undo_seconds = _whole("undo_seconds")
    subject = SubjectRequest(required=False)


class ReviewSummary(Output):
    id = serializers.UUIDField(source="review_id")
    subject_kind = serializers.CharField()
    subject_id = serializers.CharField()
    subject_label = serializers.CharField()
    subject_url = serializers.CharField()
    task_name = serializers.CharField()
    task_type = serializers.CharField()
    status = serializers.ChoiceField(REVIEW_STATUSES)
    priority = serializers.ChoiceField(PRIORITIES)
    risk = serializers.ChoiceField(RISKS)
    required = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # the column's name
    language = serializers.CharField()
    sensitivity = serializers.IntegerField()
    confidence = serializers.FloatField(allow_null=True)
    reasons = serializers.ListField(child=Object())
    may_edit = serializers.BooleanField()
    is_escalated = serializers.BooleanField()
    needs_lead = serializers.BooleanField()
    estimated_minutes = serializers.IntegerField()
    undo_seconds = serializers.IntegerField()
    version = serializers.IntegerField(help_text="+1 at every change")
    created_by = serializers.CharField()
    close_reason = serializers.CharField()
    assignee = serializers.CharField(allow_null=True)
    assignee_name = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    lease_expires_at = serializers.DateTimeField(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    effective_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class Next(Output):
    """What you would be given next; null when nothing waits for you."""

    review = ReviewSummary(allow_null=True)


class Decision(Output):
    decision = serializers.ChoiceField(VERDICTS)
    output = AnyJSON(allow_null=True)
    comment = serializers.CharField()
    reason_code = serializers.CharField()
    by = serializers.CharField(help_text="the actor on record, such as reviewer:ana or policy:contracts@3")
    by_name = serializers.CharField(source="label")
    channel = serializers.CharField()
    decided_at = serializers.DateTimeField()
    effective_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)


class Question(Output):
    question = serializers.CharField()
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    answer = serializers.CharField()
    answered_by = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)


class ReviewDetail(ReviewSummary):
    input = AnyJSON(allow_null=True)
    proposed_output = AnyJSON(allow_null=True)
    output_schema = AnyJSON(allow_null=True)
    source = AnyJSON(allow_null=True)  # type: ignore[assignment]  # the column's name
    instructions = serializers.CharField()
    policy = serializers.CharField(allow_null=True)
    shown_digest = serializers.CharField(help_text="SHA-256 of all that the reviewer is shown")
    decisions = Decision(many=True)
    questions = Question(many=True)


class Claim(Output):
    """A claim: decide, save and renew with its token until somebody else claims."""

    token = serializers.IntegerField()
    lease_expires_at = serializers.DateTimeField()
    review = ReviewDetail()


class TokenRequest(StrictSerializer):
    token = Whole(min_value=0, max_value=LARGEST_NUMBER)


class Lease(Output):
    lease_expires_at = serializers.DateTimeField()


class DecideRequest(StrictSerializer):
    decision = serializers.ChoiceField(DECISIONS)
    token = Whole(min_value=0, max_value=LARGEST_NUMBER, help_text="of the claim")
    output = AnyJSON(required=False, allow_null=True, help_text="the corrected output; left out, it is as proposed")
    comment = Text(required=False, allow_blank=True, max_length=10_000)
    reason_code = Text(required=False, allow_blank=True, max_length=50)
    undo_seconds = Whole(min_value=0, max_value=3600, required=False)


class ReasonRequest(StrictSerializer):
    reason = Text(required=False, allow_blank=True, max_length=300)


class EscalateRequest(StrictSerializer):
    reason = Text(min_length=1, max_length=10_000)
    token = Whole(min_value=0, max_value=LARGEST_NUMBER, required=False)


class ReassignRequest(StrictSerializer):
    to = Text(
        min_length=1,
        max_length=64,
        required=False,
        allow_null=True,
        help_text="a reviewer's id; left out, whom it suits best",
    )
    reason = Text(required=False, allow_blank=True, max_length=300)
    over_capacity = serializers.BooleanField(required=False)


class SnoozeRequest(StrictSerializer):
    until = serializers.DateTimeField()


class AnswerRequest(StrictSerializer):
    answer = Text(min_length=1, max_length=10_000)


class DraftRequest(StrictSerializer):
    output = AnyJSON(required=False, allow_null=True)
    comment = Text(required=False, allow_blank=True, max_length=10_000)
    version = Whole(
        min_value=0, max_value=LARGEST_NUMBER, required=False, help_text="of the draft that this one replaces; 0: none"
    )


class Draft(Output):
    output = AnyJSON(allow_null=True)
    comment = serializers.CharField()
    version = serializers.IntegerField(help_text="0: nothing is written yet")
    updated_at = serializers.DateTimeField(allow_null=True)


class ReviewEvent(Output):
    sequence = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    sentence = serializers.CharField()
    actor = serializers.CharField()
    actor_name = serializers.CharField()
    channel = serializers.CharField()
    before = Object()
    after = Object()
    details = Object()


class Why(Output):
    question = serializers.CharField(help_text="why them, who now, why nobody, or over")
    sentence = serializers.CharField()
    chosen = serializers.CharField(allow_null=True)
    candidates = serializers.ListField(child=Object())
    remedies = serializers.ListField(child=serializers.CharField())
    can_wait = serializers.BooleanField()
