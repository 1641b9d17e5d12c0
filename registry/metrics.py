"""Which values of a metric are the better ones, where the model does not say. Pure.

By the words in its name, as the field uses them: `val_accuracy`, `macro_f1`, `eval/loss`, `latency_ms`.
"""

import re
from collections.abc import Mapping

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
