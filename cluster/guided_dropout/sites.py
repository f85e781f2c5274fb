"""Dropout sites by name: which module of which family each is, which tensors precede it, and rates that are set and read back.

Sources: docs/method.md, section 2, and transformers 5.24, `models/*/modeling_*.py`. Since transformers 5 attention modules hold a dropout module, but only read its
rate: the probabilities are dropped by a function. Ours is registered as the attention implementation `guided_dropout`, and calls the module.

Never by position: the authors of the paper set 37 rates by index in `model.modules()`. In transformers 5.24 only 10 of these are dropout modules, and no error is raised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

from .noise import Clock, SiteDropout
from .schedule import STANDARD_RATE, ArmRates

ATTENTION = "guided_dropout"


@dataclass(frozen=True)
class Family:
    """A family's names. `K` stands for the number of a layer."""

    base: str
    """The encoder's attribute, and the prefix of its tensors."""
    modules: dict[str, str]
    """Kind of site → dropout module within the encoder."""
    tensors: dict[str, str]
    """Beginning of a tensor's name within the encoder → kind of site that the tensor precedes. The longest beginning counts."""
    layers: str
    """The list of layers within the encoder."""
    classifier_dropout: str | None
    """The classifier's own dropout module: not a site, 0.1 in every arm, or what the model is shipped with."""
    classifier_sites: tuple[str, ...]
    """The draws that it uses, call by call."""
    head: tuple[str, ...]
    """The classifier's layers in the order in which they are drawn; the last is the output layer."""
    pretrained_head: bool = False
    """Whether all of them but the last belong to the pretrained model, where its file has them."""
    norms: tuple[str, ...] = ()
    """Its LayerNorms, which begin with gains of one where the file has none."""
    causal: bool = False
    masked_share: float = 0.15
    """The share of ordinary tokens that it was trained to predict, where some are hidden."""
    shipped: dict[str, str] | None = None
    """Kind of site → key of config.json, in families whose arm `standard` keeps the rates that a model is shipped with."""
    built_with: dict[str, float] | None = None
    """Keys of config.json without which a dropout module is an Identity."""


def _bert(base: str, **head) -> Family:
    layer = "encoder.layer.K"
    parts = {
        "attention.self": f"{layer}.attention.self",
        "attention.output": f"{layer}.attention.output",
        "output": f"{layer}.output",
    }
    return Family(
        base=base,
        modules={"embeddings": "embeddings.dropout"}
        | {f"layer.K.{kind}": f"{path}.dropout" for kind, path in parts.items()},
        # ELECTRA's projection follows the embeddings' dropout.
        tensors={"embeddings.": "embeddings", "embeddings_project.": "layer.0.attention.self"}
        | {f"{path}.": f"layer.K.{kind}" for kind, path in parts.items()},
        layers="encoder.layer",
        **head,
    )


_DENSE_HEAD = {
    "classifier_dropout": "classifier.dropout",
    "classifier_sites": ("classifier_input", "classifier"),
    "head": ("classifier.dense", "classifier.out_proj"),
}
_ROBERTA = _bert("roberta", **_DENSE_HEAD)

FAMILIES = {
    "bert": _bert(
        "bert",
        classifier_dropout="dropout",
        classifier_sites=("classifier",),
        head=("bert.pooler.dense", "classifier"),
        pretrained_head=True,
    ),
    "roberta": _ROBERTA,
    "xlm-roberta": _ROBERTA,
    "camembert": _ROBERTA,
    "electra": _bert("electra", **_DENSE_HEAD),
    "distilbert": Family(
        base="distilbert",
        modules={
            "embeddings": "embeddings.dropout",
            "layer.K.attention.self": "transformer.layer.K.attention.dropout",
            "layer.K.output": "transformer.layer.K.ffn.dropout",
        },
        # out_lin and sa_layer_norm have no dropout of their own, hence no site.
        tensors={
            "embeddings.": "embeddings",
            "transformer.layer.K.attention.q_lin.": "layer.K.attention.self",
            "transformer.layer.K.attention.k_lin.": "layer.K.attention.self",
            "transformer.layer.K.attention.v_lin.": "layer.K.attention.self",
            "transformer.layer.K.ffn.lin2.": "layer.K.output",
            "transformer.layer.K.output_layer_norm.": "layer.K.output",
        },
        layers="transformer.layer",
        classifier_dropout="dropout",
        classifier_sites=("classifier",),
        head=("pre_classifier", "classifier"),
    ),
    "gpt2": Family(
        base="transformer",
        modules={
            "embeddings": "drop",
            "layer.K.attention.self": "h.K.attn.attn_dropout",
            "layer.K.attention.output": "h.K.attn.resid_dropout",
            "layer.K.output": "h.K.mlp.dropout",
        },
        tensors={
            "wte.": "embeddings",
            "wpe.": "embeddings",
            "h.K.ln_1.": "layer.K.attention.self",
            "h.K.attn.c_attn.": "layer.K.attention.self",
            "h.K.attn.c_proj.": "layer.K.attention.output",
            "h.K.ln_2.": "layer.K.output",
            "h.K.mlp.": "layer.K.output",
        },
        layers="h",
        classifier_dropout=None,
        classifier_sites=(),
        head=("score",),
        causal=True,
    ),
    "modernbert": Family(
        base="model",
        modules={
            "embeddings": "embeddings.drop",
            "layer.K.attention.self": "layers.K.attn.attention_dropout",  # a number, which a module takes the place of
            "layer.K.attention.output": "layers.K.attn.out_drop",
            "layer.K.output": "layers.K.mlp.drop",
        },
        # mlp.drop stands before mlp.Wo, whose output meets its next dropout in the layer after it.
        tensors={
            "embeddings.": "embeddings",
            "layers.K.attn_norm.": "layer.K.attention.self",
            "layers.K.attn.Wqkv.": "layer.K.attention.self",
            "layers.K.attn.Wo.": "layer.K.attention.output",
            "layers.K.mlp_norm.": "layer.K.output",
            "layers.K.mlp.Wi.": "layer.K.output",
            "layers.K.mlp.Wo.": "layer.K+1.attention.self",
        },
        layers="layers",
        classifier_dropout="drop",
        classifier_sites=("classifier",),
        head=("head.dense", "classifier"),
        pretrained_head=True,
        norms=("head.norm",),
        masked_share=0.3,
        shipped={
            "embeddings": "embedding_dropout",
            "layer.K.attention.self": "attention_dropout",
            "layer.K.attention.output": "attention_dropout",
            "layer.K.output": "mlp_dropout",
        },
        built_with={"attention_dropout": STANDARD_RATE},
    ),
}


def family_of(config) -> Family:
    """The family of a model's configuration.

    Raises ValueError for a family without a table: nothing is guessed from the order of modules.
    """
    family = FAMILIES.get(config.model_type)
    if family is None:
        raise ValueError(
            f"model_type: expected one of {', '.join(FAMILIES)}, got {config.model_type!r}; its dropout sites are not known, so no rate can be set by name"
        )
    return family


def encoder_of(model: nn.Module, family: Family) -> nn.Module:
    """The encoder of a model with any head."""
    return getattr(model, family.base)


def site_modules(model: nn.Module) -> dict[str, str]:
    """Site → path of its dropout module within the encoder, in data-flow order."""
    family = family_of(model.config)
    layers = len(encoder_of(model, family).get_submodule(family.layers))
    kinds = list(family.modules.items())
    found = dict(kinds[:1])
    for k in range(layers):
        found |= {kind.replace("K", str(k)): path.replace("K", str(k)) for kind, path in kinds[1:]}
    return found


def site_of_tensor(family: Family, name: str) -> str | None:
    """The site that a tensor precedes, by its name within the encoder; None for intermediate layers of most families and final norms."""
    number = re.search(r"\.(\d+)\.", f".{name}")
    plain = re.sub(r"(^|\.)\d+\.", r"\1K.", name, count=1)
    beginnings = [start for start in family.tensors if plain.startswith(start)]
    if not beginnings:
        return None
    site = family.tensors[max(beginnings, key=len)]
    return site.replace("K+1", str(int(number.group(1)) + 1)).replace("K", number.group(1)) if number else site


def shipped_rates(config, sites: list[str]) -> dict[str, float] | None:
    """The rates of config.json at these sites, in families whose arm `standard` keeps them; else None."""
    keys = family_of(config).shipped
    return {site: float(getattr(config, keys[re.sub(r"\d+", "K", site)])) for site in sites} if keys else None


def install(model: nn.Module, arm: ArmRates, clock: Clock) -> dict[str, float]:
    """Puts a named dropout module at every site, and gives the rates as read back from the model.

    Raises ValueError where a site's module is missing, is no dropout, has no rate in `arm`, or where a dropout module is left that no site names.
    """
    family = family_of(model.config)
    encoder, modules = encoder_of(model, family), site_modules(model)
    missing = [site for site in modules if site not in arm.rates]
    extra = [site for site in arm.rates if site not in modules]
    if missing or extra:
        raise ValueError(
            f"rates: expected one for each site of {type(model).__name__}, got none for {missing or 'no site'} and others for {extra or 'no site'}"
        )
    for site, path in modules.items():
        _replace(encoder, path, SiteDropout((site,), arm.rates[site], arm.noise, clock), site)
    if family.classifier_dropout and hasattr(model, family.head[-1].split(".")[0]):
        rate = STANDARD_RATE if family.shipped is None else model.config.classifier_dropout
        _replace(
            model,
            family.classifier_dropout,
            SiteDropout(family.classifier_sites, rate, "bernoulli", clock),
            "classifier",
        )
    left = [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.modules.dropout._DropoutNd) and module.p > 0
    ]
    if left:
        raise ValueError(
            f"{type(model).__name__}: expected every dropout module to be a site, got others: {', '.join(left)}"
        )
    if model.config._attn_implementation != ATTENTION:
        raise ValueError(
            f"attn_implementation: expected {ATTENTION!r}, whose attention calls the sites' modules, got {model.config._attn_implementation!r}"
        )
    rates = read_back(model)
    if rates != arm.rates:
        raise ValueError(f"rates read back from the model: expected {arm.rates}, got {rates}")
    return rates


def read_back(model: nn.Module) -> dict[str, float]:
    """The rate of every site, as the model's own modules have it."""
    encoder = encoder_of(model, family_of(model.config))
    return {site: encoder.get_submodule(path).p for site, path in site_modules(model).items()}


def _replace(root: nn.Module, path: str, module: SiteDropout, site: str) -> None:
    parent, _, name = path.rpartition(".")
    try:
        owner = root.get_submodule(parent)
        present = getattr(owner, name)
    except AttributeError:
        raise ValueError(
            f"site {site}: expected a dropout module {path} in {type(root).__name__}, got none: this model has other sites"
        ) from None
    if not isinstance(present, (nn.Dropout, SiteDropout)) and name != "attention_dropout":
        raise ValueError(
            f"site {site}: expected {path} to be a dropout module, got {type(present).__name__}: set the model's dropout rates above 0 in its configuration"
        )
    setattr(owner, name, module)


def attention(module, query, key, value, attention_mask, scaling=None, dropout=0.0, **_):
    """Eager attention whose probabilities, `[B, H, T, T]`, go through the module's own dropout; as transformers' `eager_attention_forward` otherwise."""
    scaling = query.size(-1) ** -0.5 if scaling is None else scaling
    scores = torch.matmul(query, key.transpose(-1, -2)) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask
    probabilities = nn.functional.softmax(scores, dim=-1)
    site = next(
        (
            found
            for name in ("attn_dropout", "dropout", "attention_dropout")
            if isinstance(found := getattr(module, name, None), nn.Module)
        ),
        None,
    )
    if isinstance(site, SiteDropout):
        probabilities = site(probabilities)
    elif dropout:
        raise RuntimeError(
            f"{type(module).__name__}: attention probabilities without a site, yet with dropout {dropout}"
        )
    return torch.matmul(probabilities, value).transpose(1, 2).contiguous(), probabilities


def mask(*arguments, **options):
    """transformers' eager mask, made even where no row is padded: whether one is depends on data, which `torch.func.vmap` cannot ask."""
    return eager_mask(*arguments, **(options | {"allow_is_bidirectional_skip": False}))


AttentionInterface.register(ATTENTION, attention)
AttentionMaskInterface.register(ATTENTION, mask)
