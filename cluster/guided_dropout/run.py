"""One job of a plan, from plan and model to a result that is plain JSON. Knows nothing of Ray.

Results: `{"job": id, "texts": [...]}` of a Fisher shard, `{"job": id, "run": {...}}` of a finished run, `{"job": id, "diverged": {...}}` of one that diverged.
"""

from __future__ import annotations

import time
from functools import cached_property

import torch

from .fisher import Text, causal, masked, named_tensors, per_text, tensors
from .models import Start, Texts, digests, language_model
from .noise import Clock
from .plan import Job, Plan
from .schedule import Rates, arm_rates
from .sites import install, shipped_rates
from .train import Diverged, Examples, fine_tune

FISHER_COPIES = 2**28
"""Parameters, copies counted, of one batch of per-text gradients: 1 GiB in float32."""


class Bench:
    """A plan and a model, ready for any of the plan's jobs. Loads each part once, when a job first needs it."""

    def __init__(self, plan: Plan, source: str, device: str = "cpu", threads: int = 1) -> None:
        torch.set_num_threads(threads)
        self.plan, self.source, self.device, self.threads = plan, source, torch.device(device), threads

    @cached_property
    def texts(self) -> Texts:
        """The model's tokenizer, cutting as the plan says."""
        return Texts(self.source, self.plan.config["max_tokens"])

    @cached_property
    def examples(self) -> Examples:
        """The plan's examples in the model's tokens."""
        return Examples.of(self.plan, self.texts.encode, self.texts.pad_id)

    @cached_property
    def start(self) -> Start:
        """The pretrained model that every run copies."""
        return Start(self.source, self.plan.outputs, self.texts.pad_id)

    def facts(self) -> dict:
        """The model as results.json describes it, its sites, and the tensors of its Fisher information.

        Raises ValueError where the model does not fit the plan: another family, a site that is not found, too few positions, no language-model head.
        """
        plan, model = self.plan, self.start.with_head(0)
        config, family = model.config, self.start.family
        positions = config.max_position_embeddings - (
            config.pad_token_id + 1 if config.model_type in ("roberta", "xlm-roberta", "camembert") else 0
        )
        if plan.config["max_tokens"] > positions:
            raise ValueError(
                f"max_tokens: expected at most {positions}, the positions of {self.source}, got {plan.config['max_tokens']}"
            )
        if self.texts.size > config.vocab_size:
            raise ValueError(
                f"{self.source}, tokenizer.json: expected at most vocab_size = {config.vocab_size} tokens, got {self.texts.size}"
            )
        named, sites = named_tensors(model, family)
        shipped = shipped_rates(self.start.config, sites)
        for arm in plan.config["arms"]:  # before anything is computed; the rates of guided arms do not matter here
            recipe = plan.recipe(arm, plan.config["fractions"][0])
            rates = arm_rates(
                arm, dict.fromkeys(sites, 0.0), 0, plan.config["custom_rates"], recipe.tuned_rate, shipped
            )
            install(model, rates, Clock(0))
        if plan.needs_fisher and plan.config["fisher_loss"] == "pretraining":
            language_model(self.source)
            if not family.causal and self.texts.mask_id is None:
                raise ValueError(
                    f"{self.source}, tokenizer.json: expected a mask token, which the masked-language-model loss needs, got none"
                )
        return {
            "model": {
                "name": self.source.rstrip("/").rsplit("/", 1)[-1],
                "parameters": sum(p.numel() for p in model.parameters()),
                "layers": config.num_hidden_layers,
                "hidden": config.hidden_size,
            },
            "sha256": digests(self.source),
            "sites": sites,
            "shipped": shipped,
            "tensors": [list(pair) for pair in named],
        }

    def perform(self, job: Job, guided: Rates | None) -> dict:
        """The result of a job. `guided` are the guided rates, which the arms made of them need."""
        return self._fisher(job) if job.kind == "fisher" else self._run(job, guided)

    def _run(self, job: Job, guided: Rates | None) -> dict:
        plan, began = self.plan, time.monotonic()
        recipe = plan.recipe(job.arm, job.fraction)
        model = self.start.with_head(job.seed).to(self.device)
        sites = named_tensors(model, self.start.family)[1]
        arm = arm_rates(
            job.arm,
            guided or dict.fromkeys(sites, 0.0),
            job.seed,
            plan.config["custom_rates"],
            recipe.tuned_rate,
            shipped_rates(self.start.config, sites),
        )
        key = {"arm": job.arm, "seed": job.seed, "fraction": job.fraction}
        try:
            report = fine_tune(
                model,
                self.start.family,
                arm,
                recipe,
                job.seed,
                self.examples,
                plan.rows(job.seed, job.fraction),
                plan.test_rows(job.seed),
            )
        except Diverged as diverged:
            return {"job": job.id, "diverged": key | diverged.report}
        return {"job": job.id, "run": key | report | {"elapsed_ms": round((time.monotonic() - began) * 1000.0, 1)}}

    def _fisher(self, job: Job) -> dict:
        plan, places = self.plan, range(job.first, job.last)
        seed = plan.config["fisher_seed"]
        if plan.config["fisher_loss"] == "labelled":
            task, model = plan.task, self.start.with_head(seed).to(self.device).eval()
            rows = {i: plan.fisher_texts[i] for i in places}
            found = [
                Text(i, self.examples.encodings[row], [0], [self.examples.targets[row]]) for i, row in rows.items()
            ]
        else:
            task, model = "tokens", language_model(self.source).to(self.device)
            found = [self._prose(i, seed) for i in places]
        family = self.start.family
        parameters = tensors(model, family)
        chunk = max(1, FISHER_COPIES // sum(p.numel() for p in parameters.values()))
        empty = [
            {"index": text.index, "loss": 0.0, "means": [0.0] * len(parameters)} for text in found if not text.targets
        ]
        texts = sorted((text for text in found if text.targets), key=lambda text: (len(text.encoding.ids), text.index))
        for start in range(0, len(texts), chunk):  # texts of like length share a batch, so that little of it is padding
            empty += per_text(model, family, texts[start : start + chunk], task, self.texts.pad_id)
        return {"job": job.id, "texts": sorted(empty, key=lambda text: text["index"])}

    def _prose(self, index: int, seed: int) -> Text:
        encoding = self.texts.encode(self.plan.fisher_texts[index])
        if self.start.family.causal:
            return causal(index, encoding)
        return masked(index, encoding, self.texts.size, self.texts.mask_id, seed, self.start.family.masked_share)
