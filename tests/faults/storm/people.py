"""The people of a storm: scripted reviewers, each on a thread of the program that submits, killed when that is.

They decide by a rule that the audit knows too (`workload.reply_to`). Their journal has a line `REVIEW VERDICT` for each
decision that was acknowledged. Claims that they held when they were killed are let go when their lease ends.
"""

import os
import threading
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

from common.resilience import until_the_database_answers
from reviews.scripted import Reply, ScriptedReviewer
from tests.faults.storm.workload import reply_to

PEOPLE = ("ana", "ben")
CAPACITY = 5
LOOK_SECONDS = 0.5


def begin(path: Path) -> None:
    """Review from now on, until the process ends. Needs Django set up."""
    journal = path.open("a", buffering=1)
    for name in PEOPLE:
        threading.Thread(target=_work, args=(name, journal), name=f"reviewer-{name}", daemon=True).start()


def _work(name: str, journal: TextIO) -> None:
    """What is neither decided nor waited for ends the whole program, which the storm calls a problem."""
    try:
        _review(name, journal)
    except BaseException:  # noqa: BLE001 - whatever it is, the storm has to hear of it
        traceback.print_exc()
        os._exit(1)


def _review(name: str, journal: TextIO) -> None:
    person = until_the_database_answers(ScriptedReviewer, name, (_rule,), name=name.capitalize(), capacity=CAPACITY)
    while True:
        made = until_the_database_answers(person.work, 1)
        journal.writelines(f"{decision.review_id} {decision.verdict}\n" for decision in made)
        if not made:
            time.sleep(LOOK_SECONDS)


def _rule(review: dict[str, Any]) -> Reply:
    verdict, output = reply_to(review["proposed_output"])
    return Reply(verdict) if output is None else Reply(verdict, output=output)
