"""The Django models of the registry: rows, constraints and facts about one row.

`registry.services` alone writes them; once a version is ready, only its state, its pointers, its description, its tags
and metrics that it did not have may still change.
"""

from registry.models.files import StoredFile, VerificationRecord, VersionFile
from registry.models.pointers import Alias, PointerMove
from registry.models.versions import HostedPrice, ModelVersion, RegisteredModel

__all__ = [
    "Alias",
    "HostedPrice",
    "ModelVersion",
    "PointerMove",
    "RegisteredModel",
    "StoredFile",
    "VerificationRecord",
    "VersionFile",
]
