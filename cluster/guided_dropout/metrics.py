"""Metrics of predictions, as src/analysis/metrics.rs: scikit-learn's and SciPy's figures, degenerate inputs included.

Classes are whole numbers from 0. Where the truth of a regression is constant there is no score; constant predictions score 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def of_classes(truth: Sequence[int], predicted: Sequence[int]) -> dict[str, float]:
    """Accuracy, macro-F1 over classes that are true or predicted somewhere, and Matthews correlation (Gorodkin 2004)."""
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    labels = int(max(truth.max(), predicted.max())) + 1
    right = np.bincount(truth[truth == predicted], minlength=labels).astype(float)
    examples, predictions = (np.bincount(side, minlength=labels).astype(float) for side in (truth, predicted))
    occurs = examples + predictions > 0
    f1 = 2.0 * right[occurs] / (examples + predictions)[occurs]
    n = float(len(truth))
    covariance = right.sum() * n - (examples * predictions).sum()
    spread = (n * n - (predictions**2).sum()) * (n * n - (examples**2).sum())
    return {
        "accuracy": float((truth == predicted).sum()) / max(len(truth), 1),
        "macro_f1": float(f1.sum() / max(len(f1), 1)),
        "matthews": float(covariance / math.sqrt(spread)) if spread else 0.0,
    }


def of_scores(truth: Sequence[float], predicted: Sequence[float]) -> dict[str, float]:
    """Pearson and Spearman correlation."""
    truth, predicted = np.asarray(truth, dtype=float), np.asarray(predicted, dtype=float)
    if not (truth != truth[0]).any():
        return {}
    return {"pearson": _pearson(truth, predicted), "spearman": _pearson(_ranks(truth), _ranks(predicted))}


def _pearson(x: np.ndarray, y: np.ndarray) -> float:
    if not (y != y[0]).any():
        return 0.0
    x, y = x - x.mean(), y - y.mean()
    return float(np.clip((x / np.linalg.norm(x)) @ (y / np.linalg.norm(y)), -1.0, 1.0))


def _ranks(values: np.ndarray) -> np.ndarray:
    """One-based ranks; ties share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2.0)[place]


def confusion(labels: int, truth: Sequence[int], predicted: Sequence[int]) -> list[list[int]]:
    """Counts of examples by true class (outer list) and predicted class."""
    counts = np.zeros((labels, labels), dtype=int)
    np.add.at(counts, (np.asarray(truth), np.asarray(predicted)), 1)
    return counts.tolist()


def log_losses(logits: np.ndarray, truth: Sequence[int]) -> np.ndarray:
    """−ln of the probability that each row of logits, `[N, C]`, gives its class; nats, in double precision, `[N]`."""
    logits = logits.astype(np.float64)
    largest = logits.max(axis=1, keepdims=True)
    total = largest[:, 0] + np.log(np.exp(logits - largest).sum(axis=1))
    return total - logits[np.arange(len(logits)), np.asarray(truth)]
