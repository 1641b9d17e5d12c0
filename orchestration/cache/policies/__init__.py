"""The strategies of the memory level: `CACHE_STRATEGY` names one."""

from collections.abc import Callable, Mapping

from orchestration.cache.policies.adaptive import Adaptive
from orchestration.cache.policies.base import FOREVER, Policy
from orchestration.cache.policies.lfu import Lfu
from orchestration.cache.policies.lru import Lru
from orchestration.cache.policies.ttl import Ttl

STRATEGIES: Mapping[str, Callable[[int], Policy]] = {"lru": Lru, "lfu": Lfu, "ttl": Ttl, "adaptive": Adaptive}
"""Name → what makes a policy for a capacity in bytes."""

__all__ = ["FOREVER", "STRATEGIES", "Policy"]
