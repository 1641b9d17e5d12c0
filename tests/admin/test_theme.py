"""The admin's first page and its frame: the overview's figures, the side bar, the theme."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orchestration.selectors.overview import count_ended, count_live, read_queue
from tests.admin.asking import do, text_of
from tests.conftest import WorkEnvironment
from tests.pages.conftest import MakeExecution
from tests.processes import ROOT


def test_the_first_page_has_the_figures_of_the_overview(boss: Client, make_execution: MakeExecution) -> None:
    for state in ("running", "pending", "paused", "completed", "completed", "failed"):
        make_execution(state)
    figures = {figure.word: figure.number for figure in boss.get("/admin/").context["figures"]}
    now = timezone.now()
    ended = count_ended(now - timedelta(days=1), now)
    assert figures["live executions"] == str(sum(count_live().counts.values())) == "3"
    assert (figures["completed in a day"], figures["failed in a day"]) == (str(ended.completed), str(ended.failed))
    assert figures["queued tasks"] == str(read_queue().number)


def test_every_figure_leads_to_a_list(boss: Client, make_execution: MakeExecution) -> None:
    make_execution("failed")
    for figure in boss.get("/admin/").context["figures"]:
        assert boss.get(figure.address).status_code == 200, figure


def test_the_first_page_says_what_failed_and_what_was_done(boss: Client, make_execution: MakeExecution) -> None:
    make_execution("failed", name="invoice_intake")
    do(boss, make_execution("running"), "cancel", reason="duplicate")
    said = text_of(boss.get("/admin/"))
    assert "1 execution failed within the last day" in said
    assert "invoice_intake 1 of 1" in said
    assert "Cancelled (reason: duplicate). boss" in said


def test_the_first_page_takes_few_queries(
    boss: Client, make_execution: MakeExecution, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        make_execution("failed")
    with django_assert_max_num_queries(11):
        boss.get("/admin/")


def test_without_the_permission_there_are_no_figures(staff: Callable[..., Client]) -> None:
    page = staff("view_group").get("/admin/")
    assert "figures" not in page.context
    assert "Groups" in text_of(page)


def test_what_others_did_is_for_those_who_may_see_the_log(
    boss: Client, staff: Callable[..., Client], make_execution: MakeExecution
) -> None:
    do(boss, make_execution("running"), "cancel", reason="secret")
    assert "secret" not in text_of(staff("view_execution", name="viewer").get("/admin/"))
    assert "secret" in text_of(staff("view_execution", "view_logentry", name="auditor").get("/admin/"))


def test_the_side_bar_has_what_the_user_may_see(staff: Callable[..., Client]) -> None:
    client = staff("view_execution", "view_worker")
    groups = client.get("/admin/").context["sidebar_navigation"]
    titles = {group["title"]: [item["title"] for item in group["items"]] for group in groups}
    assert titles == {"Product": ["Overview", "Executions"], "Work": ["Executions"], "Engine": ["Workers"]}
    for group in groups:
        for item in group["items"]:
            assert client.get(item["link"]).status_code == 200, item


@pytest.mark.parametrize(("cookie", "forced"), [("dark", "dark"), ("light", "light"), ("system", None), ("odd", None)])
def test_the_theme_of_the_product_holds_here_too(boss: Client, cookie: str, forced: str | None) -> None:
    boss.cookies["theme"] = cookie
    assert boss.get("/admin/").context["theme"] == forced


def test_the_environment_is_named(boss: Client, settings: Any) -> None:
    settings.ENVIRONMENT_NAME = "Staging"
    assert "Staging" in text_of(boss.get("/admin/"))


def test_the_colours_are_the_products(settings: Any) -> None:
    tokens = (ROOT / "static/css/tokens.css").read_text()
    ours = set(re.findall(r"#[0-9a-f]{6}", tokens))
    base, primary = settings.UNFOLD["COLORS"]["base"], settings.UNFOLD["COLORS"]["primary"]
    assert set(base.values()) <= ours
    assert {primary[weight] for weight in ("100", "400", "600", "700", "950")} <= ours


def test_the_style_sheet_is_there(boss: Client) -> None:
    page = boss.get("/admin/").content.decode()
    (address,) = re.findall(r'href="([^"]*css/admin[^"]*\.css)"', page)
    response = boss.get(address)
    assert b"tokens" in b"".join(response.streaming_content)  # type: ignore[attr-defined]
    response.close()


def test_who_is_not_of_the_staff_is_asked_to_log_in(client: Client) -> None:
    assert client.get("/admin/orchestration/execution/").status_code == 302


STOCK = """
from config.settings import *
INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "unfold"]
"""


@pytest.mark.one_database
def test_everything_runs_under_djangos_own_admin(tmp_path: Path, work_environment: WorkEnvironment) -> None:
    (tmp_path / "stock_settings.py").write_text(STOCK)
    env = work_environment(database="sqlite") | {
        "DJANGO_SETTINGS_MODULE": "stock_settings",
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        "PYTHONWARNINGS": "error",
    }
    command = [sys.executable, "-m", "tests.admin.stock_admin"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
