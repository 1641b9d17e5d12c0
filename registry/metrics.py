"""Which values of a metric are the better ones, and so whether one is better than another. Pure.

Where the model does not say: by the words in its name, as the field uses them: `val_accuracy`, `macro_f1`, `eval/loss`,
`latency_ms`.
"""

import re
from collections.abc import Mapping
from typing import Literal

from registry.states import Better

# The last word that tells decides: `error_rate` is an error, `accuracy_loss` a loss.
HIGHER = frozenset(
    "accuracy acc auc auroc auprc bleu chrf coverage f1 fscore gini hits iou kappa likelihood map mcc mrr ndcg "
    "precision psnr r2 recall rouge score sensitivity specificity ssim success throughput".split()
)
LOWER = frozenset(
    "brier bytes cer cost crossentropy deviation distance ece entropy error errors fid fnr fpr latency logloss loss "
    "mae mape memory milliseconds mse ms msle perplexity ppl price rmse rmsle seconds size time wer".split()
)
Verdict = Literal["better", "worse", "same", "unknown"]
SAME = 1e-12
"""Closer than this part of them, two values differ by how they were computed."""
_WORDS = re.compile(r"[a-z]+[0-9]*")


def better_of(metric: str, directions: Mapping[str, str]) -> Better | None:
    """As the model says, else by the name; None when neither tells."""
    if metric in directions:
        return Better(directions[metric])
    for word in reversed(_WORDS.findall(metric.lower())):
        if word in HIGHER:
            return Better.HIGHER
        if word in LOWER:
            return Better.LOWER
    return None


def judge(value: float | None, before: float | None, better: Better | None) -> Verdict:
    """Whether a value is for the better."""
    if value is None or before is None:
        return "unknown"
    if abs(value - before) <= SAME * max(abs(value), abs(before)):
        return "same"
    if better is None:
        return "unknown"
    return "better" if (value > before) == (better is Better.HIGHER) else "worse"
