"""Opens every page of the admin without unfold; run by a test in a process of its own, as themes cannot be changed."""

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.contrib import admin  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

import tests.sample_handlers  # noqa: E402, F401  # registers the task types that the tests' pipelines use
from orchestration.services.tokens import create_token  # noqa: E402
from tests.admin import asking  # noqa: E402
from tests.engine import flow  # noqa: E402


def main() -> None:
    assert not apps.is_installed("unfold")
    setup_test_environment()
    call_command("check")
    user = User.objects.create_superuser("boss")
    create_token(user=user, days=1)
    row = flow.start(flow.CHAIN, input_data={"x": "long" * 20_000})
    who = flow.claimant()
    flow.fail(flow.take_task(row, "a", who), who)
    other = flow.start()
    client = Client()
    client.force_login(user)
    assert client.get("/admin/").status_code == 200
    for model in admin.site._registry:
        page = client.get(asking.address_of_list(model))
        assert page.status_code == 200, model
        first = model._default_manager.first()
        assert first is None or client.get(asking.address_of(first)).status_code == 200, model
    assert "/_do/cancel/" in client.get(asking.address_of(other)).content.decode()
    assert "/_all/prune/" in client.get(asking.address_of_list(type(row))).content.decode()
    assert client.get(asking.address_of_verb(other, "cancel")).status_code == 200
    asking.do(client, other, "cancel", reason="")
    assert flow.reload(other).status == "cancelled"


if __name__ == "__main__":
    with transaction.atomic():
        main()
        transaction.set_rollback(True)
