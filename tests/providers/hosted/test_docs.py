"""docs/hosted-models.md names every code and setting there is, and its example can be registered."""

import re
from pathlib import Path

from orchestration.conf import OrchestrationConfig
from orchestration.definition import Pipeline
from orchestration.providers.hosted import exchange, faults

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "hosted-models.md").read_text()
NAMED = set(re.findall(r"`([A-Za-z0-9_]+)`", PAGE))


def test_every_code_is_described() -> None:
    source = Path(exchange.__file__).read_text() + Path(faults.__file__).read_text()
    codes = {code for _, code, _, _ in faults.FAULTS} | {code for code, _, _ in faults.STATUSES.values()}
    codes |= set(re.findall(r'code="([a-z_]+)"', source))
    codes |= set(re.findall(r'^[A-Z_]+ = \("([a-z_]+)", (?:True|False)', source, re.MULTILINE))
    assert {"refused", "empty_reply", "rate_limited"} <= codes
    assert codes - NAMED == set()


def test_every_setting_is_described() -> None:
    ours = re.compile(r"(openai|anthropic|ollama)_|model_request_")
    settings = {name.upper() for name in OrchestrationConfig.model_fields if ours.match(name)}
    configuration = (ROOT / "docs" / "reference" / "settings.md").read_text()
    assert settings - NAMED == set()
    assert [name for name in settings if name not in configuration] == []


def test_the_example_is_valid() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    before = "- {name: write_reply, type: text_generation, model: gpt-4, parameters: {prompt: x}}\n"
    task = example.replace("  type:", "  dependencies: [write_reply]\n  type:")
    assert list(Pipeline.check(f"name: p\ntasks:\n{before}{task}", format="yaml").problems) == []
