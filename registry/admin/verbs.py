"""What can be done with rows here: the verbs of `registry.verbs`, and moving the default."""

from typing import Any

from django import forms
from django.http import HttpRequest

from registry.models import Alias, ModelVersion, RegisteredModel
from registry.services.lifecycle import delete_model
from registry.services.pointers import remove_alias, rollback_default, set_default
from registry.verbs import LONGEST_REASON, VERBS, VersionVerb
from web.admin.verbs import Verb

MOVE = "registry.add_pointermove"
ICONS = {
    "deprecate": "warning",
    "archive": "archive",
    "restore": "unarchive",
    "verify": "verified",
    "delete": "delete",
}


class ReasonForm(forms.Form):
    """Why, for those who look at the history later."""

    reason = forms.CharField(max_length=LONGEST_REASON, required=False, help_text="Kept in the history.")


def _verb(verb: VersionVerb) -> Verb:
    def perform(request: HttpRequest, row: ModelVersion, answers: dict[str, Any]) -> None:
        verb.perform(row, request.user.get_username(), answers.get("reason", ""))

    return Verb(
        name=verb.name,
        label=verb.label,
        did=verb.did,
        permission=verb.permission,
        explanation=verb.explanation,
        perform=perform,
        obstacle=verb.obstacle,
        form=ReasonForm if verb.asks_reason else forms.Form,
        icon=ICONS[verb.name],
        is_harmful=verb.is_harmful,
        deletes=verb.name == "delete",
    )


def _make_default(request: HttpRequest, row: ModelVersion, answers: dict[str, Any]) -> None:
    actor = request.user.get_username()
    set_default(model_name=row.model.name, version=row.label, actor=actor, reason=answers["reason"])


def _not_default(row: ModelVersion) -> str | None:
    if row.is_default:
        return "it is the default already"
    return None if row.is_usable else f"it is {row.state}"


def _roll_back(request: HttpRequest, row: RegisteredModel, answers: dict[str, Any]) -> None:
    rollback_default(model_name=row.name, actor=request.user.get_username(), reason=answers["reason"])


def _delete_model(request: HttpRequest, row: RegisteredModel, answers: dict[str, Any]) -> None:
    delete_model(model_name=row.name)


def _has_versions(row: RegisteredModel) -> str | None:
    return "it has versions; delete those first" if row.versions.exists() else None


def _remove_alias(request: HttpRequest, row: Alias, answers: dict[str, Any]) -> None:
    actor = request.user.get_username()
    remove_alias(model_name=row.model.name, alias=row.name, actor=actor, reason=answers["reason"])


OF_VERSIONS = tuple(_verb(verb) for verb in VERBS.values())
MAKE_DEFAULT = Verb(
    name="make-default",
    label="Make the default",
    did="made the default",
    permission=MOVE,
    explanation="The bare name of the model means it from now on; what runs keeps the version it began with.",
    perform=_make_default,
    obstacle=_not_default,
    form=ReasonForm,
    icon="published_with_changes",
)
ROLL_BACK = Verb(
    name="roll-back",
    label="Roll the default back",
    did="rolled back",
    permission=MOVE,
    explanation="The default is what it was before; what runs keeps the version it began with.",
    perform=_roll_back,
    form=ReasonForm,
    icon="undo",
)
DELETE_MODEL = Verb(
    name="delete",
    label="Delete",
    did="deleted",
    permission="registry.delete_registeredmodel",
    explanation="The model and the history of its default and aliases are gone for good.",
    perform=_delete_model,
    obstacle=_has_versions,
    icon="delete",
    is_harmful=True,
    deletes=True,
)
REMOVE_ALIAS = Verb(
    name="remove",
    label="Remove",
    did="removed",
    permission=MOVE,
    explanation="Pipelines that name it do not start any more. Its history stays.",
    perform=_remove_alias,
    form=ReasonForm,
    icon="link_off",
    is_harmful=True,
    deletes=True,
)
