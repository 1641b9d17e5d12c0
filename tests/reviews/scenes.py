"""What the review tests begin with: reviewers and requests, made as callers make them."""

from datetime import timedelta
from typing import Any

from reviews.models import ReviewerProfile, ReviewRequest
from reviews.services.requests import Subject, open_review
from reviews.services.reviewers import register_reviewer

INVOICE_SCHEMA = {
    "type": "object",
    "properties": {"total": {"type": "number", "minimum": 0}, "currency": {"enum": ["EUR", "USD"]}},
    "required": ["total", "currency"],
    "additionalProperties": False,
}


def reviewer(key: str = "ana", *specializations: str, capacity: int = 5, **columns: Any) -> ReviewerProfile:
    columns = {"name": key.capitalize(), "email": f"{key}@example.com"} | columns
    profile = ReviewerProfile(id=key, max_concurrent_reviews=capacity, **columns)
    profile.specializations = specializations
    return register_reviewer(reviewer=profile)


def review(subject_id: str = "", **options: Any) -> ReviewRequest:
    given: dict[str, Any] = {"task_name": "check_invoice", "task_type": "validation", "input_data": {"text": "12 EUR"}}
    if subject_id:
        given["subject"] = Subject("task_run", subject_id, f"Invoice {subject_id}", "/executions/1/")
    if "output_schema" not in options and "proposed_output" not in options:
        given |= {"proposed_output": {"total": 12, "currency": "EUR"}, "output_schema": INVOICE_SCHEMA}
    return open_review(**given | options)


def again(found: ReviewRequest) -> ReviewRequest:
    return ReviewRequest.objects.get(pk=found.pk)


HOURS = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
hours = lambda number: timedelta(hours=number)  # noqa: E731 - reads as a unit
