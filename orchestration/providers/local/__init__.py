"""The offline models: small methods for the CPU that need no key, no network and no downloaded model.

    extract    fields of a JSON Schema         classify   categories with scores
    summarize  the sentences that say most     keywords   words and short phrases

Pure functions of their arguments: same text, same answer. Libraries are imported when first used. At most
`MAX_SCANNED` characters of a text are read; results say `truncated` when there were more. docs/local-models.md
describes methods, limits and measured quality.
"""

from .classify import classify
from .document import MAX_SCANNED
from .extract import extract
from .keywords import keywords
from .results import Category, Classification, Extraction, Keyword, Sentence, Summary
from .summarize import summarize

__all__ = [
    "MAX_SCANNED",
    "Category",
    "Classification",
    "Extraction",
    "Keyword",
    "Sentence",
    "Summary",
    "classify",
    "extract",
    "keywords",
    "summarize",
]
