"""The table of roles: role → Django permissions. Pure; names apps of upper floors, imports none.

A permission stands here because an address asks for it; tests/permissions fails on one that none asks for, and on an
address that is missing from docs/permissions.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Role:
    """A group of this name. `grants`: app → codenames, added to those of the role it `extends`."""

    name: str
    purpose: str
    """What somebody with it may do, as a sentence's end: "may …"."""
    grants: Mapping[str, str] = field(default_factory=dict)
    extends: "Role | None" = None
    has_everything: bool = False
    """Every permission there is, also of apps that are added later; and the admin site."""

    @property
    def permissions(self) -> frozenset[str]:
        """As `user.has_perm` takes them. Empty when it has everything: only the database knows what there is."""
        own = {f"{app}.{codename}" for app, codenames in self.grants.items() for codename in codenames.split()}
        return frozenset(own | (self.extends.permissions if self.extends else set()))


VIEWER = Role(
    "viewer",
    "look at executions, pipelines, models, the cache and monitoring",
    {
        "orchestration": "view_execution view_taskrun view_executionevent view_registeredpipeline view_pipelineversion "
        "view_cacheentry",
        "registry": "view_registeredmodel view_modelversion view_verificationrecord",
        "monitoring": "view_rollup view_alert view_alertrule view_silence",
    },
)
ENGINEER = Role(
    "engineer",
    "register and run pipelines, register and describe models, and clear the cache",
    {
        "orchestration": "add_pipelineversion add_execution change_execution delete_cacheentry",
        "registry": "add_registeredmodel change_registeredmodel delete_registeredmodel "
        "add_modelversion change_modelversion delete_modelversion add_hostedprice",
    },
    extends=VIEWER,
)
REVIEWER = Role(
    "reviewer",
    "see, claim and decide reviews",
    {"reviews": "view_reviewrequest decide_reviewrequest view_reviewerprofile view_escalationpolicy"},
    extends=VIEWER,
)
OPERATOR = Role(
    "operator",
    "stop and rerun executions, answer alerts and write their rules, assign reviews, promote and roll back models",
    {
        "orchestration": "add_execution change_execution delete_cacheentry",
        "registry": "add_pointermove change_modelversion",
        "reviews": "view_reviewrequest add_reviewrequest route_reviewrequest view_reviewerprofile "
        "change_reviewerprofile view_escalationpolicy",
        "monitoring": "change_alert add_silence change_silence add_alertrule change_alertrule delete_alertrule "
        "view_notice change_channel delete_channel",
    },
    extends=VIEWER,
)
ADMIN = Role(
    "admin", "do everything: also the admin site, logins and their roles, review policies", has_everything=True
)

ROLES: Mapping[str, Role] = MappingProxyType(
    {role.name: role for role in (VIEWER, ENGINEER, REVIEWER, OPERATOR, ADMIN)}
)


def in_order(names: Iterator[str]) -> list[str]:
    """Roles as in the table, then other groups by name."""
    places = {name: place for place, name in enumerate(ROLES)}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))
