#!/usr/bin/env python3
"""Writes tests/fixtures/suspects.json: label-quality scores of confident learning (Northcutt et al. 2021) by numpy alone, for the tests of
src/analysis/suspects.rs.

The formulas are those of cleanlab.rank: get_self_confidence_for_each_label, get_normalized_margin_for_each_label before its shift to 0..1, and the
uniform mean of get_label_quality_ensemble_scores. Made with Python 3.11, numpy 2.4.6. Run it from anywhere:

    python -m pip install numpy==2.4.6
    python scripts/suspects_golden.py
"""

import json
import pathlib

import numpy as np

random = np.random.default_rng(5)
MODELS, EXAMPLES, CLASSES = 5, 60, 4
truth = random.integers(CLASSES, size=EXAMPLES)
labels = np.where(random.random(EXAMPLES) < 0.3, random.integers(CLASSES, size=EXAMPLES), truth)
logits = random.normal(size=(MODELS, EXAMPLES, CLASSES)) + 1.5 * np.eye(CLASSES)[truth]
probabilities = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
tested = random.random((MODELS, EXAMPLES)) < 0.6

expected = []
for example in range(EXAMPLES):
    asked = probabilities[tested[:, example], example]
    given = labels[example]
    if len(asked) == 0:
        continue
    self_confidence = asked[:, given]
    margin = self_confidence - np.delete(asked, given, axis=1).max(axis=1)
    counts = np.bincount(asked.argmax(axis=1), minlength=CLASSES)
    usual = given if counts[given] == counts.max() else counts.argmax()
    if usual != given:
        expected.append(
            {
                "example": example,
                "usual": int(usual),
                "agreeing": int(counts[usual]),
                "asked": len(asked),
                "self_confidence": float(self_confidence.mean()),
                "margin": float(margin.mean()),
            }
        )
expected.sort(key=lambda row: (row["self_confidence"], row["margin"], row["example"]))

document = {
    "labels": labels.tolist(),
    "probabilities": [
        [row.tolist() if is_tested else None for row, is_tested in zip(rows, flags)]
        for rows, flags in zip(probabilities, tested)
    ],
    "expected": expected,
}
path = pathlib.Path(__file__).parent.parent / "tests" / "fixtures" / "suspects.json"
path.write_text(json.dumps(document) + "\n")
