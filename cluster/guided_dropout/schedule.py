"""From Fisher scores to dropout rates (eqs. 9 and 10 of arXiv 2406.14005), and the arms of an experiment (docs/method.md, sections 3 and 4).

Sites are strings, `embeddings`, `layer.K.attention.self`, `layer.K.attention.output` and `layer.K.output`; rates are probabilities in [0, 1).
Dictionaries keep data-flow order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .draws import Xoshiro

STANDARD_RATE = 0.1
ARMS = (
    "standard",
    "guided",
    "uniform-mean",
    "shuffled",
    "reversed",
    "gaussian",
    "none",
    "custom",
    "by-kind",
    "spare-embeddings",
    "tuned",
)
NEED_FISHER = frozenset({"guided", "uniform-mean", "shuffled", "reversed", "by-kind", "spare-embeddings"})

Rates = dict[str, float]


@dataclass(frozen=True)
class ArmRates:
    """The noise of an arm."""

    noise: str
    """`bernoulli` (0 with probability p, else 1/(1−p)) or `gaussian` (N(1, p/(1−p)), Srivastava et al. 2014, section 10)."""
    rates: Rates
    """The rate of each site, in data-flow order."""


def guided(scores: Mapping[str, float], p_upper: float, p_lower: float) -> Rates:
    """Rates that fall linearly in the rank of the score: the lowest score gets `p_upper`, the highest `p_lower`.

    Ties share the mean of their ranks' rates. A single site gets the mean of both ends.
    """
    sites = list(scores)
    order = sorted(sites, key=lambda site: scores[site])
    last = float(max(len(order), 2) - 1)
    rates: Rates = {site: 0.0 for site in sites}
    first = 0
    while first < len(order):
        tied = [site for site in order[first:] if scores[site] == scores[order[first]]]
        rank = 0.5 if len(order) == 1 else first + (len(tied) - 1) / 2.0
        for site in tied:
            # Rounding may step over an end by a hair, and a rate must not be negative.
            rates[site] = min(max(p_upper - (p_upper - p_lower) * rank / last, p_lower), p_upper)
        first += len(tied)
    return rates


def arm_rates(
    arm: str,
    guided: Rates,
    seed: int,
    custom: Sequence[Mapping] | None = None,
    tuned: float | None = None,
    shipped: Rates | None = None,
) -> ArmRates:
    """The noise and rates of an arm. `seed` decides only where `shuffled` puts which rate.

    `guided` gives the sites; of an arm that needs no Fisher information its rates do not matter. `shipped` are the model's own rates, where `standard` keeps them.
    """
    rates_of: dict[str, Callable[[], Rates]] = {
        "guided": lambda: dict(guided),
        "standard": lambda: dict.fromkeys(guided, STANDARD_RATE) if shipped is None else dict(shipped),
        "gaussian": lambda: dict.fromkeys(guided, STANDARD_RATE),
        "none": lambda: dict.fromkeys(guided, 0.0),
        "uniform-mean": lambda: dict.fromkeys(guided, _mean(guided.values())),
        "shuffled": lambda: _shuffled(guided, seed),
        "reversed": lambda: _reversed(guided),
        "custom": lambda: _custom(guided, custom),
        "by-kind": lambda: _by_kind(guided),
        "spare-embeddings": lambda: _spare_embeddings(guided),
        "tuned": lambda: dict.fromkeys(guided, _checked("tuned_rate", tuned)),
    }
    if arm not in rates_of:
        raise ValueError(f"arms: expected one of {', '.join(ARMS)}, got {arm!r}")
    return ArmRates("gaussian" if arm == "gaussian" else "bernoulli", rates_of[arm]())


def _mean(values) -> float:
    values = list(values)
    total = 0.0  # in order: sum() of Python 3.12 and later compensates for rounding, the core does not
    for value in values:
        total += value
    return total / max(len(values), 1)


def _shuffled(guided: Rates, seed: int) -> Rates:
    values = sorted(guided.values())
    draws = Xoshiro(seed)
    draws.u64()  # the split of the same seed begins its stream with this draw
    draws.shuffle(values)
    return dict(zip(guided, values))


def _reversed(guided: Rates) -> Rates:
    """The k-th lowest rate changes places with the k-th highest."""
    order = sorted(guided, key=lambda site: guided[site])
    return {**guided, **{low: guided[high] for low, high in zip(order, reversed(order))}}


def _by_kind(guided: Rates) -> Rates:
    """Sites of one kind differ only in their layer."""
    kind = {site: re.sub(r"\d+", "K", site) for site in guided}
    means = {k: _mean(rate for site, rate in guided.items() if kind[site] == k) for k in kind.values()}
    return {site: means[kind[site]] for site in guided}


def _spare_embeddings(guided: Rates) -> Rates:
    others = sum(site != "embeddings" for site in guided)
    rate = _mean(guided.values()) * len(guided) / max(others, 1)
    if rate >= 1.0 or others == 0:
        raise ValueError(
            f"p_upper, arm spare-embeddings: expected guided rates whose mean the other sites can have, got a rate of {rate} at {others} sites"
        )
    return {site: 0.0 if site == "embeddings" else rate for site in guided}


def _custom(guided: Rates, custom: Sequence[Mapping] | None) -> Rates:
    given = {str(entry["site"]): entry["rate"] for entry in custom or ()}
    extra = [site for site in given if site not in guided]
    if extra:
        raise ValueError(f"custom_rates: expected sites of the model, got {', '.join(extra)}")
    return {site: _checked(f"custom_rates, {site}", given.get(site)) for site in guided}


def _checked(name: str, rate: float | None) -> float:
    if rate is None or not 0.0 <= rate < 1.0:
        raise ValueError(f"{name}: expected a rate in [0, 1), got {'none' if rate is None else rate}")
    return float(rate)
