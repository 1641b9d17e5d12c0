"""The registry in the operators' console: raw rows, and what can be done with them through the services."""

from registry.admin import files, pointers, versions

__all__ = ["files", "pointers", "versions"]
