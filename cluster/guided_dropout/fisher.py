"""Empirical Fisher information (eq. 3 of arXiv 2406.14005): the square of each text's own gradient, averaged over texts.

    F(θ_j) = 1/n · Σ_i (∂L_i/∂θ_j)²

The square of a batch's gradient is another quantity, and a wrong one. Dropout is off. A text's result is, for every tensor, the mean over its elements of the squared
gradient, in squared nats per squared unit of parameter: what a site's score is made of. `per_text` computes a batch at once by `torch.func`; `plain` is one backward
pass for one text, and its oracle.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.func import functional_call, grad_and_value, vmap

from .draws import Xoshiro
from .models import Encoding, batch, forward
from .sites import Family, site_modules, site_of_tensor

EMBEDDINGS = ("word_embeddings", "position_embeddings", "token_type_embeddings", "LayerNorm")
STABILITY_SIZES = (2, 4, 8, 16, 25, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000)


@dataclass(frozen=True)
class Text:
    """A text with what has to be predicted of it."""

    index: int
    """Its place among the texts."""
    encoding: Encoding
    """The tokens that the model sees."""
    positions: list[int]
    """Language models: the positions that it predicts from, ascending."""
    targets: list[int] | list[float]
    """The ids to be predicted; of a labelled text its one class or score."""


def masked(index: int, encoding: Encoding, vocabulary: int, mask_id: int, seed: int, share: float) -> Text:
    """Text `index` with this share of its ordinary tokens to be predicted: 80 % of these become the mask, 10 % a random token, 10 % stay. As src/data/masking.rs."""
    draws = Xoshiro((seed << 32) | index)
    ordinary = [i for i, special in enumerate(encoding.special) if not special]
    positions = [i for i in ordinary if draws.chance(share)]
    if not positions and ordinary:
        positions = [ordinary[draws.below(len(ordinary))]]
    seen = list(encoding.ids)
    for i in positions:
        draw = draws.unit()
        if draw < 0.8:
            seen[i] = mask_id
        elif draw < 0.9:
            seen[i] = draws.below(vocabulary)
    return Text(
        index, Encoding(seen, encoding.type_ids, encoding.special), positions, [encoding.ids[i] for i in positions]
    )


def causal(index: int, encoding: Encoding) -> Text:
    """Text `index` with every token but the first to be predicted from those before it."""
    return Text(index, encoding, list(range(len(encoding.ids) - 1)), encoding.ids[1:])


def tensors(model: nn.Module, family: Family) -> dict[str, nn.Parameter]:
    """The tensors whose Fisher information is kept, by Hugging Face's full names: embeddings and encoder, heads and pooler left out, in data-flow order."""
    prefix = f"{family.base}."
    kept = {
        name: p
        for name, p in model.named_parameters()
        if name.startswith(prefix) and not name.startswith(f"{prefix}pooler.")
    }
    parts = [f"{prefix}embeddings.{part}." for part in EMBEDDINGS]  # RoBERTa's module lists them in another order
    first = [name for part in parts for name in kept if name.startswith(part)]
    return {name: kept[name] for name in first} | kept


def _loss(logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor, task: str) -> torch.Tensor:
    """Σ weights · loss of one text. `task` is `tokens` (logits `[1, T, V]`), `classification` or `regression` (`[1, C]`)."""
    rows = logits.reshape(-1, logits.shape[-1])
    if task == "regression":
        return (weights * (rows[:, 0] - targets) ** 2).sum()
    log_probabilities = rows.log_softmax(-1).gather(1, targets[:, None])[:, 0]
    return -(weights * log_probabilities).sum()


def _batch(
    texts: list[Text], task: str, pad_id: int, device: torch.device
) -> tuple[dict[str, torch.Tensor], torch.Tensor, torch.Tensor]:
    """Inputs `[B, T]`, targets and weights `[B, T]` (`[B, 1]` of labels)."""
    inputs = batch([text.encoding for text in texts], pad_id, device)
    width = inputs["input_ids"].shape[1] if task == "tokens" else 1
    targets = torch.zeros(
        len(texts), width, dtype=torch.float32 if task == "regression" else torch.int64, device=device
    )
    weights = torch.zeros(len(texts), width, device=device)
    for row, text in enumerate(texts):
        places = torch.tensor(text.positions if task == "tokens" else [0], device=device)
        targets[row, places] = torch.tensor(text.targets, dtype=targets.dtype, device=device)
        weights[row, places] = 1.0 / len(text.targets)
    return inputs, targets, weights


def per_text(
    model: nn.Module, family: Family, texts: list[Text], task: str, pad_id: int, chunk: int | None = None
) -> list[dict]:
    """Loss and mean squared gradients of each text: `{"index", "loss", "means"}`, by per-sample gradients of `torch.func`.

    `chunk` texts are differentiated at once; memory is as many copies of the parameters.
    """
    device = next(model.parameters()).device
    kept = {name: p.detach() for name, p in tensors(model, family).items()}
    rest = {name: p.detach() for name, p in model.named_parameters() if name not in kept} | dict(model.named_buffers())
    inputs, targets, weights = _batch(texts, task, pad_id, device)

    def loss(parameters, inputs, targets, weights):
        def call(inputs):
            return forward(
                _Bound(model, parameters | rest), family, {name: value[None] for name, value in inputs.items()}
            )

        return _loss(call(inputs), targets, weights, task)

    def means(inputs, targets, weights):
        gradients, value = grad_and_value(loss)(kept, inputs, targets, weights)
        return value, torch.stack([gradient.square().mean() for gradient in gradients.values()])

    losses, squares = vmap(means, chunk_size=chunk)(inputs, targets, weights)
    return [_checked(text.index, loss, row) for text, loss, row in zip(texts, losses.tolist(), squares.tolist())]


class _Bound:
    """A module that is called with given parameters; attributes are the module's."""

    def __init__(self, module: nn.Module, parameters: dict[str, torch.Tensor]) -> None:
        self._module, self._parameters = module, parameters

    def __call__(self, **inputs):
        return functional_call(self._module, self._parameters, (), inputs)

    def __getattr__(self, name: str):
        return getattr(self._module, name)


def plain(model: nn.Module, family: Family, text: Text, task: str, pad_id: int) -> dict:
    """As :func:`per_text` of one text, by one backward pass."""
    device = next(model.parameters()).device
    inputs, targets, weights = _batch([text], task, pad_id, device)
    model.zero_grad(set_to_none=True)
    loss = _loss(forward(model, family, inputs), targets[0], weights[0], task)
    loss.backward()
    means = [0.0 if p.grad is None else float(p.grad.square().mean()) for p in tensors(model, family).values()]
    model.zero_grad(set_to_none=True)
    return _checked(text.index, float(loss.detach()), means)


def _checked(index: int, loss: float, means: list[float]) -> dict:
    if any(value != value or abs(value) == float("inf") for value in [loss, *means]):
        raise ArithmeticError(f"Fisher, text {index + 1}: expected finite gradients, got one that is not")
    return {"index": index, "loss": loss, "means": means}


def estimate(model_tensors: list[tuple[str, str | None]], sites: list[str], texts: list[dict]) -> dict:
    """`fisher` of results.json, from texts in whatever order. `model_tensors` are names with their sites, `sites` all sites in data-flow order."""
    texts = sorted(texts, key=lambda text: text["index"])
    if not texts or all(mean == 0.0 for text in texts for mean in text["means"]):
        raise ValueError(
            f"Fisher texts: expected a word that the model's tokenizer knows, so that there is something to predict, got none in {len(texts)} texts"
        )
    means = _mean(texts)
    return {
        "texts": len(texts),
        "sites": [{"site": site, "score": score} for site, score in site_scores(model_tensors, sites, means).items()],
        "tensors": [{"name": name, "mean": mean, "site": site} for (name, site), mean in zip(model_tensors, means)],
        "stability": _stability(model_tensors, sites, texts),
    }


def named_tensors(model: nn.Module, family: Family) -> tuple[list[tuple[str, str | None]], list[str]]:
    """Tensors with the sites that they precede, and all sites."""
    prefix = len(family.base) + 1
    sites = list(site_modules(model))
    of = {name: site_of_tensor(family, name[prefix:]) for name in tensors(model, family)}
    return [(name, site if site in sites else None) for name, site in of.items()], sites


def site_scores(model_tensors: list[tuple[str, str | None]], sites: list[str], means: list[float]) -> dict[str, float]:
    """A site's score: the mean over its tensors of each tensor's mean (docs/method.md, section 2)."""
    of = {site: [mean for (_, other), mean in zip(model_tensors, means) if other == site] for site in sites}
    return {site: _sum(values) / len(values) for site, values in of.items()}


def _sum(values: list[float]) -> float:
    total = 0.0  # in order: sum() of Python 3.12 and later compensates for rounding, the core does not
    for value in values:
        total += value
    return total


def _mean(texts: list[dict]) -> list[float]:
    return [_sum([text["means"][i] for text in texts]) / len(texts) for i in range(len(texts[0]["means"]))]


def _stability(model_tensors: list[tuple[str, str | None]], sites: list[str], texts: list[dict]) -> list[dict]:
    """Kendall's τ-b between the site scores of two disjoint sets of m texts, for growing m."""
    half = len(texts) // 2
    sizes = [m for m in STABILITY_SIZES if m < half] + ([half] if half >= 2 else [])

    def scores(part: list[dict]) -> list[float]:
        return list(site_scores(model_tensors, sites, _mean(part)).values())

    found = [(m, kendall_tau_b(scores(texts[:m]), scores(texts[m : 2 * m]))) for m in sizes]
    return [{"texts": m, "kendall_tau": tau} for m, tau in found if tau is not None]


def kendall_tau_b(x: list[float], y: list[float]) -> float | None:
    """Kendall's τ-b by all pairs; None where one side is constant."""
    concordant = tied_x = tied_y = 0
    pairs = len(x) * (len(x) - 1) // 2
    for i in range(len(x)):
        for j in range(i):
            a, b = (x[i] > x[j]) - (x[i] < x[j]), (y[i] > y[j]) - (y[i] < y[j])
            concordant += a * b
            tied_x += a == 0
            tied_y += b == 0
    spread = ((pairs - tied_x) * (pairs - tied_y)) ** 0.5
    return concordant / spread if spread else None
