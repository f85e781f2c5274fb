#!/usr/bin/env python3
"""Writes tests/fixtures/class_weights.json: scikit-learn's balanced class weights, and PyTorch's cross-entropy with them.

Made with Python 3.11, numpy 2.4.6, scikit-learn 1.9.1 and PyTorch 2.15.0. Run it from anywhere; it takes seconds:

    python scripts/class_weights_golden.py

Losses are in double precision and the mean over the batch is PyTorch's: the sum of weighted losses over the sum of the weights. The batches hold the
classes in other proportions than the training parts, so that dividing by the number of rows gives another loss.
"""

import json
import pathlib

import numpy as np
import torch
from sklearn.utils.class_weight import compute_class_weight

rng = np.random.default_rng(24)


def case(outputs, train, classes):
    train = np.array(train)
    present = np.unique(train)
    weights = np.zeros(outputs)
    weights[present] = compute_class_weight("balanced", classes=present, y=train)
    # Rounded, so that JSON holds the very numbers that single precision reads.
    logits = torch.tensor(
        rng.normal(scale=2.0, size=(len(classes), outputs)).astype(np.float32).astype(np.float64), requires_grad=True
    )
    loss = torch.nn.CrossEntropyLoss(weight=torch.tensor(weights))(logits, torch.tensor(classes))
    loss.backward()
    return {
        "outputs": outputs,
        "train": train.tolist(),
        "weights": weights.tolist(),
        "classes": classes,
        "logits": logits.detach().flatten().tolist(),
        "loss": loss.item(),
        "gradient": logits.grad.flatten().tolist(),
    }


cases = [
    case(2, [0] * 19 + [1], [0, 1, 0, 0, 1]),  # 19 to 1
    case(4, [0, 0, 0, 0, 0, 1, 1, 3, 3, 3], [3, 0, 1, 1, 0, 3, 0]),  # class 2 has no row
    case(3, [2, 2, 2, 0, 1, 1], [2, 2, 2, 2]),  # a batch of one class: weights cancel
]
path = pathlib.Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "class_weights.json"
path.write_text("[\n" + ",\n".join(f" {json.dumps(each)}" for each in cases) + "\n]\n")
print(f"wrote {path}")
