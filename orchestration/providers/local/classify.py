"""`local/classify`: which category a text belongs to, without training.

Owns the method: each category is a weighted bag of words (its name, its description, what the lexicon knows of such a
category, and the centroid of its examples); the text is compared with each by the cosine of tf-idf weights; a softmax
turns similarities into scores. The weight of the evidence decides how far the scores leave equality, so a text with
little to say of any category has no confident label. docs/local-models.md has the limits.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from .document import Document
from .lexicon import words_for
from .results import Category, Classification
from .terms import count_terms, with_compound_parts

_NAME_WEIGHT, _DESCRIPTION_WEIGHT, _LEXICON_WEIGHT = 2.0, 1.5, 1.0
_SHARPNESS = 14.0  # of the softmax, per unit of cosine
_FULL_EVIDENCE = 4.0  # matching words at which the scores have half their spread
_SAME_WORD = 3  # how often a word counts as evidence
_BACKGROUND = 0.12  # cosine at which a category of its own (multi_label) is as likely as not
_MULTI_LABEL_THRESHOLD = 0.5
_MAX_WORD_COUNT = 60  # a word repeated for ever in a long text says no more

Vector = dict[str, float]


def classify(
    text: str, categories: Sequence[Category], *, multi_label: bool = False, threshold: float | None = None
) -> Classification:
    """Scores of all categories, and the best (or, with `multi_label`, every one that reaches the threshold).

    Single label: scores are probabilities that sum to 1; `threshold` (none by default) is the least score for a label.
    Multi label: each score stands alone in [0, 1]; `threshold` is 0.5 by default. `label` is None when no word of the
    text speaks for any category or none reaches the threshold. ValueError without categories or with a name
    given twice.
    """
    names = [category.name for category in categories]
    if not names or len(set(names)) != len(names):
        raise ValueError(
            "classify needs at least one category, and each name once; got " + (", ".join(names) or "none")
        )
    document = Document.read(text)
    similarities, evidence = _similarities(document, categories)
    trust = evidence / (evidence + _FULL_EVIDENCE)
    scored = _independent(similarities, trust) if multi_label else _softmax(similarities, trust)
    scores = dict(zip(names, scored, strict=True))
    least = threshold if threshold is not None else _MULTI_LABEL_THRESHOLD if multi_label else 0.0
    return _decided(scores, evidence > 0, multi_label, least, document.truncated)


def _decided(
    scores: dict[str, float], any_evidence: bool, multi_label: bool, least: float, truncated: bool
) -> Classification:
    ranked = sorted(scores, key=lambda name: -scores[name])  # stable: of equals the one given first
    best, second = scores[ranked[0]], scores[ranked[1]] if len(ranked) > 1 else 0.0
    fitting = tuple(name for name in ranked if scores[name] >= least) if any_evidence else ()
    labels = fitting if multi_label else fitting[:1]
    return Classification(labels[0] if labels else None, labels, scores, best - second, best, truncated)


def _softmax(similarities: Sequence[float], trust: float) -> list[float]:
    highest = max(similarities)
    powers = [math.exp(_SHARPNESS * trust * (similarity - highest)) for similarity in similarities]
    return [power / sum(powers) for power in powers]


def _independent(similarities: Sequence[float], trust: float) -> list[float]:
    return [1 / (1 + math.exp(-_SHARPNESS * (similarity * trust - _BACKGROUND))) for similarity in similarities]


def _similarities(document: Document, categories: Sequence[Category]) -> tuple[list[float], float]:
    """The cosine of the text with each category, and how many words of the text speak for any."""
    language = document.language
    profiles = [_profile(category, language) for category in categories]
    shown = [
        [count_terms(Document.read(text).folded, language) for text in category.examples] for category in categories
    ]
    bags: list[Mapping[str, float]] = [*profiles, *chain.from_iterable(shown)]
    rarity = _rarity(bags)
    counts = with_compound_parts(count_terms(document.folded, language), rarity, language)
    text = _weighted(counts, rarity)
    vectors = [_blend(profile, examples, rarity) for profile, examples in zip(profiles, shown, strict=True)]
    evidence = sum(min(count, _SAME_WORD) for word, count in counts.items() if word in rarity)
    return [_cosine(text, vector) for vector in vectors], float(evidence)


def _profile(category: Category, language: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for source, weight in (
        (" ".join(words_for(category.name)), _LEXICON_WEIGHT),
        (category.description, _DESCRIPTION_WEIGHT),
        (category.name.replace("_", " "), _NAME_WEIGHT),
    ):
        for word in count_terms(source, language):
            weights[word] = max(weight, weights.get(word, 0.0))
    return weights


def _blend(profile: Mapping[str, float], examples: Sequence[Counter[str]], rarity: Mapping[str, float]) -> Vector:
    """The profile, and the centroid of the examples: the more examples, the more they say."""
    described = _unit({word: weight * rarity[word] for word, weight in profile.items()})
    if not examples:
        return described
    centroid: Vector = {}
    for example in examples:
        for word, weight in _unit(_weighted(example, rarity)).items():
            centroid[word] = centroid.get(word, 0.0) + weight / len(examples)
    share = len(examples) / (len(examples) + 1)
    shown = _unit(centroid)
    return _unit(
        {word: (1 - share) * described.get(word, 0.0) + share * shown.get(word, 0.0) for word in {**described, **shown}}
    )


def _rarity(bags: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Inverse document frequency over profiles and examples: what all categories share tells none apart."""
    frequency = Counter(word for bag in bags for word in bag)
    return {word: math.log((1 + len(bags)) / (1 + count)) + 0.3 for word, count in frequency.items()}


def _weighted(counts: Mapping[str, int], rarity: Mapping[str, float]) -> Vector:
    """Only words some category knows: the others would only shorten every cosine alike."""
    return {
        word: (1 + math.log(min(count, _MAX_WORD_COUNT))) * rarity[word]
        for word, count in counts.items()
        if word in rarity
    }


def _unit(vector: Vector) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in vector.values()))
    return {word: weight / length for word, weight in vector.items()} if length else {}


def _cosine(first: Vector, second: Vector) -> float:
    """Of a vector of any length with a unit vector."""
    length = math.sqrt(sum(weight * weight for weight in first.values()))
    return sum(weight * second.get(word, 0.0) for word, weight in first.items()) / length if length else 0.0
