"""What can be done with a version as a whole, once for REST, admin and pages: who may, when, what it does.

The services do it and decide; `obstacle` only spares people a question whose answer is known.
"""

from collections.abc import Callable
from dataclasses import dataclass

from registry.models import ModelVersion
from registry.services.lifecycle import archive_version, delete_version, deprecate_version, restore_version
from registry.services.verification import verify_version
from registry.states import VersionKind, VersionState

S = VersionState
CHANGE = "registry.change_modelversion"
DELETE = "registry.delete_modelversion"
LONGEST_REASON = 1000

Perform = Callable[[ModelVersion, str, str], str]
"""Called with the version, who does it and why; says what came of it, as a sentence."""


@dataclass(frozen=True, slots=True)
class VersionVerb:
    """One verb. `states` are those a version may be in; the reason is asked for where `asks_reason`."""

    name: str
    label: str
    did: str
    icon: str
    permission: str
    explanation: str
    states: frozenset[VersionState]
    perform: Perform
    asks: str = ""
    """What the question says before the version's name, where it is not the label."""
    asks_reason: bool = True
    is_harmful: bool = False
    files_only: bool = False
    refuses_pointed_at: bool = False

    def obstacle(self, version: ModelVersion) -> str | None:
        """Why it cannot be done, as far as the row itself says."""
        if self.files_only and version.kind != VersionKind.FILES:
            return f"it has no files: {version.provider} hosts it"
        if version.state not in self.states:
            return f"it is {version.state}"
        if self.refuses_pointed_at and version.is_default:
            return "it is the default version; make another one the default first"
        return None


def _signed(did: str, actor: str, reason: str) -> str:
    """A reason as it is kept: who did it, and why."""
    by = f"{did} by {actor}" if actor else did
    return f"{by}: {reason}" if reason else by


def _deprecate(version: ModelVersion, actor: str, reason: str) -> str:
    name, label = version.model.name, version.label
    deprecate_version(model_name=name, version=label, reason=_signed("deprecated", actor, reason))
    return f"{name}:{label} is deprecated. It goes on working; who uses it is told to choose another."


def _archive(version: ModelVersion, actor: str, reason: str) -> str:
    name, label = version.model.name, version.label
    archive_version(model_name=name, version=label, reason=_signed("archived", actor, reason))
    return f"{name}:{label} is archived and cannot be used until it is restored."


def _restore(version: ModelVersion, actor: str, reason: str) -> str:
    name, label = version.model.name, version.label
    restore_version(model_name=name, version=label, reason=_signed("restored", actor, reason))
    return f"{name}:{label} is ready for use again."


def _verify(version: ModelVersion, actor: str, reason: str) -> str:
    record = verify_version(version=version, actor=actor)
    name, files = f"{version.model.name}:{version.label}", record.files_checked
    if record.is_intact:
        return f"{name} is intact: {'its file is' if files == 1 else f'all {files:,} files are'} what was registered."
    return f"{name} is damaged: {record.files_damaged:,} of {files:,} files differ. It is quarantined."


def _delete(version: ModelVersion, actor: str, reason: str) -> str:
    name, label = version.model.name, version.label
    delete_version(model_name=name, version=label, actor=actor, reason=reason)
    return f"{name}:{label} is deleted. The history keeps its label."


DEPRECATE = VersionVerb(
    name="deprecate",
    label="Deprecate",
    did="deprecated",
    icon="warning",
    permission=CHANGE,
    explanation="It goes on working. Whoever uses it is told to choose another version.",
    states=frozenset({S.READY}),
    perform=_deprecate,
)
ARCHIVE = VersionVerb(
    name="archive",
    label="Archive",
    did="archived",
    icon="lock",
    permission=CHANGE,
    explanation="It cannot be used until it is restored; pipelines that name it do not start. Its files are kept.",
    states=frozenset({S.READY, S.DEPRECATED}),
    perform=_archive,
    is_harmful=True,
    refuses_pointed_at=True,
)
RESTORE = VersionVerb(
    name="restore",
    label="Restore",
    did="restored",
    icon="undo",
    permission=CHANGE,
    explanation="It is ready for use again, as before it was deprecated or archived.",
    states=frozenset({S.DEPRECATED, S.ARCHIVED}),
    perform=_restore,
)
VERIFY = VersionVerb(
    name="verify",
    label="Verify the files",
    asks="Verify the files of",
    did="verified",
    icon="check",
    permission=CHANGE,
    explanation="Every file is read and compared with what was registered. A damaged version is quarantined at once.",
    states=frozenset(VersionState) - {S.PENDING},
    perform=_verify,
    asks_reason=False,
    files_only=True,
)
DELETE_VERSION = VersionVerb(
    name="delete",
    label="Delete",
    did="deleted",
    icon="x",
    permission=DELETE,
    explanation="It is gone for good; the history of the default and of aliases keeps its label. Files that no other "
    "version has are freed by the next garbage collection.",
    states=frozenset(VersionState),
    perform=_delete,
    is_harmful=True,
)
VERBS = {verb.name: verb for verb in (DEPRECATE, ARCHIVE, RESTORE, VERIFY, DELETE_VERSION)}
