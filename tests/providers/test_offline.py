from pathlib import Path

from orchestration.definition.parameters import Category
from orchestration.providers.base import ClassificationRequest, ExtractionRequest, GenerationRequest
from orchestration.providers.offline import OfflineProvider
from tests.plugin import clean_environment
from tests.processes import run_python

TEXT = "Invoice number: A-12. Amount due: 40.00 EUR."


def test_replies_name_the_model_and_what_was_read() -> None:
    replies = (
        OfflineProvider("local/extract").extract(
            ExtractionRequest(text=TEXT, schema={"type": "object", "properties": {}}, deadline_seconds=1)
        ),
        OfflineProvider("local/classify").classify(
            ClassificationRequest(text=TEXT, categories=[Category(name="financial")], deadline_seconds=1)
        ),
        OfflineProvider("local/summarize").generate(GenerationRequest(text=TEXT, deadline_seconds=1)),
        OfflineProvider("local/keywords").generate(GenerationRequest(prompt=TEXT, deadline_seconds=1)),
    )
    assert [reply.model for reply in replies] == [
        "local/extract",
        "local/classify",
        "local/summarize",
        "local/keywords",
    ]
    assert {reply.usage["characters"] for reply in replies} == {len(TEXT)}


def test_the_models_are_loaded_when_first_used(tmp_path: Path) -> None:
    """An idle worker child pays for no model."""
    lines = (
        "import sys, django",
        "django.setup()",
        "from orchestration.handlers import classification, extraction, text_generation, validation",
        "from orchestration.providers.catalog import get_provider, known_models",
        "known_models(), get_provider('local/extract')",
        "print([name for name in sys.modules if name.startswith('orchestration.providers.local')])",
    )
    env = clean_environment() | {"DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path)}
    asked = run_python("-c", "; ".join(lines), env=env)
    assert asked.stdout.strip() == "[]", asked.stderr
