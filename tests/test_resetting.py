"""A test that commits leaves nothing behind, whatever it changed."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType

from orchestration.models import Execution
from tests.engine import flow
from tests.resetting import Reset


def permissions() -> list[tuple[int, str, str]]:
    return list(Permission.objects.order_by("pk").values_list("pk", "codename", "name"))


@pytest.mark.django_db(transaction=True)
def test_rows_that_refer_to_each_other_are_gone_and_their_ids_are_not_given_again() -> None:
    reset = Reset()
    first = flow.start(flow.CHAIN)
    rows = set(first.task_runs.values_list("pk", flat=True))
    User.objects.create_user("ana").user_permissions.set(Permission.objects.all()[:3])
    reset()
    assert (Execution.objects.count(), User.objects.count()) == (0, 0)
    assert rows.isdisjoint(flow.start(flow.CHAIN).task_runs.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_what_migrating_wrote_is_as_it_was() -> None:
    reset, before = Reset(), permissions()
    kinds = list(ContentType.objects.order_by("pk").values_list())
    Permission.objects.filter(codename="view_execution").update(name="something else")
    Permission.objects.filter(codename__startswith="add_").delete()
    Group.objects.create(name="one more").permissions.set(Permission.objects.all())
    ContentType.objects.all().delete()
    reset()
    assert permissions() == before
    assert list(ContentType.objects.order_by("pk").values_list()) == kinds
    assert not Group.objects.filter(name="one more").exists()
