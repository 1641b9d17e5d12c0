"""Errors of the cache; `keys.NotCacheable` is with what raises it most."""

from common.errors import Unavailable


class StoreDown(Unavailable):
    """The store that all processes share does not answer. Look-ups then miss; only explicit deletes raise it."""

    code = "cache_unavailable"


class Undecodable(Exception):
    """Bytes that are no entry of ours, or one this process must not or cannot read: always a miss."""
