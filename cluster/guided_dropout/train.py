"""One fine-tuning run (docs/method.md, section 5).

AdamW (Loshchilov and Hutter 2019) with decay on every parameter, linear warm-up, gradients clipped by their global norm, cross-entropy or squared error. All arms of a
seed share split, classifier, batch order, number of steps and dropout draws: only rates differ. No early stopping: the scores of the last epoch count.

A loss, a gradient norm or a prediction that is not finite ends the run. That is a result: the same run would diverge again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from . import metrics
from .models import Encoding, batch, forward
from .noise import Clock
from .plan import Plan, Recipe, batches
from .schedule import ArmRates
from .sites import Family, install

EVALUATION_ROWS = 32
"""Rows of one evaluation batch, as in the core."""


@dataclass(frozen=True)
class Examples:
    """Encoded examples of a plan."""

    encodings: list[Encoding]
    targets: list[float]
    """A class number, or a score, of each."""
    task: str
    outputs: int
    pad_id: int

    @classmethod
    def of(cls, plan: Plan, encode: Callable[[str, str | None], Encoding], pad_id: int) -> Examples:
        """All examples of a plan, in the model's tokens."""
        encodings = [encode(example["text"], example.get("pair")) for example in plan.examples]
        return cls(encodings, [example["target"] for example in plan.examples], plan.task, plan.outputs, pad_id)

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example."""
        return [len(encoding.ids) for encoding in self.encodings]

    def loss(self, logits: torch.Tensor, rows: list[int]) -> torch.Tensor:
        """Mean loss of these rows, whose logits `[B, C]` these are: nats, or squared units of the score."""
        targets = torch.tensor([self.targets[row] for row in rows], device=logits.device)
        if self.task == "regression":
            return nn.functional.mse_loss(logits[:, 0], targets)
        return nn.functional.cross_entropy(logits, targets.long())


class Diverged(Exception):
    """A run left the finite numbers: at which step (from 1), in which quantity, at which learning rate."""

    def __init__(self, step: int, what: str, learning_rate: float, largest_gradient_norm: float) -> None:
        super().__init__(f"{what} at step {step}")
        self.report = {
            "step": step,
            "what": what,
            "learning_rate": learning_rate,
            "largest_gradient_norm": largest_gradient_norm,
        }


def fine_tune(
    model: nn.Module,
    family: Family,
    arm: ArmRates,
    recipe: Recipe,
    seed: int,
    examples: Examples,
    rows: list[int],
    test: list[int],
) -> dict:
    """Trains `model` in place on the examples at `rows`, evaluates it on those at `test`.

    Gives `steps`, `epochs`, `confusion`, `predictions` as in `runs[]` of results.json, and `rates` as read back from the model. Raises :class:`Diverged`.
    """
    clock = Clock(seed)
    rates = install(model, arm, clock)
    device = next(model.parameters()).device
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=0.0, betas=(0.9, 0.999), eps=1e-8, weight_decay=recipe.weight_decay
    )
    steps, per_epoch = recipe.steps(len(rows)), math.ceil(len(rows) / recipe.batch_size)
    losses: list[dict] = []
    epochs: list[dict] = []
    largest_norm, predictions, done = 0.0, np.zeros((0, 0)), 0
    for epoch in range(recipe.epochs):
        model.train()
        for indices in batches(rows, examples.lengths, recipe.batch_size, seed, epoch):
            step = clock.step
            learning_rate = recipe.learning_rate_at(step, steps)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate
            loss = _gradients(model, family, examples, indices, recipe.micro_batch_size, clock, device)
            norm = float(nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm))
            optimizer.step()
            for what, value in (("loss", loss), ("gradient", norm)):
                if not math.isfinite(value):
                    raise Diverged(step + 1, what, learning_rate, largest_norm)
            largest_norm = max(largest_norm, norm)
            losses.append({"step": step + 1, "loss": loss})
            clock.step += 1
        if clock.step == steps or (epoch + 1) % recipe.evaluate_every == 0:
            predictions = predict(model, family, examples, test)
            if not np.isfinite(predictions).all():
                raise Diverged(clock.step, "prediction", recipe.learning_rate_at(clock.step - 1, steps), largest_norm)
            since = [entry["loss"] for entry in losses[done:]]
            report = {"epoch": epoch + 1, "steps": len(since), "train_loss": sum(since) / len(since)}
            epochs.append(report | evaluated(examples, test, predictions))
            done = clock.step
    assert clock.step == steps == per_epoch * recipe.epochs
    return {"steps": losses, "epochs": epochs, "rates": [{"site": s, "rate": r} for s, r in rates.items()]} | concluded(
        examples, test, predictions
    )


def _gradients(
    model: nn.Module,
    family: Family,
    examples: Examples,
    indices: list[int],
    together: int,
    clock: Clock,
    device: torch.device,
) -> float:
    """A batch's mean loss, whose gradients the parameters have then.

    Where it has more rows than are computed together, those of its parts are added up, each by its share of the rows. Noise and padding are the whole batch's, so that
    the numbers are too, but for rounding.
    """
    model.zero_grad(set_to_none=True)
    tokens, total = max(len(examples.encodings[i].ids) for i in indices), 0.0
    for clock.row in range(0, len(indices), together):
        part = indices[clock.row : clock.row + together]
        inputs = batch([examples.encodings[i] for i in part], examples.pad_id, device, tokens)
        loss = examples.loss(forward(model, family, inputs), part) * (len(part) / len(indices))
        loss.backward()
        total += float(loss.detach())
    clock.row = 0
    return total


@torch.no_grad()
def predict(model: nn.Module, family: Family, examples: Examples, rows: list[int]) -> np.ndarray:
    """Logits or scores for the examples at `rows`, dropout off: float32, `[N, C]`. Rows of like length share a batch."""
    model.eval()
    device = next(model.parameters()).device
    by_length = sorted(range(len(rows)), key=lambda place: len(examples.encodings[rows[place]].ids))
    result = np.zeros((len(rows), examples.outputs), dtype=np.float32)
    for start in range(0, len(rows), EVALUATION_ROWS):
        places = by_length[start : start + EVALUATION_ROWS]
        inputs = batch([examples.encodings[rows[place]] for place in places], examples.pad_id, device)
        result[places] = forward(model, family, inputs).float().cpu().numpy()
    return result


def evaluated(examples: Examples, test: list[int], predictions: np.ndarray) -> dict:
    """`eval_loss` and the scores of an evaluation."""
    if examples.task == "regression":
        truth = np.float32([examples.targets[i] for i in test]).astype(float)
        scores = predictions[:, 0].astype(float)
        return {"eval_loss": float(((truth - scores) ** 2).mean()), **metrics.of_scores(truth, scores)}
    truth = [int(examples.targets[i]) for i in test]
    return {
        "eval_loss": float(metrics.log_losses(predictions, truth).mean()),
        **metrics.of_classes(truth, predictions.argmax(axis=1)),
    }


def concluded(examples: Examples, test: list[int], predictions: np.ndarray) -> dict:
    """`confusion` and `predictions` of a finished run."""
    if examples.task == "regression":
        return {"confusion": None, "predictions": [float(score) for score in predictions[:, 0]]}
    predicted = predictions.argmax(axis=1)
    truth = [int(examples.targets[i]) for i in test]
    return {
        "confusion": metrics.confusion(examples.outputs, truth, predicted),
        "predictions": [float(p) for p in predicted],
    }
