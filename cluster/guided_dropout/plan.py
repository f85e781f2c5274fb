"""The exported plan (`guided-dropout compare … --export plan.json`): settings, data, splits; its jobs, batches and learning rates.

Format `guided-dropout-plan`, docs/formats.md. The splits are the core's own. What depends on the model is computed here as the core does
(src/training/examples.rs, src/training/recipe.rs), and tests hold both against each other.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .draws import Xoshiro
from .schedule import ARMS, NEED_FISHER

FORMAT, VERSION = "guided-dropout-plan", 1
TEXTS_PER_JOB = 16
"""The most texts of one Fisher job, as the core divides them."""
GROUPED_BATCHES, LENGTH_BUCKET = 8, 4
"""Batches among which rows are exchanged for others of like length, and lengths that count as the same."""


@dataclass(frozen=True)
class Job:
    """One independent piece of an experiment."""

    id: str
    kind: str
    """`fisher` or `run`."""
    first: int = 0
    """Fisher: the first text."""
    last: int = 0
    """Fisher: one past the last text."""
    arm: str = ""
    seed: int = 0
    fraction: float = 1.0


@dataclass(frozen=True)
class Recipe:
    """The constants of a run (docs/method.md, section 5)."""

    epochs: int
    evaluate_every: int
    batch_size: int
    micro_batch_size: int
    """Rows of a step that are computed together, at most."""
    learning_rate: float
    schedule: str
    warmup_fraction: float
    weight_decay: float
    clip_norm: float
    tuned_rate: float | None

    def steps(self, rows: int) -> int:
        """Optimisation steps of a run over so many rows."""
        return self.epochs * math.ceil(rows / self.batch_size)

    def learning_rate_at(self, step: int, steps: int) -> float:
        """The learning rate of `step`, from 0, out of `steps`: linear warm-up, then linear decay to 0, or constant."""
        of_warmup = steps if self.schedule == "linear" else steps // self.epochs
        warmup = math.ceil(self.warmup_fraction * of_warmup)
        if step < warmup:
            factor = step / warmup
        elif self.schedule == "linear":
            factor = (steps - step) / max(steps - warmup, 1)
        else:
            factor = 1.0
        return self.learning_rate * factor


class Plan:
    """A plan as read from its file."""

    def __init__(self, content: bytes, name: str = "plan") -> None:
        try:
            raw = json.loads(content)
        except ValueError as error:
            raise ValueError(
                f"{name}: expected JSON written by `guided-dropout compare --export`, got {error}"
            ) from None
        found = (raw.get("format"), raw.get("version")) if isinstance(raw, dict) else (type(raw).__name__, None)
        if found != (FORMAT, VERSION):
            raise ValueError(f"{name}: expected format {FORMAT}, version {VERSION}, got {found[0]}, version {found[1]}")
        self.digest = hashlib.sha256(content).hexdigest()
        self.raw: dict = raw
        self.config: dict = raw["config"]
        self.dataset: dict = raw["dataset"]
        self.examples: list[dict] = raw["examples"]
        self.task: str = self.dataset["task"]
        self._splits = {split["seed"]: split for split in raw["splits"]}
        self._check(name)

    @classmethod
    def read(cls, path: str | Path) -> Plan:
        """Reads a plan's file."""
        return cls(Path(path).read_bytes(), str(path))

    def _check(self, name: str) -> None:
        unknown = [arm for arm in self.config["arms"] if arm not in ARMS]
        if unknown:
            raise ValueError(f"{name}, arms: expected some of {', '.join(ARMS)}, got {', '.join(unknown)}")
        if self.config["keep_classifier"]:
            raise ValueError(
                f"{name}, keep_classifier: expected false, got true: here runs begin with a classifier drawn by seed"
            )
        if self.config.get("class_weights", "none") != "none":
            raise ValueError(
                f"{name}, class_weights: expected none, got {self.config['class_weights']}: here every row counts the same"
            )
        missing = [seed for seed in self.config["seeds"] if seed not in self._splits]
        if missing:
            raise ValueError(f"{name}, splits: expected one for each seed, got none for {missing}")
        if self.needs_fisher and not self.fisher_texts:
            raise ValueError(f"{name}, fisher: expected prose or labelled rows, got none")

    @property
    def outputs(self) -> int:
        """Logits of the classifier; 1 for a regression."""
        return len(self.dataset["labels"]) if self.task == "classification" else 1

    @property
    def needs_fisher(self) -> bool:
        """Whether any arm is made of guided rates."""
        return any(arm in NEED_FISHER for arm in self.config["arms"])

    @property
    def fisher_texts(self) -> list[str] | list[int]:
        """Passages of prose, or places of labelled examples."""
        fisher = self.raw["fisher"] or {}
        return fisher.get("prose") or fisher.get("rows") or []

    def rows(self, seed: int, fraction: float) -> list[int]:
        """Places of the examples that a run trains on, in their shuffled order."""
        return self._splits[seed]["train"][self.config["fractions"].index(fraction)]

    def test_rows(self, seed: int) -> list[int]:
        """Places of the examples that a seed's runs are tested on, in the file's order."""
        return self._splits[seed]["test"]

    def recipe(self, arm: str, fraction: float) -> Recipe:
        """The constants of an arm's runs: its own best setting, where that was searched for."""
        chosen = next((c for c in self.config["choices"] if c["arm"] == arm and c["fraction"] == fraction), {})
        tuned = chosen.get("rate")
        return Recipe(
            epochs=chosen.get("epochs", self.config["epochs"]),
            evaluate_every=self.config["evaluate_every"],
            batch_size=self.config["batch_size"],
            micro_batch_size=self.config.get("micro_batch_size", self.config["batch_size"]),
            learning_rate=chosen.get("learning_rate", self.config["learning_rate"]),
            schedule=self.config["learning_rate_schedule"],
            warmup_fraction=self.config["warmup_fraction"],
            weight_decay=self.config["weight_decay"],
            clip_norm=self.config["clip_norm"],
            tuned_rate=self.config["tuned_rate"] if tuned is None else tuned,
        )

    def fisher_jobs(self) -> list[Job]:
        """Shards of Fisher information; none where no arm needs it."""
        texts = len(self.fisher_texts) if self.needs_fisher else 0
        count = math.ceil(texts / TEXTS_PER_JOB)
        bounds = [part * texts // count for part in range(count + 1)] if count else []
        return [Job(f"fisher/{a}-{b}", "fisher", first=a, last=b) for a, b in itertools.pairwise(bounds)]

    def run_jobs(self) -> list[Job]:
        """Every run, seed by seed, so that pairs are complete early."""
        config = self.config
        keys = [
            (seed, fraction, arm)
            for seed in config["seeds"]
            for fraction in config["fractions"]
            for arm in config["arms"]
        ]
        return [
            Job(f"run/{arm}/{seed}/{fraction:g}", "run", arm=arm, seed=seed, fraction=fraction)
            for seed, fraction, arm in keys
        ]


def batches(rows: Sequence[int], lengths: Sequence[int], size: int, seed: int, epoch: int) -> list[list[int]]:
    """The batches of one epoch (from 0), the same for every arm of a seed.

    Rows are shuffled, sorted by length (tokens of each example, `lengths`) within every eight batches' worth, cut into batches, and the batches shuffled.
    """
    draws = Xoshiro((seed << 32) | (epoch + 1))
    order = list(rows)
    draws.shuffle(order)
    result: list[list[int]] = []
    for start in range(0, len(order), GROUPED_BATCHES * size):
        group = sorted(
            order[start : start + GROUPED_BATCHES * size], key=lambda row: math.ceil(lengths[row] / LENGTH_BUCKET)
        )
        result += [group[i : i + size] for i in range(0, len(group), size)]
    draws.shuffle(result)
    return result
