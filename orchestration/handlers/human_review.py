"""`type: human_review`: asks a person to decide about a value.

Owns what is asked and the shape of the output. While nobody has decided the task run waits, and no worker is held.
"""

from typing import Any

from orchestration.definition import TaskConfig
from orchestration.definition.parameters import HumanReviewParameters
from orchestration.definition.review import Reason
from orchestration.handlers.base import NeedsReview, TaskContext
from orchestration.handlers.text import find_value

ASKED = Reason("asked", "the pipeline asks a person here")


def ask_a_person(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> NeedsReview:
    """Proposes `value`; the output adds what was decided about it (`engine.reviewing`)."""
    parameters = HumanReviewParameters.model_validate(task_config.parameters)
    return NeedsReview(
        output={"value": find_value(task_config, input_data)},
        reasons=(ASKED,),
        options=parameters,
        instructions=parameters.instructions or "",
        schema=parameters.json_schema,
    )
