"""`time.sleep` by `select`, for workers under libfaketime, named in their TASK_HANDLER_MODULES.

Python sleeps until a moment of the monotonic clock; libfaketime 0.9.10 shifts that moment by its offset although it is
told to leave the monotonic clock alone, so a sleep would end at once or an hour late. `select` takes a duration.
"""

import select
import time
from typing import SupportsIndex

from celery.utils import timer2


def sleep(seconds: float | SupportsIndex, /) -> None:
    select.select([], [], [], float(seconds))


for module in (time, timer2):
    vars(module)["sleep"] = sleep
