#!/usr/bin/env python3
"""Golden losses of the tiny classifier in the plane through its start and two ends, for src/plane.rs.

    python3 scripts/plane_golden.py        (torch, transformers and safetensors; writes tests/fixtures/tiny_bert/plane.json)

The ends, and a third model off the plane, are the start moved by waves that a test can make too. The plane is made a second time, by Gram and
Schmidt in double precision over all parameters as one vector. Model and batch are those of scripts/golden.py, which must have run.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BertForSequenceClassification
from transformers.utils import logging

HERE = Path(__file__).resolve().parent.parent / "tests/fixtures/tiny_bert"
POINTS = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-0.6, 0.8], [1.7, -1.1]]
WAVES = {"ends": [[0.02, 0.008, 0.0], [0.006, 0.018, 0.0]], "aside": [0.012, -0.01, 0.015]}


def moved(start, size):
    """Element j of a tensor moves by size[0]·sin(j/2 + letters of its name) + size[1]·cos(3j/10) + size[2]·sin(2j)."""

    def one(name, tensor):
        j = torch.arange(tensor.numel(), dtype=torch.float64)
        wave = size[0] * torch.sin(0.5 * j + len(name)) + size[1] * torch.cos(0.3 * j) + size[2] * torch.sin(2.0 * j)
        return (tensor.double() + wave.view_as(tensor)).float()

    return {name: one(name, tensor) for name, tensor in start.items()}


def main():
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    t = load_file(HERE / "golden.safetensors")
    model = BertForSequenceClassification.from_pretrained(HERE, attn_implementation="eager").eval()
    start = {n: p.detach().clone() for n, p in model.named_parameters()}
    flat = lambda tensors: torch.cat([tensors[n].double().flatten() for n in start])
    origin = flat(start)
    first, second = (flat(moved(start, size)) - origin for size in WAVES["ends"])
    middle, apart = (first + second) / 2, first - second
    unit = middle.norm()
    x_axis = middle / unit
    across = apart - (apart @ x_axis) * x_axis
    y_axis = across / across.norm()

    def place(way):
        x, y = way @ x_axis, way @ y_axis
        return [(v / unit).item() for v in (x, y, (way - x * x_axis - y * y_axis).norm())]

    def loss(x, y):
        at = origin + unit * (x * x_axis + y * y_axis)
        for p, part in zip(model.parameters(), at.split([p.numel() for p in model.parameters()])):
            p.copy_(part.view_as(p))
        return model(
            input_ids=t["batch.input_ids"],
            attention_mask=t["batch.attention_mask"],
            token_type_ids=t["batch.token_type_ids"],
            labels=t["batch.class_labels"],
        ).loss.item()

    with torch.no_grad():
        losses = [loss(x, y) for x, y in POINTS]
    out = {
        "waves": WAVES,
        "unit": unit.item(),
        "ends": [place(first)[:2], place(second)[:2]],
        "aside": place(flat(moved(start, WAVES["aside"])) - origin),
        "points": POINTS,
        "losses": losses,
    }
    (HERE / "plane.json").write_text(
        "{" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in out.items()) + "}\n"
    )


if __name__ == "__main__":
    main()
