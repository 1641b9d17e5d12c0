"""Three people and one invoice, on PostgreSQL, Redis and two workers: each does their part with their own login.

The engineer registers a model and a pipeline and runs it, the reviewer corrects what the model read, the operator
hears of a failure and takes it, and what everybody did stands on the execution and on the model's version.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from benchmarks.pages.session import WEB_SERVER
from tests.browser.conftest import Visit
from tests.browser.person import Person
from tests.browser.site import Site
from tests.conftest import WorkEnvironment
from tests.processes import Processes, run_python
from tests.services import HOST, find_free_port

pytestmark = [pytest.mark.one_database, pytest.mark.timeout(240)]  # starting everything counts too
DEFINITION = """\
name: invoices
description: Reads an invoice; a person looks at every one
inputs:
  content: string
tasks:
  - name: check
    type: validation
    parameters:
      value: {content: "{input.content}"}
      rules:
        - {field: content, min_length: 20, message: the invoice is empty}
  - name: read
    type: extraction
    model: invoice_reader
    dependencies: [check]
    parameters:
      text: "{input.content}"
      schema: {title: string, total: money}
    review:
      always: true
      instructions: Compare the title with the invoice.
global_parameters:
  output_mapping:
    title: read_output.title
    decision: read_output._review.decision
"""
CORRECTED = "Invoice of Kestrel Foods"
INVOICE = "Invoice 4711 of 3 May 2026\n\nKestrel Foods\n\nTotal: EUR 120.00\n"
ALERT_SECONDS = 60.0  # metrics are rolled up every 10 seconds and rules evaluated every 15
FAILED, WAITING, COMPLETED = (re.compile(word) for word in ("Failed at check", "Waiting", "Completed in"))
SignIn = Callable[[str], Person]


@pytest.fixture
def site(processes: Processes, work_environment: WorkEnvironment) -> Site:
    """The web server and two workers that take from the default queue."""
    env = work_environment(database="postgresql", broker=True)
    made = run_python("-m", "tests.browser.team", env={**env, "DJANGO_SETTINGS_MODULE": "config.settings"})
    assert made.returncode == 0, made.stderr
    port = find_free_port()
    processes.python(*WEB_SERVER, "--bind", f"{HOST}:{port}", env=env, name="web")
    for number in (1, 2):
        processes.worker(f"--hostname=worker{number}@%h", "--concurrency=1", "--pool=threads", env=env, ready="")
    for started, ready in zip(processes.started, ("Listening at", r" ready\.$", r" ready\.$"), strict=True):
        started.wait_for(ready)
    return Site(f"http://{HOST}:{port}/", "emma", made.stdout)


@pytest.fixture
def sign_in(site: Site, visit: Visit) -> SignIn:
    """Opens a window of somebody's own."""

    def open_window(username: str) -> Person:
        return Person(visit(site, username=username).new_page(), has_scripts=True)

    return open_window


def test_three_people_bring_one_invoice_through(sign_in: SignIn) -> None:
    emma, rob, olga = map(sign_in, ("emma", "rob", "olga"))
    watch_for_failures(olga)
    register_model(emma)
    register_pipeline(emma)
    run(emma, "to be sent", "empty invoice")
    emma.watch(FAILED)
    expect(emma.main).to_contain_text("the invoice is empty")
    run(emma, INVOICE, "Kestrel 4711")
    emma.watch(WAITING)
    correct_title(rob)
    emma.watch(COMPLETED)
    see_correction(emma)
    take_alert(olga)
    see_health(olga)


def watch_for_failures(olga: Person) -> None:
    olga.page.goto("/monitoring/rules/new/")
    olga.main.get_by_label("Name").fill("Invoices fail")
    olga.main.get_by_label("Metric").select_option("error_rate")
    olga.main.get_by_label("Separately for").select_option(label="each pipeline")
    olga.main.get_by_label("Threshold").fill("10")
    olga.press("Save rule")
    expect(olga.headline).to_have_text("Invoices fail")


def register_model(emma: Person) -> None:
    emma.page.goto("/registry/")
    emma.follow(re.compile("^Register a version"))
    emma.follow("Hosted by a provider")
    emma.main.get_by_label("Model (required)", exact=True).fill("invoice_reader")
    emma.main.get_by_label("Version (required)").fill("v1")
    emma.main.get_by_label("Provider (required)").fill("local")
    emma.main.get_by_label("Its model").fill("extract")
    emma.press(re.compile("^Register it"))
    expect(emma.headline).to_contain_text("invoice_reader:v1")


def register_pipeline(emma: Person) -> None:
    emma.go_to("Pipelines")
    emma.follow(re.compile("^New pipeline"))
    emma.write_definition(DEFINITION)
    expect(emma.main).to_contain_text("2 tasks in 2 steps")  # of this text, not of the one that was there
    expect(emma.main).to_contain_text("No problem found")
    emma.press(re.compile("^Save"))
    expect(emma.headline).to_contain_text("invoices")


def run(emma: Person, content: str, title: str) -> None:
    emma.page.goto("/pipelines/invoices/run/")
    emma.main.get_by_label(re.compile("^content")).fill(content)
    emma.main.get_by_label("Title").fill(title)
    emma.press("Start the execution")


def correct_title(rob: Person) -> None:
    """With keys alone: take the next one, to the field, another value, send."""
    page = rob.page
    page.goto("/reviews/")
    expect(rob.main).to_contain_text("Kestrel 4711")
    page.keyboard.press("t")
    page.wait_for_url(re.compile(r"/reviews/0[0-9a-f-]{35}/$"))
    expect(rob.main).to_contain_text("Compare the title with the invoice.")
    page.get_by_label("Title", exact=True).focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(CORRECTED)
    expect(page.locator("[data-approve-words]")).to_have_text("Approve with 1 edit")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/reviews/$|/reviews/\?"))


def see_correction(emma: Person) -> None:
    emma.follow("Input and output")
    output = emma.main.get_by_role("region", name="Output")
    expect(output).to_contain_text(CORRECTED)
    expect(output).to_contain_text("approve_with_edits")
    emma.page.goto("/registry/models/invoice_reader/versions/v1/")
    said = emma.main.get_by_role("region", name="What reviewers said of it")
    expect(said.locator(".stat", has_text="Corrected").locator("dd").first).to_have_text("1")
    expect(said.locator(".stat", has_text="Approved").locator("dd").first).to_have_text("0")


def take_alert(olga: Person) -> None:
    page: Page = olga.page
    olga.go_to("Monitoring")
    expect(olga.main).to_contain_text("Invoices fail", timeout=ALERT_SECONDS * 1000)
    olga.follow(re.compile("^Take it"))
    page.get_by_label("Note").fill("an empty file, sent by mistake")
    page.get_by_role("button", name="Take it").click()
    expect(olga.main).to_contain_text("olga")


def see_health(olga: Person) -> None:
    olga.go_to("Monitoring")
    olga.follow("Health")
    expect(olga.main).to_contain_text("2 alive")
    olga.follow("Workers")
    expect(olga.headline).to_have_text("Workers")
    expect(olga.main).to_contain_text("2 workers are alive")
