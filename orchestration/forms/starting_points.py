"""Definitions to start writing from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.services.demonstration import PIPELINE_FILE

_SMALLEST = """\
name: my_pipeline
description: What it does, in a sentence

# What an execution is given. A word ending in ? may be left out.
inputs:
  text: string

tasks:
  - name: summarise
    type: text_generation
    model: local/summarize
    parameters:
      input: "{input.text}"
      max_sentences: 2

# What an execution returns.
global_parameters:
  output_mapping:
    summary: summarise_output.text
"""

_TWO_STEPS = """\
name: content_generation
description: Write a text about a topic, then improve it

inputs:
  topic: string
  tone: string?

tasks:
  - name: draft
    type: text_generation
    model: gpt-4
    parameters:
      prompt: 'Write about {input.topic} in a {input.tone | default("friendly")} tone.'
      max_tokens: 2000
    retry: {max_attempts: 4}

  - name: refine
    type: text_generation
    model: gpt-4
    dependencies: [draft]
    parameters:
      prompt: |
        Shorten this to 100 words.

        {draft_output.text}

global_parameters:
  output_mapping:
    final_content: refine_output.text
"""


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """A definition to start from: its text, or the file that has it."""

    label: str
    text: str = ""
    file: Path | None = None

    def read(self) -> str:
        return self.text if self.file is None else self.file.read_text(encoding="utf-8")

    @property
    def is_there(self) -> bool:
        return self.file is None or self.file.exists()


STARTING_POINTS: Mapping[str, StartingPoint] = {
    "smallest": StartingPoint("One task", _SMALLEST),
    "two-steps": StartingPoint("Two steps", _TWO_STEPS),
    "document-analysis": StartingPoint("Document analysis", file=PIPELINE_FILE),
}


def starting_points() -> dict[str, str]:
    """Key → label of those that are there."""
    return {key: point.label for key, point in STARTING_POINTS.items() if point.is_there}


def read_starting_point(key: str) -> str:
    """The text of one of them; of an unknown one the smallest."""
    point = STARTING_POINTS.get(key, STARTING_POINTS["smallest"])
    return point.read() if point.is_there else _SMALLEST
