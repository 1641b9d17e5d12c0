"""Fixtures of the registry's REST tests: a store of their own, versions, and asking."""

from tests.registry.conftest import make_folder, register, root

__all__ = ["make_folder", "register", "root"]
