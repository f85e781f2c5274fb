"""results.json from the results of all jobs: format `guided-dropout-results`, version 2 (docs/formats.md).

Comparisons and verdict are left to `guided-dropout judge`, whose statistics are tested against SciPy; `verdict` says so until then. Beside the format's own fields stand
`runs[].rates` (as read back from the model), `diverged[]` and `software`.
"""

from __future__ import annotations

import platform
from importlib.metadata import version

from . import fisher as fisher_module
from .plan import Plan
from .schedule import Rates, arm_rates, guided

FORMAT, VERSION = "guided-dropout-results", 2
NOT_JUDGED = "Not judged yet: run `guided-dropout judge` on this file."


def estimate(facts: dict, results: list[dict]) -> dict | None:
    """Fisher information from the results of all Fisher jobs; None without any."""
    texts = [text for result in results for text in result["texts"]]
    return fisher_module.estimate([tuple(pair) for pair in facts["tensors"]], facts["sites"], texts) if texts else None


def guided_rates(plan: Plan, facts: dict, estimated: dict | None) -> Rates:
    """Guided rates; without an estimate zeros, of which only the sites matter."""
    if estimated is None:
        return dict.fromkeys(facts["sites"], 0.0)
    return guided(
        {entry["site"]: entry["score"] for entry in estimated["sites"]}, plan.config["p_upper"], plan.config["p_lower"]
    )


def assemble(plan: Plan, facts: dict, device: dict, estimated: dict | None, results: list[dict]) -> dict:
    """results.json. Runs are sorted by fraction, seed and arm: their order of arrival leaves no trace."""
    config = plan.config | {"model": facts["model"]["name"]}
    rates, first = guided_rates(plan, facts, estimated), config["seeds"][0]
    place = {arm: i for i, arm in enumerate(config["arms"])}
    runs = sorted(
        (r["run"] for r in results if "run" in r), key=lambda run: (-run["fraction"], run["seed"], place[run["arm"]])
    )
    diverged = sorted(
        (r["diverged"] for r in results if "diverged" in r),
        key=lambda run: (-run["fraction"], run["seed"], place[run["arm"]]),
    )

    def of(arm: str) -> list[dict]:
        tuned = plan.recipe(arm, config["fractions"][0]).tuned_rate
        return [
            {"site": s, "rate": r}
            for s, r in arm_rates(arm, rates, first, config["custom_rates"], tuned, facts["shipped"]).rates.items()
        ]

    inputs = plan.raw["inputs"]
    model = {"name": facts["model"]["name"], "sha256": facts["sha256"]}
    return {
        "format": FORMAT,
        "version": VERSION,
        "config": config,
        "device": device,
        "dataset": plan.dataset,
        "model": facts["model"],
        **({"inputs": inputs | {"model": model}} if inputs else {}),
        "fisher": estimated,
        "arms": {
            arm: of(arm)
            for arm in sorted(
                set(config["arms"]) | ({"guided"} if estimated else set()), key=lambda arm: place.get(arm, -1)
            )
        },
        "runs": runs,
        **{
            name: []
            for name in (
                "comparisons",
                "clauses",
                "trainings",
                "along",
                "classes",
                "learning",
                "learning_baseline",
                "doublings",
                "probes",
            )
        },
        "baselines": plan.raw["baselines"],
        "baseline_comparisons": [],
        "verdict": NOT_JUDGED,
        "remarks": [],
        "suspects": None,
        "correction_effect": None,
        "diverged": diverged,
        "software": {name: version(name) for name in ("torch", "transformers", "ray")}
        | {"python": platform.python_version()},
    }
