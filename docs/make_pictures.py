"""Draws the pictures of `docs/images`, each of something run for real. Usage: python -m docs.make_pictures [NAME …]

`demo.svg` is what `make demo` prints; the others are pages as `manage.py serve` shows them after its first start and
after `make demo`, with two invoices and a mistaken one run on top, in the machine's Chromium.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, ViewportSize
from rich.console import Console
from rich.text import Text

from tests.browser.chromium import run_chromium
from tests.browser.site import Site, start_new
from tests.processes import Processes, run_python
from tests.reaper import get_reaper

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
COLUMNS = 150
DEMO_SECONDS = 300.0
SIZE: ViewportSize = {"width": 1440, "height": 900}
INVOICES = """\
name: invoices
version: "1.0"
description: Read invoices and refuse what is none
tasks:
  - name: read
    type: extraction
    model: local/extract
    parameters:
      schema: {title: string, invoice_number: "string?", total: "money?", due_date: "date?"}
  - name: check
    type: validation
    dependencies: [read]
    parameters:
      value: "{read_output}"
      rules:
        - {field: invoice_number, required: true, message: there is no invoice number}
        - {field: total, required: true, message: there is no total}
"""
RUN = ("04-invoice-machine-parts.txt", "05-invoice-consulting.md", "10-meeting-site-visit.txt")


def main(names: Sequence[str]) -> None:
    IMAGES.mkdir(exist_ok=True)
    if not names or "demo" in names:
        draw_demo()
    wanted = {name: open_page for name, open_page in PAGES.items() if not names or name in names}
    if wanted:
        with serving() as site, run_chromium() as browser, site.visit(browser, viewport=SIZE) as context:
            for name, open_page in wanted.items():
                shoot(context, name, open_page)


def draw_demo() -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"DATA_DIR": folder, "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "LINES": "50"}
        demo = subprocess.run(
            [sys.executable, "manage.py", "demo"], cwd=ROOT, env=env, capture_output=True, text=True, check=True
        )
    lines = demo.stdout.rstrip().splitlines()
    start = next(number for number, line in enumerate(lines) if "Results" in line)
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"), force_terminal=True)
    console.print("[bold]$ make demo[/bold]")
    console.print(Text.from_ansi("\n".join(lines[start:])))
    picture = console.export_svg(title="make demo")
    # Rich names a font on the web; the picture has to be complete by itself.
    target = IMAGES / "demo.svg"
    target.write_text(re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL))
    print(target.relative_to(ROOT))


@contextmanager
def serving() -> Iterator[Site]:
    """A first start, all that the demonstration tells of, and some invoices besides."""
    folder = Path(tempfile.mkdtemp(prefix="orchestration-pictures-"))
    get_reaper().guard_folder(folder)
    processes = Processes(folder)
    env = os.environ | {"DATA_DIR": str(folder / "data")}
    try:
        site = start_new(processes, env)
        told = run_python("manage.py", "demo", env=env, seconds=DEMO_SECONDS)
        if told.returncode:
            raise SystemExit(f"the demonstration failed:\n{told.stdout}{told.stderr}")
        (folder / "invoices.yaml").write_text(INVOICES)
        for document in RUN:
            text = str(ROOT / "examples" / "documents" / document)
            words = ("run_pipeline", str(folder / "invoices.yaml"), "--text", text, "--title", document)
            run_python("manage.py", *words, env=env)
        yield site
    finally:
        processes.close()
        get_reaper().close()


def shoot(context: BrowserContext, name: str, open_page: Callable[[Page], object]) -> None:
    page = context.new_page()
    open_page(page)
    target = IMAGES / f"{name}.png"
    page.screenshot(path=target, animations="disabled")
    page.close()
    print(target.relative_to(ROOT))


def open_finished(page: Page) -> None:
    page.goto("/executions/?pipeline=document_analysis&q=01-master")
    page.get_by_role("main").get_by_role("link", name="01-master-services-agreement.md").first.click()
    page.get_by_role("main").get_by_role("link", name="classify_document").first.click()
    page.get_by_role("complementary", name="classify_document").wait_for()


def open_failed(page: Page) -> None:
    page.goto("/executions/?state=failed")
    page.get_by_role("main").get_by_role("link", name=RUN[-1]).first.click()
    page.get_by_text("What to look at").wait_for()


def open_mistaken(page: Page) -> None:
    page.goto("/pipelines/document_analysis/edit/")
    source = page.locator("#source")
    source.fill(source.input_value().replace("type: classification", "type: clasification"))
    page.get_by_text("error keeps this from being saved").wait_for()
    page.get_by_role("region", name="Problems").get_by_role("link", name="line").click()


def open_review(page: Page) -> None:
    """The one that the first start leaves for a person."""
    page.goto("/reviews/?tab=all")
    page.get_by_role("main").get_by_role("link", name="read_invoice").first.click()
    page.locator("[data-shortcut=c]").click()
    page.locator("[data-approve]").wait_for()


def open_model_version(page: Page) -> None:
    """The default version of the model that the demonstration registers."""
    page.goto("/registry/")
    page.get_by_role("main").get_by_role("link").and_(page.locator("[href*='/registry/models/']")).first.click()
    page.get_by_role("main").locator("a[href*='/versions/']").first.click()
    page.get_by_role("heading", level=1).wait_for()


PAGES: dict[str, Callable[[Page], object]] = {
    "overview": lambda page: page.goto("/?range=1h"),
    "executions": lambda page: page.goto("/executions/"),
    "execution": open_finished,
    "failed": open_failed,
    "pipeline": lambda page: page.goto("/pipelines/document_analysis/"),
    "editor": open_mistaken,
    "review": open_review,
    "monitoring": lambda page: page.goto("/monitoring/?range=1h"),
    "model": open_model_version,
    "cache": lambda page: page.goto("/cache/"),
}


if __name__ == "__main__":
    main(sys.argv[1:])
