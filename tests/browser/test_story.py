"""What a new user does on the first day, with scripts and without: understand a result, change a pipeline, run it."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, expect

from tests.browser.conftest import Visit
from tests.browser.person import Person
from tests.browser.site import Site, find_execution

pytestmark = pytest.mark.one_database
DOCUMENT = "04-invoice-machine-parts.txt"
# Its second task goes on until the execution is cancelled.
ENDLESS: dict[str, Any] = {
    "name": "endless_delivery",
    "inputs": {"copies": "integer"},
    "tasks": [
        {"name": "print", "type": "echo", "parameters": {"copies": "{input.copies}"}},
        {"name": "deliver", "type": "wait_for_cancel", "dependencies": ["print"]},
    ],
}
COMPLETED, CANCELLED, RUNNING = (re.compile(word) for word in ("Completed in", "Cancelled after", "Running deliver"))


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def person(request: pytest.FixtureRequest, visit: Visit, new_site: Site) -> Person:
    """Logged in, on the overview."""
    context = visit(new_site, java_script_enabled=request.param)
    somebody = Person(context.new_page(), has_scripts=request.param)
    somebody.page.goto("/")
    return somebody


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with scripts", "without scripts"])
def test_one_logs_in_with_what_serve_printed(has_scripts: bool, visit: Visit, new_site: Site) -> None:
    somebody = Person(visit(new_site, username="", java_script_enabled=has_scripts).new_page(), has_scripts)
    somebody.arrive(new_site)
    expect(somebody.page.get_by_role("navigation", name="Main")).to_contain_text("Executions")


def test_a_finished_execution_is_found_and_understood(person: Person) -> None:
    person.go_to("Executions")
    person.follow(DOCUMENT)
    expect(person.headline).to_contain_text(COMPLETED)
    expect(person.main).to_contain_text("All 5 tasks are done")
    timeline = person.main.get_by_role("table").first
    for task in ("extract_text", "classify_document", "summarise", "find_keywords", "validate_facts"):
        expect(timeline.get_by_role("link", name=task)).to_be_visible()
    person.follow("Input and output")
    expect(person.main.get_by_role("region", name="Output")).to_contain_text("financial")
    expect(person.main.get_by_role("region", name="Input")).to_contain_text(DOCUMENT)


def test_a_task_is_looked_at_beside_the_timeline(person: Person) -> None:
    person.go_to("Executions")
    person.follow(DOCUMENT)
    person.follow("classify_document")
    panel = person.main.get_by_role("complementary", name="classify_document")
    expect(panel).to_contain_text("local/classify")
    expect(panel).to_contain_text("financial")


def test_a_mistake_in_the_editor_is_told_with_its_line_and_the_mended_version_runs(person: Person) -> None:
    person.go_to("Pipelines")
    person.follow("document_analysis")
    person.follow(re.compile("^Edit"))
    text = person.read_definition()
    wrong = text.replace("type: classification", "type: clasification")
    line = 1 + wrong[: wrong.index("clasification")].count("\n")
    person.write_definition(wrong)
    expect(person.main).to_contain_text("1 error keeps this from being saved")
    problems = person.main.get_by_role("region", name="Problems")
    expect(problems).to_contain_text("Did you mean classification?")
    expect(problems.get_by_role("link", name=f"line {line}", exact=True)).to_be_visible()
    assert person.read_definition() == wrong
    how = "with scripts" if person.has_scripts else "without scripts"
    person.write_definition(re.sub("^description: .*$", f"description: Read {how}", text, flags=re.MULTILINE))
    expect(person.main).not_to_contain_text("error keeps this")
    person.press(re.compile("^Save version"))
    expect(person.page.get_by_text("of document_analysis is what new executions run now").first).to_be_visible()
    expect(person.main).to_contain_text(f"Read {how}")
    person.follow(re.compile("^Run"))
    person.main.get_by_label(re.compile("^content")).fill("Invoice 4711 of 3 May 2026\n\nTotal: EUR 120.00\n")
    person.main.get_by_label("Title").fill(f"typed {how}")
    person.press("Start the execution")
    person.watch(COMPLETED)
    expect(person.main).to_contain_text(f"typed {how}")
    expect(person.main).to_contain_text("All 5 tasks are done")


def test_a_running_execution_is_cancelled_and_run_again(person: Person) -> None:
    address = register(person.page.request, ENDLESS)
    person.page.goto(address)
    person.main.get_by_label(re.compile("^copies")).fill("2")
    person.press("Start the execution")
    person.watch(RUNNING)
    cancel(person, "wrong address")
    person.watch(CANCELLED)
    expect(person.main).to_contain_text("wrong address")
    before = person.page.url
    person.press(re.compile("^Run again"))
    person.main.get_by_role("button", name="With the same input").click()
    expect(person.headline).not_to_contain_text("Cancelled")
    assert person.page.url != before
    expect(person.main.get_by_text("Run again of")).to_be_visible()
    cancel(person, "")
    person.watch(CANCELLED)


def test_input_that_does_not_fit_is_told_beside_its_field_and_kept(person: Person) -> None:
    person.page.goto(register(person.page.request, ENDLESS))
    field = person.main.get_by_label(re.compile("^copies"))
    field.fill("soon")
    person.main.get_by_label("Title").fill("kept")
    person.press("Start the execution")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("soon")
    expect(person.main.get_by_label("Title")).to_have_value("kept")


def cancel(person: Person, reason: str) -> None:
    """In a dialog, or on a page of its own."""
    person.main.get_by_role("link", name="Cancel").click()
    person.page.get_by_label("Reason").fill(reason)
    person.page.get_by_role("button", name="Cancel the execution").click()


def register(api: APIRequestContext, definition: dict[str, Any]) -> str:
    """Register a definition over REST; the address of its run form."""
    token = next(cookie["value"] for cookie in api.storage_state()["cookies"] if cookie["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Content-Type": "application/json"}
    answer = api.post("/api/v1/pipelines", data=json.dumps(definition), headers=headers)
    assert answer.ok, answer.text()
    return f"/pipelines/{definition['name']}/run/"


def test_the_first_start_left_finished_work_that_says_what_it_is_about(visit: Visit, new_site: Site) -> None:
    found = find_execution(visit(new_site).request, title=DOCUMENT)
    assert (found["status"], found["trigger"]) == ("completed", "command")
