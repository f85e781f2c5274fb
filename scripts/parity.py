"""Holds what the lab ships and hands over against Hugging Face transformers; exits 1 at the first difference.

1. The built-in model loads unchanged as BertForMaskedLM and gives the logits that the Rust core gives.
2. A model fine-tuned and downloaded in the page loads as BertForSequenceClassification and gives the same answers, token by token encoded alike.
3. The downloaded snippet sets each named dropout module's `p` to the schedule's rate, leaves the classifier's alone, and refuses a model of
   another depth with a list.

4. The same of a random model of each family, of sizes made by scripts/parity_families.py: the logits of its language-model head, and the
   fine-tuned model that the page exports, opened as AutoModelForSequenceClassification.

FOLDER holds mlm.safetensors (`guided-dropout logits`) and what scripts/parity.mjs wrote. `make parity` makes all of it.
"""

import json
import runpy
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
)

TOLERANCE = 1e-4  # of the largest logit; both sides compute in f32, in other orders


def close(what, ours, theirs):
    apart = float((ours - theirs).abs().max() / theirs.abs().max())
    print(f"{what}: largest difference {apart:.1e} of the largest")
    if apart > TOLERANCE:
        sys.exit(f"{what} differ")


def load(cls, folder, allowed_unused=(), **options):
    model, info = cls.from_pretrained(
        folder, output_loading_info=True, dtype=torch.float32, attn_implementation="eager", **options
    )
    unused = (
        [k for k in info["unexpected_keys"] if not k.startswith(tuple(allowed_unused))]
        if allowed_unused
        else info["unexpected_keys"]
    )
    if info["missing_keys"] or unused or info["mismatched_keys"]:
        sys.exit(f"{folder}: {info}")
    return model.eval()


@torch.no_grad()
def masked_language_model(built_in, folder):
    model = load(BertForMaskedLM, built_in, allowed_unused=("bert.pooler.",))  # kept in the file for classification
    tensors = load_file(folder / "mlm.safetensors")
    for i in range(sum(k.startswith("ids.") for k in tensors)):
        ids = tensors[f"ids.{i}"].long()[None]
        close(
            f"masked-word logits of text {i + 1} ({ids.shape[1]} tokens)", tensors[f"logits.{i}"], model(ids).logits[0]
        )


@torch.no_grad()
def classifier(folder, **options):
    model = load(AutoModelForSequenceClassification, folder / "model", **options)
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    kept = json.loads((folder / "answers.json").read_text())
    for answer in kept["answers"]:
        encoded = tokenizer(answer["text"], truncation=True, max_length=kept["max_tokens"], return_tensors="pt")
        tokens = tokenizer.convert_ids_to_tokens(encoded["input_ids"][0])
        if tokens != answer["tokens"]:
            sys.exit(f"tokens of {answer['text']!r}: {answer['tokens']} in the page, {tokens} in transformers")
        theirs = model(**encoded).logits[0].log_softmax(-1)
        close(f"answer to {answer['text'][:30]!r}", torch.tensor(answer["probabilities"]).log(), theirs)
    return model


def snippet(folder, model):
    set_rates = runpy.run_path(str(folder / "guided_dropout.py"))["set_dropout_rates"]
    rates = {r["site"]: r["rate"] for r in json.loads((folder / "schedule.json").read_text())["rates"]}
    before = model.dropout.p
    set_rates(model)
    layers = dict(model.bert.named_modules())
    for site, rate in rates.items():
        name = f"encoder.{site}.dropout" if site.startswith("layer.") else f"{site}.dropout"
        if abs(layers[name].p - rate) > 1e-6:
            sys.exit(f"{name}: p = {layers[name].p}, the schedule says {rate}")
    if model.dropout.p != before:
        sys.exit("the snippet changed the classifier's own dropout")
    other = BertForSequenceClassification(
        BertConfig(
            num_hidden_layers=len(model.bert.encoder.layer) + 1,
            hidden_size=32,
            num_attention_heads=2,
            intermediate_size=64,
            vocab_size=50,
            attn_implementation="eager",
        )
    )
    try:
        set_rates(other)
    except ValueError as refusal:
        if f"encoder.layer.{len(model.bert.encoder.layer)}.output.dropout" not in str(refusal):
            sys.exit(f"the refusal names no layer: {refusal}")
    else:
        sys.exit("the snippet took a model with other sites")
    print(f"snippet: {len(rates)} rates set by name; a deeper model refused with its list")


@torch.no_grad()
def family(folder):
    """The language model's logits by the core, and the exported classifier with its rates."""
    config = AutoConfig.from_pretrained(folder)
    causal = config.model_type == "gpt2"
    model = load(AutoModelForCausalLM if causal else AutoModelForMaskedLM, folder)
    tensors = load_file(folder / "logits.safetensors")
    for i in range(sum(k.startswith("ids.") for k in tensors)):
        types = (
            {"token_type_ids": tensors[f"type_ids.{i}"].long()[None]}
            if config.model_type in ("bert", "electra")
            else {}
        )
        logits = model(tensors[f"ids.{i}"].long()[None], **types).logits[0]
        close(f"{config.model_type}: logits of text {i + 1} ({len(logits)} tokens)", tensors[f"logits.{i}"], logits)
    # As the snippet says: ModernBERT's out_drop is an Identity where it is built by a rate of 0.
    exported = classifier(folder, **({"attention_dropout": 0.1} if config.model_type == "modernbert" else {}))
    runpy.run_path(str(folder / "guided_dropout.py"))["set_dropout_rates"](exported)
    wanted = sorted(r["rate"] for r in json.loads((folder / "schedule.json").read_text())["rates"])
    modules = list(exported.base_model.modules())
    own = [m.p for m in modules if isinstance(m, torch.nn.Dropout)] + [
        m.attention_dropout for m in modules if hasattr(m, "attention_dropout")
    ]
    if len(own) != len(wanted) or max(abs(a - b) for a, b in zip(sorted(own), wanted)) > 1e-6:
        sys.exit(f"{folder}: rates {sorted(own)} where the schedule says {wanted}")
    print(f"{config.model_type}: {len(wanted)} rates set by name")


def main():
    built_in, folder = Path(sys.argv[1]), Path(sys.argv[2])
    masked_language_model(built_in, folder)
    snippet(folder, classifier(folder))
    families = sorted((folder / "families").iterdir())
    if len(families) < 6:
        sys.exit(f"{len(families)} families where there should be 6")
    for one in families:
        family(one)
    print("parity holds")


if __name__ == "__main__":
    main()
