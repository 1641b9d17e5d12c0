"""The chapter about people: an invoice with an uncertain date is put before a reviewer, here a scripted one."""

from uuid import UUID

from django.contrib.auth import get_user_model

from orchestration.engine.blobs import load_value
from orchestration.engine.store import Origin
from orchestration.models import Execution, TaskRun
from orchestration.services.chapters import Stage, Told
from orchestration.services.demonstration import EXAMPLES, read_document, register_example, submit_document
from orchestration.states import TERMINAL_EXECUTION, ExecutionStatus, Trigger
from reviews.models import ReviewerProfile
from reviews.scripted import ScriptedReviewer
from reviews.services.reviewers import register_reviewer

TITLE = "A person decides"
PIPELINE_FILE = EXAMPLES / "invoice_review.yaml"
DOCUMENT = "05-invoice-consulting.md"
SPECIALIZATIONS = ("finance",)


def submit_uncertain_invoice(origin: Origin) -> UUID:
    """Submit the invoice whose date the model is not sure of: its execution will wait for a person."""
    return submit_document(version=register_example(PIPELINE_FILE), document=read_document(DOCUMENT), origin=origin)


def make_reviewer(username: str) -> None:
    """Let a login, if there is one of this name, decide: a profile that knows what the invoice asks for."""
    user = get_user_model().objects.filter(username=username).first()
    if user is not None:
        reviewer = ReviewerProfile(id=username, name=user.get_full_name() or username, email=user.email, user=user)
        reviewer.specializations = SPECIALIZATIONS
        register_reviewer(reviewer=reviewer, channel="command")


def tell(stage: Stage) -> Told:
    key = submit_uncertain_invoice(Origin(Trigger.COMMAND))
    if stage.wait(key, (ExecutionStatus.WAITING, *TERMINAL_EXECUTION)) != ExecutionStatus.WAITING:
        return Told((f"{DOCUMENT} did not come to wait for a person.",), False, {"execution_id": str(key)})
    review = TaskRun.objects.select_related("review").get(execution=key, review__isnull=False).review
    reasons = "; ".join(reason["message"] for reason in review.reasons) if review else ""
    reviewer = ScriptedReviewer("demo-reviewer", specializations=SPECIALIZATIONS)
    reviewer.work()
    status = stage.wait(key, TERMINAL_EXECUTION)
    note = _note(key)
    decided = "approved it" if note.get("approved") else "rejected it"
    sentences = (
        f"{DOCUMENT} was put before a person: {reasons}.",
        f"Nobody is here to decide, so {reviewer.profile.name} (scripted) {decided}, and the record says so.",
        f"The execution is {status}.",
    )
    details = {"execution_id": str(key), "status": status, "decision": note.get("decision"), "scripted": True}
    return Told(sentences, status == ExecutionStatus.COMPLETED and bool(note.get("approved")), details)


def _note(execution_id: UUID) -> dict[str, object]:
    """What was decided, as the output of the reviewed task says it."""
    output = Execution.objects.get(pk=execution_id).task_runs.get(review__isnull=False).output
    found: dict[str, object] = (load_value(output) or {}).get("_review", {})
    return found
