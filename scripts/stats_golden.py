#!/usr/bin/env python3
"""Writes tests/fixtures/stats.json: what scikit-learn and SciPy say, for the tests of src/metrics.rs and src/stats.rs.

Made with Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1. Run it from anywhere; it takes seconds:

    python -m pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    python scripts/stats_golden.py

Inputs are chosen so that the plausible wrong formula gives another number: odd sizes, ties, uneven classes, a class that
is never predicted, differences of both signs.
"""

import itertools
import json
import pathlib

import numpy as np
import scipy.stats as st
from sklearn import metrics

rng = np.random.default_rng(20240614)


def classification():
    cases = []
    truths = [
        ([0, 0, 0, 1, 1, 2, 2, 2, 2, 2], [0, 0, 1, 1, 2, 2, 2, 2, 0, 2]),  # three uneven classes
        ([0, 0, 0, 0, 1, 1, 2, 3], [0, 0, 0, 1, 1, 0, 0, 0]),  # classes 2 and 3 are never predicted
        ([0, 0, 1, 1, 1], [0, 0, 4, 1, 1]),  # class 4 is predicted but never true; 2 and 3 do not occur
        ([0, 1, 1, 0, 1, 0, 1], [1, 0, 0, 1, 0, 1, 1]),  # two classes, mostly reversed
        ([1, 1, 1, 0], [1, 1, 1, 1]),  # one class predicted: Matthews is 0
    ]
    truth = rng.integers(0, 6, 200)
    predicted = np.where(rng.random(200) < 0.6, truth, rng.integers(0, 6, 200))
    truths.append((truth.tolist(), predicted.tolist()))
    for truth, predicted in truths:
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            truth, predicted, labels=range(6), zero_division=0
        )
        cases.append(
            {
                "truth": truth,
                "predicted": predicted,
                "accuracy": metrics.accuracy_score(truth, predicted),
                "macro_f1": metrics.f1_score(truth, predicted, average="macro", zero_division=0),
                "matthews": metrics.matthews_corrcoef(truth, predicted),
                "confusion": metrics.confusion_matrix(truth, predicted, labels=range(6)).tolist(),
                "by_class": {"precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist()},
            }
        )
    return cases


def correlation():
    x = rng.normal(size=25)
    pairs = [
        ([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]),
        ([0, 0, 1, 1, 1, 2, 5], [1, 3, 2, 2, 4, 4, 4]),  # ties in both
        (np.round(x, 1).tolist(), np.round(0.5 * x + rng.normal(size=25), 1).tolist()),
        ([1, 10, 100, 1000, 10000], [3, 2.5, 2, 1, 0.5]),  # falling and far from linear
        ([1e9 + value for value in range(6)], [4, 1, 3, 2, 6, 5]),  # a large common offset
    ]
    return [
        {
            "a": list(map(float, a)),
            "b": list(map(float, b)),
            "pearson": st.pearsonr(a, b).statistic,
            "spearman": st.spearmanr(a, b).statistic,
            "kendall_tau_b": st.kendalltau(a, b, variant="b").statistic,
        }
        for a, b in pairs
    ]


def power(dz, n, significance=0.05):
    """Two-sided one-sample t test of differences with effect size dz; what statsmodels' TTestPower computes."""
    critical = st.t.ppf(1 - significance / 2, n - 1)
    shift = dz * np.sqrt(n)
    return st.nct.sf(critical, n - 1, shift) + st.nct.cdf(-critical, n - 1, shift)


def seeds_needed(dz, significance=0.05):
    return next(n for n in itertools.count(2) if power(dz, n, significance) >= 0.8)


def paired():
    samples = [
        [0.012, -0.004, 0.021],
        [0.02, 0.01, 0.01, -0.005, 0.03],  # a tie
        [0.012, 0.004, 0.021, 0.008, 0.0155, 0.0025],  # all of one sign: p = 2 / 2^6
        [-0.012, 0.004, -0.021, 0.008, -0.0155, 0.0025, -0.03, 0.001, 0.0, -0.011],
        np.round(rng.normal(0.4, 1.0, 12), 3).tolist(),
        np.round(rng.normal(-1.0, 1.0, 9), 2).tolist(),
    ]
    cases = []
    for differences in samples:
        d = np.array(differences)
        n = len(d)
        interval = st.t.interval(0.95, n - 1, loc=d.mean(), scale=st.sem(d))
        test = st.permutation_test(
            (d, np.zeros(n)),
            lambda x, y, axis: np.abs(np.mean(x - y, axis=axis)),  # two-sided by the absolute mean
            permutation_type="samples",
            alternative="greater",
            n_resamples=np.inf,
            vectorized=True,
        )
        dz = d.mean() / d.std(ddof=1)
        cases.append(
            {
                "differences": differences,
                "t_interval": list(interval),
                "permutation_p": test.pvalue,
                "cohens_dz": dz,
                "seeds_needed": seeds_needed(dz),
            }
        )
    return cases


def permutation_of_20():
    """By all 2^20 sign flips, one after the other."""
    d = np.round(np.random.default_rng(7).normal(0.8, 1.0, 20), 3)
    signs = ((np.arange(2**20)[:, None] >> np.arange(20)) & 1) * 2 - 1
    exact = np.mean(np.abs(signs @ d) >= abs(d.sum()) * (1 - 1e-12))
    return {"differences": d.tolist(), "permutation_p": exact}


def holm():
    """The step-down formula, by hand: the largest of (m - j) p_(j) over the ranks up to one's own, at most 1."""
    families = [[0.01, 0.04, 0.03, 0.005], [0.5, 0.2, 0.9], [0.04], [0.02, 0.02, 0.02], [0.001, 0.6, 0.02, 0.02, 0.3]]
    cases = []
    for p in families:
        order = sorted(range(len(p)), key=lambda i: p[i])
        adjusted = [0.0] * len(p)
        for rank, index in enumerate(order):
            adjusted[index] = min(1.0, max((len(p) - j) * p[order[j]] for j in range(rank + 1)))
        cases.append({"p": p, "adjusted": adjusted})
    return cases


golden = {
    "classification": classification(),
    "correlation": correlation(),
    "paired": paired(),
    "permutation_of_20": permutation_of_20(),
    "noncentral_t": [
        {"t": t, "degrees": df, "shift": shift, "cdf": st.nct.cdf(t, df, shift) if shift else st.t.cdf(t, df)}
        for t, df, shift in [
            (0.0, 1, 0.0),
            (12.706, 1, 0.0),
            (-3.0, 2, 0.0),
            (2.0, 4, 1.0),
            (-2.776, 4, 0.5),
            (12.706, 1, 2.0),
            (2.262, 9, 3.5),
            (1.98, 99, 2.8),
            (1.962, 999, 2.8),
            (1.9601, 50000, 2.8),
            (4.0, 2, 6.0),
            (2.0, 30, -1.0),
        ]
    ],
    "t_quantile": [{"degrees": df, "t": st.t.ppf(0.975, df)} for df in [1, 2, 3, 4, 9, 49, 999, 99999]],
    "power": [
        {"dz": dz, "n": n, "significance": alpha, "power": power(dz, n, alpha)}
        for dz, n, alpha in [
            (0.5, 34, 0.05),
            (0.8, 15, 0.05),
            (1.2, 8, 0.05),
            (3.0, 3, 0.05),
            (-0.5, 20, 0.05),
            (0.05, 500, 0.05),
            (0.8, 30, 0.05 / 22),
            (3.0, 4, 0.01),
        ]
    ],
    "seeds_needed": [
        {"dz": dz, "significance": alpha, "seeds": seeds_needed(dz, alpha)}
        for dz, alpha in [
            (0.1, 0.05),
            (0.2, 0.05),
            (0.5, 0.05),
            (-0.8, 0.05),
            (1.0, 0.05),
            (1.5, 0.05),
            (3.0, 0.05),
            (8.0, 0.05),
            (1.0, 0.05 / 22),
            (0.55, 0.05 / 12),
        ]
    ],
    "holm": holm(),
}


def plain(value):
    """numpy numbers as Python's, floats with all their digits."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


path = pathlib.Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "stats.json"
path.parent.mkdir(parents=True, exist_ok=True)
lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(plain(value))}" for key, value in golden.items())
path.write_text("{\n" + lines + "\n}\n")
print(f"{path}: {path.stat().st_size} bytes")
