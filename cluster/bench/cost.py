"""Seconds of a training step, an evaluated row and a Fisher text of a model with random weights: what a plan's cost is made of.

python cluster/bench/cost.py --model bert-base --batch 18 --tokens 64 --threads 1     # --device cuda on a GPU
"""

from __future__ import annotations

import argparse
import time

import torch
from guided_dropout.fisher import masked, per_text
from guided_dropout.models import Encoding
from guided_dropout.plan import Recipe
from guided_dropout.schedule import arm_rates
from guided_dropout.sites import ATTENTION, family_of, site_modules
from guided_dropout.train import Examples, fine_tune, predict
from transformers import AutoModelForMaskedLM, AutoModelForSequenceClassification, BertConfig

SHAPES = {
    "bert-base": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
    "bert-small": {"hidden_size": 512, "num_hidden_layers": 4, "num_attention_heads": 8, "intermediate_size": 2048},
}


def timed(work, device: str) -> float:
    """Seconds that `work` takes."""
    began = time.monotonic()
    work()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.monotonic() - began


def main() -> None:
    """Prints one row of a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=SHAPES, default="bert-base")
    parser.add_argument("--arm", default="standard")
    for name, default in (("batch", 18), ("tokens", 64), ("threads", 1), ("steps", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--device", default="cpu")
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(1)
    config = BertConfig(**SHAPES[o.model], num_labels=2)
    model = AutoModelForSequenceClassification.from_config(config, attn_implementation=ATTENTION).to(o.device)
    family, rates = family_of(config), dict.fromkeys(site_modules(model), 0.05)
    rows = o.batch * o.steps
    encodings = [
        Encoding([1000 + (7 * i + t) % 20000 for t in range(o.tokens)], [0] * o.tokens, [False] * o.tokens)
        for i in range(rows)
    ]
    examples = Examples(encodings, [i % 2 for i in range(rows)], "classification", 2, 0)

    def steps(epochs: int) -> float:
        recipe = Recipe(epochs, epochs, o.batch, 2e-5, "linear", 0.1, 0.01, 1.0, None)
        return timed(
            lambda: fine_tune(model, family, arm_rates(o.arm, rates, 1), recipe, 1, examples, list(range(rows)), [0]),
            o.device,
        )

    steps(1)  # the first steps allocate
    step = (steps(2) - steps(1)) / o.steps
    row = timed(lambda: predict(model, family, examples, list(range(rows))), o.device) / rows
    language = AutoModelForMaskedLM.from_config(config, attn_implementation=ATTENTION).to(o.device).eval()
    texts = [
        masked(i, encoding, config.vocab_size, 103, 1, family.masked_share) for i, encoding in enumerate(encodings[:2])
    ]
    text = timed(lambda: per_text(language, family, texts, "tokens", 0), o.device) / len(texts)
    print(
        f"| {o.model}, {o.arm} | {o.device}, {o.threads} thread(s) | {o.batch} × {o.tokens} | {step:.3f} | {row:.4f} | {text:.2f} |"
    )


if __name__ == "__main__":
    main()
