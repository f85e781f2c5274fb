"""Golden values of the other families: a tiny random model of each, and what Hugging Face transformers computes with it.

    HF_HUB_OFFLINE=1 python scripts/golden_families.py          # rewrites tests/fixtures/families/, byte for byte on the same machine

Made as scripts/golden.py says, with its texts and conventions, under each family's own names of tensors. Of a family there are config.json,
model.safetensors (every head in one file), tokenizer.json, golden.safetensors and golden.json. Masks are named by the lab's sites; the one before
a classifier's dense layer is `classifier_input`. `batch.mlm_labels` are the ids that are predicted from each position: what a hidden token was, or
for GPT-2 the next token. `pooling.*` are ModernBERT's under its other `classifier_pooling`.
"""

import json
import re
from collections import Counter
from unittest import mock

import golden
import torch
from golden import (
    BATCH,
    CORPUS,
    DROPOUT_P,
    MASKED_PER_TEXT,
    MAX_TOKENS,
    SPECIAL,
    VOCAB,
    adamw,
    gradients,
    train_tokenizer,
)
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    DistilBertConfig,
    DistilBertForMaskedLM,
    DistilBertForSequenceClassification,
    ElectraConfig,
    ElectraForMaskedLM,
    ElectraForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
    GPT2LMHeadModel,
    ModernBertConfig,
    ModernBertForMaskedLM,
    ModernBertForSequenceClassification,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaForSequenceClassification,
    logging,
)

OUT = golden.OUT.parent / "families"
TEXTS = [
    "The old dog ran home.",
    "Él café, it's 240 trees!",
    'wait...?!! "no" [it\'s] a_b $5',
    "東京 is a capital 😀",
    "",
    " ".join(CORPUS[:12]),
]
CASES = [(text, None, MAX_TOKENS) for text in TEXTS] + [
    (TEXTS[0], TEXTS[1], MAX_TOKENS),
    (TEXTS[0], TEXTS[1], 9),
    (TEXTS[5], TEXTS[0], 24),
    ("the dog", "", MAX_TOKENS),
]
SMALL = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "hidden_act": "gelu",
    "num_labels": 3,
}
MERGES, BPE_SPECIAL, END_OF_TEXT = 60, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "<|endoftext|>"


def byte_level_merges():
    """Byte-level BPE: the bytes, and the merges of the most frequent pairs, ties by the pair itself."""
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words = Counter(word for line in CORPUS for word, _ in splitter.pre_tokenize_str(line))
    pieces, merges = {word: list(word) for word in words}, []
    for _ in range(MERGES):
        pairs = Counter()
        for word, count in words.items():
            for pair in zip(pieces[word], pieces[word][1:]):
                pairs[pair] += count
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        for word, parts in pieces.items():
            joined, i = [], 0
            while i < len(parts):
                pair = tuple(parts[i : i + 2]) == best
                joined.append("".join(best) if pair else parts[i])
                i += 1 + pair
            pieces[word] = joined
    return splitter, merges, sorted(pre_tokenizers.ByteLevel.alphabet()) + [a + b for a, b in merges]


def roberta_tokenizer():
    splitter, merges, pieces = byte_level_merges()
    vocab = BPE_SPECIAL + pieces
    tok = Tokenizer(models.BPE({piece: i for i, piece in enumerate(vocab)}, merges, unk_token="<unk>"))
    tok.pre_tokenizer, tok.decoder = splitter, decoders.ByteLevel()
    tok.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    tok.add_special_tokens([*BPE_SPECIAL[:4], AddedToken("<mask>", lstrip=True, special=True)])
    assert tok.get_vocab_size() == len(vocab) and tok.token_to_id("<mask>") == 4
    return tok


def gpt2_tokenizer():
    """No template and no padding token: one special token, the last."""
    splitter, merges, pieces = byte_level_merges()
    vocab = [*pieces, END_OF_TEXT]
    tok = Tokenizer(models.BPE({piece: i for i, piece in enumerate(vocab)}, merges))
    tok.pre_tokenizer, tok.decoder, tok.post_processor = (
        splitter,
        decoders.ByteLevel(),
        processors.ByteLevel(trim_offsets=True),
    )
    tok.add_special_tokens([END_OF_TEXT])
    assert tok.get_vocab_size() == len(vocab) and tok.token_to_id(END_OF_TEXT) == len(vocab) - 1
    return tok


def modernbert_tokenizer():
    """As ModernBERT's: composed characters, byte-level pieces, and BERT's special tokens after them."""
    splitter, merges, pieces = byte_level_merges()
    vocab = pieces + SPECIAL
    tok = Tokenizer(models.BPE({piece: i for i, piece in enumerate(vocab)}, merges))
    tok.normalizer, tok.pre_tokenizer, tok.decoder = normalizers.NFC(), splitter, decoders.ByteLevel()
    ends = [(token, vocab.index(token)) for token in ("[CLS]", "[SEP]")]
    tok.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]", ends)
    tok.add_special_tokens([AddedToken(token, lstrip=token == "[MASK]", special=True) for token in SPECIAL])
    assert tok.get_vocab_size() == len(vocab) and tok.token_to_id("[MASK]") == len(vocab) - 1
    return tok


def families():
    wordpiece, bpe, causal, composed = train_tokenizer(), roberta_tokenizer(), gpt2_tokenizer(), modernbert_tokenizer()
    distilbert = DistilBertConfig(
        vocab_size=VOCAB,
        dim=16,
        n_layers=2,
        n_heads=2,
        hidden_dim=32,
        max_position_embeddings=MAX_TOKENS,
        activation="gelu",
        num_labels=3,
    )
    electra = ElectraConfig(
        vocab_size=VOCAB, embedding_size=8, max_position_embeddings=MAX_TOKENS, type_vocab_size=2, **SMALL
    )
    roberta = RobertaConfig(
        vocab_size=bpe.get_vocab_size(),
        max_position_embeddings=MAX_TOKENS + 2,
        type_vocab_size=1,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        layer_norm_eps=1e-5,
        **SMALL,
    )
    end = causal.token_to_id(END_OF_TEXT)
    gpt2 = GPT2Config(
        vocab_size=causal.get_vocab_size(),
        n_embd=16,
        n_layer=2,
        n_head=2,
        n_positions=MAX_TOKENS,
        num_labels=3,
        bos_token_id=end,
        eos_token_id=end,
    )
    # Windows of four tokens to each side, far shorter than the texts, after a layer that sees everything.
    role = lambda token: composed.token_to_id(token)
    modernbert = ModernBertConfig(
        vocab_size=composed.get_vocab_size(),
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=20,
        max_position_embeddings=MAX_TOKENS,
        local_attention=8,
        classifier_pooling="mean",
        num_labels=3,
        pad_token_id=role("[PAD]"),
        bos_token_id=role("[CLS]"),
        cls_token_id=role("[CLS]"),
        eos_token_id=role("[SEP]"),
        sep_token_id=role("[SEP]"),
    )
    return {
        "distilbert": (distilbert, DistilBertForMaskedLM, DistilBertForSequenceClassification, wordpiece),
        "electra": (electra, ElectraForMaskedLM, ElectraForSequenceClassification, wordpiece),
        "gpt2": (gpt2, GPT2LMHeadModel, GPT2ForSequenceClassification, causal),
        "modernbert": (modernbert, ModernBertForMaskedLM, ModernBertForSequenceClassification, composed),
        "roberta": (roberta, RobertaForMaskedLM, RobertaForSequenceClassification, bpe),
    }


def token_cases(tok):
    cases = []
    for text, pair, limit in CASES:
        tok.enable_truncation(limit, strategy="longest_first")
        encoded = tok.encode(text) if pair is None else tok.encode(text, pair)
        # GPT-2 has no token for an empty text, and no model reads nothing: the lab's own choice is the token that ends texts.
        ids, types = (encoded.ids, encoded.type_ids) if encoded.ids else ([tok.token_to_id(END_OF_TEXT)], [0])
        cases.append({"text": text, "pair": pair, "max_tokens": limit, "ids": ids, "type_ids": types})
    tok.no_truncation()
    return cases


def make_batch(tok, config, mask_id, gen, t):
    encoded = [tok.encode(*[s for s in pair if s is not None]) for pair in BATCH]
    width = max(len(e.ids) for e in encoded)
    pad = lambda rows, filler=0: torch.tensor([row + [filler] * (width - len(row)) for row in rows])
    ids = t["batch.input_ids"] = pad([e.ids for e in encoded], config.pad_token_id)
    t["batch.attention_mask"], t["batch.token_type_ids"] = (
        pad([e.attention_mask for e in encoded]),
        pad([e.type_ids for e in encoded]),
    )
    t["batch.class_labels"] = torch.tensor(golden.CLASS_LABELS)
    labels, masked = torch.full_like(ids, -100), ids.clone()
    if mask_id is None:  # causal: transformers takes the texts themselves as labels, and moves them by one
        t["batch.lm_labels"] = ids.masked_fill(t["batch.attention_mask"] == 0, -100)
        labels[:, :-1] = t["batch.lm_labels"][:, 1:]
    for row, (e, count) in enumerate(zip(encoded, MASKED_PER_TEXT) if mask_id is not None else ()):
        free = torch.tensor([i for i, special in enumerate(e.special_tokens_mask) if not special])
        for i in free[torch.randperm(len(free), generator=gen)[:count]].tolist():
            labels[row, i], masked[row, i] = ids[row, i], mask_id
    t["batch.mlm_labels"], t["mlm.input_ids"] = labels, masked
    return [len(e.ids) for e in encoded]


def forward(model, t, ids, labels=None, row=None, length=None):
    cut = (lambda x: x) if row is None else (lambda x: x[row : row + 1, :length] if x.dim() == 2 else x[row : row + 1])
    types = (
        {}
        if model.config.model_type in ("distilbert", "gpt2", "modernbert")
        else {"token_type_ids": cut(t["batch.token_type_ids"])}
    )
    return model(
        input_ids=cut(t[ids]),
        attention_mask=cut(t["batch.attention_mask"]),
        labels=cut(t[labels]) if labels else None,
        **types,
    )


def lm_labels(t):
    return "batch.lm_labels" if "batch.lm_labels" in t else "batch.mlm_labels"


def fisher(model, t, lengths, ids, labels):
    """Each text's loss, alone and unpadded, and the mean squared gradient of every tensor of embeddings and encoder."""
    losses = [forward(model, t, ids, labels, row, length).loss for row, length in enumerate(lengths)]
    grads = [gradients(model, loss) for loss in losses]
    names = [n for n in grads[0] if n.startswith(model.base_model_prefix + ".")]
    means = {n: [(g[n].double() ** 2).mean().item() for g in grads] for n in names}
    return {"losses": [loss.item() for loss in losses], "per_text_means": means}


def site(name, order):
    """The lab's name of a dropout module, from its path in the model for classification; `order` counts the calls of the classifier's own."""
    if name == "drop":  # ModernBERT's; GPT-2's is transformer.drop
        return "classifier"
    modernbert = re.fullmatch(r"model\.layers\.(\d+)\.(attn\.attention_dropout|attn\.out_drop|mlp\.drop)", name)
    if modernbert:
        return (
            f"layer.{modernbert[1]}."
            + {"attn.attention_dropout": "attention.self", "attn.out_drop": "attention.output", "mlp.drop": "output"}[
                modernbert[2]
            ]
        )
    name = name.split(".", 1)[1] if name.split(".")[0] in ("distilbert", "electra", "roberta", "transformer") else name
    gpt2 = re.fullmatch(r"h\.(\d+)\.(attn\.attn_dropout|attn\.resid_dropout|mlp\.dropout)", name)
    if gpt2:
        return (
            f"layer.{gpt2[1]}."
            + {
                "attn.attn_dropout": "attention.self",
                "attn.resid_dropout": "attention.output",
                "mlp.dropout": "output",
            }[gpt2[2]]
        )
    if name in ("drop", "model.embeddings.drop"):
        return "embeddings"
    name = (
        name.replace("transformer.layer.", "encoder.layer.")
        .replace(".ffn.dropout", ".output.dropout")
        .replace(".attention.dropout", ".attention.self.dropout")
    )
    site = name.removeprefix("encoder.").removesuffix("dropout").rstrip(".")
    return ("classifier_input" if order == 0 else "classifier") if site in ("", "classifier") else site


def dropout(model, t, gen):
    """One training forward in which every dropout multiplies by a stored mask; the `p` of each module tells which it is."""
    modules, calls, layers = dict(model.named_modules()), Counter(), []
    for name, module in modules.items():
        if hasattr(module, "attention_dropout"):  # ModernBERT: a number that the attention reads
            module.attention_dropout = len(layers)
            layers.append(f"{name}.attention_dropout")
        if isinstance(module, torch.nn.Dropout):
            module.p = len(layers)
            layers.append(name)
    twice = hasattr(getattr(model, "classifier", None), "dropout")  # before and after the head's dense layer
    model.train()

    def masked(x, p, training=True, inplace=False):
        order = calls[p] if twice else 1
        calls[p] += 1
        key = f"dropout.mask.{site(layers[p], order)}"
        assert training and key not in t, key
        keep = torch.rand(x.shape, generator=gen) >= DROPOUT_P
        t[key] = keep.to(torch.uint8)
        return x * keep / (1 - DROPOUT_P)

    with mock.patch("torch.nn.functional.dropout", masked), torch.no_grad():
        t["dropout.class_logits"] = forward(model, t, "batch.input_ids").logits
    return {"p": DROPOUT_P, "modules": [n for n in layers if "classifier" not in n and n not in ("dropout", "drop")]}


def main():
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for family, (config, masked_lm, classifier, tok) in families().items():
        gen, out = torch.Generator().manual_seed(20240614), OUT / family
        out.mkdir(parents=True, exist_ok=True)
        tok.save(str(out / "tokenizer.json"))
        config.save_pretrained(out)
        if config.pad_token_id is None:
            config.pad_token_id = tok.token_to_id(
                END_OF_TEXT
            )  # as its users set it: by it the classifier finds the last token
        if family == "modernbert":
            config.attention_dropout = DROPOUT_P  # built by a rate of 0, its out_drop is an Identity
        heads = [kind._from_config(config, attn_implementation="eager").eval() for kind in (masked_lm, classifier)]
        shapes = {n: p.shape for head in heads for n, p in head.named_parameters()}
        gains = lambda n: (
            n.lower().replace("_", "").endswith("norm.weight") or re.search(r"\bln_\w+\.weight$", n) is not None
        )
        weights = {n: torch.randn(shape, generator=gen) * 0.2 + gains(n) for n, shape in sorted(shapes.items())}
        save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
        for head in heads:
            missing, _ = head.load_state_dict(weights, strict=False)
            tied = [n for n in missing if n in dict(head.named_parameters())]
            assert not tied, tied
        model, t = heads[0], {}
        g = {"tokens": token_cases(tok), "sites": None}
        lengths = make_batch(tok, config, tok.token_to_id("<mask>") or tok.token_to_id("[MASK]"), gen, t)
        mlm = forward(model, t, "mlm.input_ids", lm_labels(t))
        t["mlm.logits"] = mlm.logits.detach()[t["batch.mlm_labels"] != -100]
        t |= {f"mlm.grad.{n}": v for n, v in gradients(model, mlm.loss).items()}
        g["fisher"] = {"per_text_means": fisher(model, t, lengths, "mlm.input_ids", lm_labels(t))["per_text_means"]}
        model = heads[1]
        head = forward(model, t, "batch.input_ids", "batch.class_labels")
        t["class.logits"] = head.logits.detach()
        t |= {f"class.grad.{n}": v for n, v in gradients(model, head.loss).items()}
        if family == "modernbert":
            model.config.classifier_pooling = "cls"
            other = forward(model, t, "batch.input_ids", "batch.class_labels")
            t["pooling.logits"], g["pooling"] = other.logits.detach(), {"loss": other.loss.item()}
            model.config.classifier_pooling = "mean"
        g["labelled_fisher"] = fisher(model, t, lengths, "batch.input_ids", "batch.class_labels")
        g |= {"mlm": {"loss": mlm.loss.item()}, "class": {"loss": head.loss.item()}}
        g["adamw"] = adamw(
            model, lambda model=model, t=t: forward(model, t, "batch.input_ids", "batch.class_labels").loss
        )
        assert not model.load_state_dict(weights, strict=False).missing_keys
        noise = dropout(model, t, gen)
        g["sites"], g["dropout"] = noise["modules"], {"p": noise["p"]}
        save_file({n: v.contiguous() for n, v in sorted(t.items())}, out / "golden.safetensors")
        rows = lambda v: "[\n" + ",\n".join(map(json.dumps, v)) + "]" if isinstance(v, list) else json.dumps(v)
        (out / "golden.json").write_text("{" + ",\n".join(f"{json.dumps(k)}: {rows(v)}" for k, v in g.items()) + "}\n")
        assert sum(f.stat().st_size for f in out.iterdir()) < 300_000, family


if __name__ == "__main__":
    main()
