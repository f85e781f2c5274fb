#!/usr/bin/env python3
"""Golden losses around the tiny model's weights, along directions drawn as src/landscape.rs draws them.

    python3 scripts/landscape_golden.py        (torch, transformers and safetensors; writes tests/fixtures/tiny_bert/landscape.json)

The generator (xoshiro256++ seeded by SplitMix64, Blackman and Vigna), the draws and both norms of docs/method.md, section 7, are written
here a second time, from their definitions. The model, its batch and the halves are those of scripts/golden.py, which must have run.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BertForMaskedLM
from transformers.utils import logging

HERE = Path(__file__).resolve().parent.parent / "tests/fixtures/tiny_bert"
SEED = 5
POINTS = [[0.0, 0.0], [0.5, -0.25], [-1.0, 1.0], [0.0, 0.75]]
MASK = (1 << 64) - 1
SHOWN = 6


def split_mix(state):
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def xoshiro(seed):
    seeds = split_mix(seed)
    s = [next(seeds) for _ in range(4)]
    rotate = lambda x, k: ((x << k) | (x >> (64 - k))) & MASK
    while True:
        yield (rotate((s[0] + s[3]) & MASK, 23) + s[0]) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)


def drawn(weight, direction, index):
    bits = xoshiro((SEED << 32) | (2 * index + direction))
    four = lambda b: sum((b >> (16 * lane)) & 0xFFFF for lane in range(4)) - 2 * 65535
    raw = torch.tensor([four(next(bits)) for _ in range(weight.numel())], dtype=torch.float64)
    return (raw * (weight.double().norm() / raw.norm())).float().view_as(weight)


def main():
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    golden, t = json.loads((HERE / "golden.json").read_text()), load_file(HERE / "golden.safetensors")
    model = BertForMaskedLM.from_pretrained(HERE, attn_implementation="eager").eval()
    start = {n: p.detach().clone() for n, p in model.named_parameters()}
    names = [n for n in start if n.startswith(("bert.embeddings.", "bert.encoder."))]  # in data-flow order
    moves = {n: (drawn(start[n], 0, i), drawn(start[n], 1, i)) for i, n in enumerate(names)}
    length = lambda group: sum(start[n].double().square().sum() for n in group).sqrt()

    def losses(group, one_dimensional, factor):
        found = []
        for a, b in POINTS:
            for n, p in model.named_parameters():
                moved = n in group and (one_dimensional or p.dim() > 1)
                p.copy_(start[n] + factor * (a * moves[n][0] + b * moves[n][1]) if moved else start[n])
            found.append(
                model(
                    input_ids=t["mlm.input_ids"],
                    attention_mask=t["batch.attention_mask"],
                    token_type_ids=t["batch.token_type_ids"],
                    labels=t["batch.mlm_labels"],
                ).loss.item()
            )
        return found

    groups = golden["landscape"]["tensors"]
    with torch.no_grad():
        tensor = {g: losses(set(group), False, 1.0) for g, group in groups.items()}
        total = {g: losses(set(group), True, (length(names) / length(group)).item()) for g, group in groups.items()}
    out = {
        "drawn": moves["bert.embeddings.word_embeddings.weight"][1].flatten()[:SHOWN].tolist(),
        "tensor": {"points": POINTS, "losses": tensor},
        "total": {"points": POINTS, "losses": total},
    }
    (HERE / "landscape.json").write_text(
        "{" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in out.items()) + "}\n"
    )


if __name__ == "__main__":
    main()
