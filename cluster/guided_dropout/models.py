"""Models and tokenizers as Hugging Face publishes them: a folder, or a name that transformers resolves.

A run begins with the pretrained encoder and a classifier drawn by seed as the core draws it (src/models/checkpoint/parameters.rs), so runs here and there begin with
the same numbers.
"""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSequenceClassification
from transformers.utils import cached_file

from .draws import Xoshiro
from .sites import ATTENTION, Family, family_of

INITIAL_DEVIATION = 0.02
"""Of a classifier's initial weights: `initializer_range`."""
USUAL_TOKENS = {"pad_token": ("[PAD]", "<pad>"), "mask_token": ("[MASK]", "<mask>"), "eos_token": ("<|endoftext|>",)}


@dataclass(frozen=True)
class Encoding:
    """The tokens of a text or a pair, special tokens included, without padding."""

    ids: list[int]
    type_ids: list[int]
    special: list[bool]
    """Never masked: from the template, or typed in the text."""


class Texts:
    """A model's tokenizer.json, cutting each text or pair to `max_tokens` (`longest_first`)."""

    def __init__(self, source: str, max_tokens: int) -> None:
        self._inner = Tokenizer.from_file(_file(source, "tokenizer.json"))
        self._inner.no_padding()
        self._inner.enable_truncation(max_tokens, strategy="longest_first")
        said: dict = {}
        for name in ("special_tokens_map.json", "tokenizer_config.json"):
            path = _file(source, name, required=False)
            said |= json.loads(Path(path).read_text("utf-8")) if path else {}
        roles = {role: self._id_of(said.get(role), usual) for role, usual in USUAL_TOKENS.items()}
        self.end_id = roles["eos_token"]
        self.mask_id = roles["mask_token"]
        pad_id = roles["pad_token"] if roles["pad_token"] is not None else self.end_id
        if pad_id is None:
            raise ValueError(
                f"{source}, tokenizer.json: expected a padding token (or one that tokenizer_config.json names), got none"
            )
        self.pad_id: int = pad_id
        self.size = self._inner.get_vocab_size(with_added_tokens=True)
        self._special = {id for id, token in self._inner.get_added_tokens_decoder().items() if token.special}

    def _id_of(self, said, usual: tuple[str, ...]) -> int | None:
        said = said.get("content") if isinstance(said, dict) else said
        found = (self._inner.token_to_id(name) for name in ((said,) if said else ()) + usual)
        return next((id for id in found if id is not None), None)

    def encode(self, text: str, pair: str | None = None) -> Encoding:
        """A text or a pair. A text without any token is the token that ends texts, in tokenizers that have one."""
        found = self._inner.encode(text, pair)
        if not found.ids and self.end_id is not None:
            return Encoding([self.end_id], [0], [True])
        special = [bool(mask) or id in self._special for id, mask in zip(found.ids, found.special_tokens_mask)]
        return Encoding(found.ids, found.type_ids, special)


def digests(source: str) -> dict[str, str]:
    """SHA-256 of the model's files, in hexadecimal digits, of those that are there: weights in several parts are not."""
    paths = {
        name: _file(source, name, required=False) for name in ("config.json", "model.safetensors", "tokenizer.json")
    }
    return {name: hashlib.sha256(Path(path).read_bytes()).hexdigest() for name, path in paths.items() if path}


def _file(source: str, name: str, required: bool = True) -> str | None:
    if Path(source).is_dir():
        path = Path(source) / name
        if path.exists() or not required:
            return str(path) if path.exists() else None
        raise ValueError(f"{source}: expected a model's folder with {name}, got none")
    return cached_file(source, name, _raise_exceptions_for_missing_entries=required)


def _load(kind, source: str, **options) -> tuple[nn.Module, dict]:
    """A model in float32 with the attention whose dropout is a site, and what its file lacked. Callers judge that themselves: transformers' report is silenced."""
    verbosity = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        return kind.from_pretrained(
            source, output_loading_info=True, dtype=torch.float32, attn_implementation=ATTENTION, **options
        )
    finally:
        transformers.logging.set_verbosity(verbosity)


def language_model(source: str) -> nn.Module:
    """The pretrained model with its language-model head, in evaluation mode.

    Raises ValueError where the file has no such head: Fisher information is defined by its loss (eq. 3).
    """
    config = AutoConfig.from_pretrained(source)
    family = family_of(config)
    model, info = _load(AutoModelForCausalLM if family.causal else AutoModelForMaskedLM, source)
    if info["missing_keys"] or info["mismatched_keys"]:
        missing = sorted(info["missing_keys"]) + [str(it) for it in info["mismatched_keys"]]
        raise ValueError(
            f"{source}: expected a language-model head, by whose loss Fisher information is defined, got no {', '.join(missing)}; arms without guided rates need none"
        )
    return model.eval()


class Start:
    """A pretrained model with a classifier of so many outputs, copied into every run."""

    def __init__(self, source: str, outputs: int, pad_id: int) -> None:
        config = AutoConfig.from_pretrained(source)
        self.family: Family = family_of(config)
        self.config = config
        options = {"num_labels": outputs, "pad_token_id": pad_id, "ignore_mismatched_sizes": True} | (
            self.family.built_with or {}
        )
        self.model, info = _load(AutoModelForSequenceClassification, source, **options)
        wanting = set(info["missing_keys"]) | {
            entry[0] if isinstance(entry, tuple) else entry for entry in info["mismatched_keys"]
        }
        dense, output = self.family.head[:-1], self.family.head[-1]
        self.drawn = [layer for layer in dense if not self.family.pretrained_head or f"{layer}.weight" in wanting] + [
            output
        ]
        missing = sorted(
            key
            for key in wanting
            if not key.startswith(tuple(f"{layer}." for layer in self.family.head + self.family.norms))
        )
        if missing:
            raise ValueError(f"{source}: expected every tensor of the encoder, got no {', '.join(missing)}")

    def with_head(self, seed: int) -> nn.Module:
        """A copy whose classifier is drawn from N(0, 0.02²) by `seed`; biases 0."""
        model, draws = copy.deepcopy(self.model), Xoshiro(seed)
        with torch.no_grad():
            for name in self.drawn:
                layer = model.get_submodule(name)
                values = [draws.normal(INITIAL_DEVIATION) for _ in range(layer.weight.numel())]
                layer.weight.copy_(torch.tensor(values, dtype=torch.float64).view_as(layer.weight).float())
                if layer.bias is not None:
                    layer.bias.zero_()
        return model


def batch(
    encodings: list[Encoding], pad_id: int, device: torch.device, tokens: int | None = None
) -> dict[str, torch.Tensor]:
    """Rows padded to so many tokens, or to the longest of them: ids, type ids and attention mask, int64, `[B, T]` each."""
    longest = tokens or max(len(encoding.ids) for encoding in encodings)

    def padded(rows: list[list[int]], fill: int) -> torch.Tensor:
        return torch.tensor([row + [fill] * (longest - len(row)) for row in rows], dtype=torch.int64, device=device)

    return {
        "input_ids": padded([e.ids for e in encodings], pad_id),
        "token_type_ids": padded([e.type_ids for e in encodings], 0),
        "attention_mask": padded([[1] * len(e.ids) for e in encodings], 0),
    }


def forward(model: nn.Module, family: Family, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """Logits of a model: `[B, C]` of a classifier, `[B, T, V]` of a language model. Type ids go where the family has them."""
    if family.causal:
        return model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False).logits
    takes_types = hasattr(getattr(model, family.base).embeddings, "token_type_embeddings")
    return model(**{name: value for name, value in inputs.items() if takes_types or name != "token_type_ids"}).logits
