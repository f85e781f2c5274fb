"""Golden values for the tests: a tiny random BERT of Hugging Face transformers, and what PyTorch computes with it.

    HF_HUB_OFFLINE=1 python scripts/golden.py          # rewrites tests/fixtures/tiny_bert/, byte for byte on the same machine

Made with Python 3.11, torch==2.15.0 transformers==5.24.0 tokenizers==0.23.3 safetensors==0.8.0; float32, CPU, one thread, eager attention.

Writes tokenizer.json, config.json, model.safetensors (encoder, pooler, masked-language-model head and classifier in one file),
golden.safetensors (tensors) and golden.json (scalars, lists, strings). Tensor names and layouts are Hugging Face's. Conventions:

  mlm.logits        only the rows with a label, in row-major order of (text, position)
  mlm.loss          mean over all masked positions of the padded batch (not a mean of the texts' means)
  fisher.*          docs/method.md, section 1: each text alone and unpadded, L = mean over its masked positions, gradient squared, then mean over texts
  fisher_wrong      the same texts, but the mean gradient squared: a test asserts that ours differs
  regression.*      BertForSequenceClassification with one label: its head is the first row of the saved classifier; regression.adamw.logits
                    are what it answers after ten steps of its own, which depend on every tensor
  adamw.final.*     every tensor after the ten steps; a key's bias, whose gradient is rounding noise, moves as that noise says
  adamw.lrs         the rate in force during each step (the first is 0); grad_norms are global and before clipping; losses before the step
  dropout.mask.*    1 = kept; a kept activation is multiplied by 1 / (1 - p). Attention masks are [text, head, query, key], after softmax
  landscape         mlm.loss at theta + a d1 + b d2; only tensors of two dimensions move, each direction has the tensor's own norm
"""

import itertools
import json
from collections import Counter
from pathlib import Path
from unittest import mock

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    PreTrainedTokenizerFast,
    get_linear_schedule_with_warmup,
    logging,
)

OUT = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "tiny_bert"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MAX_TOKENS, VOCAB = 40, 160

CORPUS = """The old lighthouse keeper climbed the stairs every evening. | She sold fresh bread, honey and apples at the market.
Rain fell on the harbour, and the boats stayed home. | He could not remember where he had left his keys. | The film was slow, but the music was wonderful.
Nobody expected the train to arrive on time. | A small dog barked at the postman and ran away. | How many rivers flow into the northern sea?
The museum opens at 9 and closes at 17 on Sundays. | What is the name of the longest bridge in Europe? | They planted 240 trees along the road last spring.
This book is dull; the second part is even worse. | I have never seen a better play in this theatre. | The engine was repaired in 1986 by two students.
Who wrote the letter that was found in the attic? | The soup was cold and the waiter was rude. | Mountains rise on both sides of the quiet valley.
An honest answer is better than a clever one. | The children laughed when the clown lost his hat. | Water boils at a lower temperature on high ground.
My neighbour grows tomatoes, beans and roses. | The actors are good, the story is not. | Where does the word "coffee" come from?
Snow covered the fields for three months that year. | The painter mixed blue with a little white. | Her brother drives a bus through the old town.
It's a warm, funny and moving story about friends. | The bank was closed, so we paid later (in cash). | Birds return to the lake when the ice has gone.
Why do cats always land on their feet? | The mayor promised a new school by 2035. | Two ships met in the fog and neither slowed down.
We walked home under the stars and said nothing. | The teacher asked for silence, then she smiled. | A good map saves more time than a fast horse.
Is there a museum of clocks in the capital? | The jury watched 30 films in less than a week! | Quick judgement is rarely the best judgement.
She zipped her jacket: the wind came from the sea. | The word for the east is 東, and 京 is a capital.""".replace(
    "\n", " | "
).split(" | ")

TEXTS = [
    "The old dog ran home.",
    "THE OLD DOG RAN HOME",
    "Él café naïve, Ångström, İstanbul, ΟΔΟΣ",
    "e\u0301 cafe\u0301 z\u0335\u0321a\u0322\u0327lgo",
    "東京 is a capital; 東京都は北。 한국",
    "good 😀 story 👩\u200d👩\u200d👧 \ufe0f!",
    'wait...?!! (what) -- "no" [it\'s] a_b $5 50% ~^ ‘’“”…',
    "xylophone жук ß ﬁ ½ better",
    "q" * 101 + " dog " + "a" * 30,
    "",
    " \t\r\n\u00a0\u3000 ",
    "שָׁלוֹם dog مرحبا 123 ١٢٣",
    " ".join(CORPUS[:12]),
    "the\u0000 old\u0007 dog\u200b ran\ufffd\u00adhome\ttwo\nthree\u2028four\u202efive",
    "the [MASK] sat [SEP] and [UNK] [mask] [PAD]",
]
THREE, MORE = " ".join(CORPUS[:3]), " ".join(CORPUS[3:6])
TOKEN_CASES = [(text, None, MAX_TOKENS) for text in TEXTS] + [  # (text, second text or None, max_tokens)
    (TEXTS[0], None, 2),
    (TEXTS[0], None, 5),
    ("", "", MAX_TOKENS),
    ("the dog", "", MAX_TOKENS),
    ("the dog", "ran home", 3),
    (TEXTS[0], TEXTS[1], 8),
    ("The story is not good.", "The music was good!", MAX_TOKENS),
    (THREE, TEXTS[0], 24),
    (TEXTS[0], MORE, 24),
    (THREE, MORE, 24),
    (THREE, MORE, 25),
]
BATCH = [
    ("The music was wonderful.", None),
    ("The soup is cold, but the story is good.", None),
    ("Who ran?", "A dog."),
    ("The old bus arrived late and the boats stayed home.", None),
]
CLASS_LABELS, REGRESSION_TARGETS, MASKED_PER_TEXT = [2, 0, 1, 2], [0.5, -1.25, 2.0, 0.0], [2, 4, 3, 5]
ADAMW = {
    "base_lr": 0.02,
    "warmup_steps": 2,
    "total_steps": 10,
    "betas": [0.9, 0.999],
    "eps": 1e-8,
    "weight_decay": 0.01,
    "max_norm": 1.0,
}
DROPOUT_P, POINTS = 0.5, [(0.0, 0.0), (0.5, -0.25), (-0.75, 0.0), (0.0, 1.0), (-1.0, 1.0), (1.5, 1.5)]


def train_tokenizer():
    """All characters of the corpus, then the pieces that cover most of it. (The trainer of `tokenizers` differs from run to run.)"""
    normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True
    )
    splitter, chars, pieces = pre_tokenizers.BertPreTokenizer(), set(), Counter()
    for word, _ in (w for line in CORPUS for w in splitter.pre_tokenize_str(normalizer.normalize_str(line))):
        chars |= set(word) | {"##" + c for c in word if len(word) > 1}
        for start, end in itertools.combinations(range(len(word) + 1), 2):
            if 2 <= end - start <= 4:
                pieces["##" * (start > 0) + word[start:end]] += end - start - 1
    ranked = sorted(pieces, key=lambda piece: (-pieces[piece], piece))
    vocab = SPECIAL + sorted(chars) + ranked[: VOCAB - len(SPECIAL) - len(chars)]
    tok = Tokenizer(
        models.WordPiece({piece: i for i, piece in enumerate(vocab)}, unk_token="[UNK]", max_input_chars_per_word=100)
    )
    tok.normalizer, tok.pre_tokenizer = normalizer, splitter
    tok.add_special_tokens(SPECIAL)
    tok.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    assert [tok.token_to_id(piece) for piece in SPECIAL] == list(range(5)) and tok.get_vocab_size() == VOCAB
    return tok


def token_cases(tok):
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tok,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    cases = []
    for (
        text,
        pair,
        limit,
    ) in TOKEN_CASES:  # lists, as fine-tuning scripts do: a lone call would drop an empty second text
        got = fast([text], None if pair is None else [pair], truncation="longest_first", max_length=limit)
        cases.append(
            {
                "text": text,
                "pair": pair,
                "max_tokens": limit,
                "ids": got["input_ids"][0],
                "type_ids": got["token_type_ids"][0],
            }
        )
        assert len(cases[-1]["ids"]) <= limit
    return cases


def random_weights(config, gen):
    """Weights for both heads, every bias and LayerNorm away from its default so that a forgotten one shows."""
    both = dict(BertForMaskedLM(config).named_parameters()) | dict(
        BertForSequenceClassification(config).named_parameters()
    )
    return {
        n: torch.randn(p.shape, generator=gen) * 0.2 + n.endswith("LayerNorm.weight") for n, p in sorted(both.items())
    }


def load(kind, others):
    """The saved model with one head; nothing may be missing, and only the other head may be left over."""
    model, info = kind.from_pretrained(OUT, attn_implementation="eager", output_loading_info=True)
    assert not info["missing_keys"] and not info["mismatched_keys"], info
    assert all(k.startswith(others) for k in info["unexpected_keys"]), info
    return model.eval()


def make_batch(tok, gen, t):
    encoded = [tok.encode(*[s for s in pair if s is not None]) for pair in BATCH]
    width = max(len(e.ids) for e in encoded)
    pad = lambda rows: torch.tensor([row + [0] * (width - len(row)) for row in rows])
    ids = t["batch.input_ids"] = pad([e.ids for e in encoded])
    t["batch.attention_mask"], t["batch.token_type_ids"] = (
        pad([e.attention_mask for e in encoded]),
        pad([e.type_ids for e in encoded]),
    )
    t["batch.class_labels"] = torch.tensor(CLASS_LABELS)
    labels, masked, n = torch.full_like(ids, -100), ids.clone(), 0
    for row, (e, count) in enumerate(zip(encoded, MASKED_PER_TEXT)):
        free = torch.tensor([i for i, special in enumerate(e.special_tokens_mask) if not special])
        for i in free[torch.randperm(len(free), generator=gen)[:count]].tolist():
            labels[row, i] = ids[row, i]
            if n % 7 != 6:  # every seventh stays as it is, every seventh becomes a random token that is not special
                masked[row, i] = (
                    torch.randint(len(SPECIAL), VOCAB, (), generator=gen) if n % 7 == 5 else SPECIAL.index("[MASK]")
                )
            n += 1
    t["batch.mlm_labels"], t["mlm.input_ids"] = labels, masked
    return [len(e.ids) for e in encoded]


def forward(model, t, ids, labels=None, row=None, length=None):
    """The model on the padded batch, or on one of its texts without padding."""
    cut = (lambda x: x) if row is None else (lambda x: x[row : row + 1, :length])
    return model(
        input_ids=cut(t[ids]),
        attention_mask=cut(t["batch.attention_mask"]),
        token_type_ids=cut(t["batch.token_type_ids"]),
        labels=cut(t[labels]) if labels else None,
    )


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: p.grad.clone() for name, p in model.named_parameters()}


def fisher(model, t, lengths):
    grads = [
        gradients(model, forward(model, t, "mlm.input_ids", "batch.mlm_labels", row, length).loss)
        for row, length in enumerate(lengths)
    ]
    names = [n for n in grads[0] if n.startswith(("bert.embeddings.", "bert.encoder."))]
    values = {n: torch.stack([g[n].double() ** 2 for g in grads]) for n in names}
    wrong = {n: torch.stack([g[n].double() for g in grads]).mean(0).square().mean().item() for n in names}
    t |= {f"fisher.{n}": v.mean(0).float() for n, v in values.items()}
    return {n: v.mean(tuple(range(1, v.dim()))).tolist() for n, v in values.items()}, wrong


def adamw(model, loss_of_step):
    c, losses, lrs, norms = ADAMW, [], [], []
    optimizer = torch.optim.AdamW(
        model.parameters(), c["base_lr"], c["betas"], c["eps"], c["weight_decay"], foreach=False
    )
    schedule = get_linear_schedule_with_warmup(optimizer, c["warmup_steps"], c["total_steps"])
    for _ in range(c["total_steps"]):
        optimizer.zero_grad()
        loss = loss_of_step()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), c["max_norm"], foreach=False).item())
        losses.append(loss.item())
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return c | {"losses": losses, "lrs": lrs, "grad_norms": norms}


def regression(config, t):
    """A head of one output, the first row of the saved classifier, under transformers' own squared error; float32 targets as the batch's labels."""
    weights = load_file(OUT / "model.safetensors")
    weights |= {n: weights[n][:1] for n in ("classifier.weight", "classifier.bias")}
    one = BertConfig.from_dict(
        config.to_dict() | {"num_labels": 1, "id2label": None, "label2id": None, "problem_type": "regression"}
    )
    model = BertForSequenceClassification._from_config(one, attn_implementation="eager").eval()
    missing, others = model.load_state_dict(weights, strict=False)
    assert not missing and all(n.startswith("cls.") for n in others), (missing, others)
    t["batch.targets"] = torch.tensor(REGRESSION_TARGETS)
    out = forward(model, t, "batch.input_ids", "batch.targets")
    assert model.num_labels == 1 and torch.equal(
        out.loss, torch.nn.functional.mse_loss(out.logits[:, 0], t["batch.targets"])
    )
    t["regression.logits"] = out.logits.detach()
    t |= {f"regression.grad.{n}": v for n, v in gradients(model, out.loss).items()}
    steps = adamw(model, lambda: forward(model, t, "batch.input_ids", "batch.targets").loss)
    with torch.no_grad():
        t["regression.adamw.logits"] = forward(model, t, "batch.input_ids").logits
    return {"loss": out.loss.item(), "adamw": {key: steps[key] for key in ("losses", "grad_norms")}}


def dropout(model, t, gen):
    """One training forward in which every dropout multiplies by a stored mask. The `p` of each layer is a tag that tells the site."""
    layers = [(n, m) for n, m in model.named_modules() if isinstance(m, torch.nn.Dropout)]
    sites = [
        n.removeprefix("bert.").removeprefix("encoder.").removesuffix("dropout").rstrip(".") or "classifier"
        for n, _ in layers
    ]
    for tag, (_, module) in enumerate(layers):
        module.p = tag
    model.train()

    def masked(x, p, training=True, inplace=False):
        key = f"dropout.mask.{sites[p]}"
        assert training and key not in t
        keep = torch.rand(x.shape, generator=gen) >= DROPOUT_P
        t[key] = keep.to(torch.uint8)
        return x * keep / (1 - DROPOUT_P)

    with mock.patch("torch.nn.functional.dropout", masked), torch.no_grad():
        t["dropout.class_logits"] = forward(model, t, "batch.input_ids").logits
    assert all(f"dropout.mask.{s}" in t for s in sites)
    return {"p": DROPOUT_P, "sites": sites}


def landscape(model, t, means):
    """Directions sin(i + 1) and cos(3 i + 1), i the flat index, in float64, scaled to the norm of the tensor, rounded to float32."""
    order = sorted(means, key=lambda n: sum(means[n]))
    groups = {"all": sorted(order), "bottom": sorted(order[: len(order) // 2]), "top": sorted(order[len(order) // 2 :])}
    start = {n: p.detach().clone() for n, p in model.named_parameters()}
    flat = {n: torch.arange(start[n].numel(), dtype=torch.float64) for n in order if start[n].dim() > 1}
    scaled = lambda n, d: (d * (start[n].double().norm() / d.norm())).float().view_as(start[n])
    moves = {n: (scaled(n, torch.sin(i + 1)), scaled(n, torch.cos(3 * i + 1))) for n, i in flat.items()}
    losses = {group: [] for group in groups}
    with torch.no_grad():
        for group, (a, b) in itertools.product(groups, POINTS):
            for n, p in model.named_parameters():
                p.copy_(start[n] + a * moves[n][0] + b * moves[n][1] if n in moves and n in groups[group] else start[n])
            losses[group].append(forward(model, t, "mlm.input_ids", "batch.mlm_labels").loss.item())
    return {"points": POINTS, "tensors": groups, "losses": losses}


def main():
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    gen = torch.Generator().manual_seed(20240614)
    OUT.mkdir(parents=True, exist_ok=True)
    tok = train_tokenizer()
    tok.save(str(OUT / "tokenizer.json"))
    config = BertConfig(
        vocab_size=VOCAB,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=MAX_TOKENS,
        type_vocab_size=2,
        hidden_act="gelu",
        layer_norm_eps=1e-12,
        num_labels=3,
    )
    config.save_pretrained(OUT)
    save_file(random_weights(config, gen), OUT / "model.safetensors", metadata={"format": "pt"})
    t, g = {}, {"tokens": token_cases(tok)}
    lengths = make_batch(tok, gen, t)
    g["batch"] = {"texts": BATCH, "lengths": lengths}
    model = load(BertForMaskedLM, ("bert.pooler.", "classifier."))
    out = forward(model, t, "mlm.input_ids", "batch.mlm_labels")
    t["mlm.logits"] = out.logits.detach()[t["batch.mlm_labels"] != -100]
    t |= {f"mlm.grad.{n}": v for n, v in gradients(model, out.loss).items()}
    g["mlm"] = {"loss": out.loss.item()}
    means, wrong = fisher(model, t, lengths)
    g["fisher"], g["fisher_wrong"] = {"per_text_means": means}, {"square_of_batch_gradient": wrong}
    g["landscape"] = landscape(model, t, means)
    model = load(BertForSequenceClassification, "cls.")
    out = forward(model, t, "batch.input_ids", "batch.class_labels")
    t["class.logits"] = out.logits.detach()
    t |= {f"class.grad.{n}": v for n, v in gradients(model, out.loss).items()}
    g["class"] = {"loss": out.loss.item()}
    g["adamw"] = adamw(model, lambda: forward(model, t, "batch.input_ids", "batch.class_labels").loss)
    assert (
        min(g["adamw"]["grad_norms"]) < 0.9 * ADAMW["max_norm"]
        and max(g["adamw"]["grad_norms"]) > 1.1 * ADAMW["max_norm"]
    )  # some are clipped
    t |= {f"adamw.final.{n}": p.detach().clone() for n, p in model.named_parameters()}
    g["regression"] = regression(config, t)
    g["dropout"] = dropout(load(BertForSequenceClassification, "cls."), t, gen)

    save_file({n: v.contiguous() for n, v in sorted(t.items())}, OUT / "golden.safetensors")
    rows = lambda v: "[\n" + ",\n".join(map(json.dumps, v)) + "]" if isinstance(v, list) else json.dumps(v)
    (OUT / "golden.json").write_text("{" + ",\n".join(f"{json.dumps(k)}: {rows(v)}" for k, v in g.items()) + "}\n")
    assert sum(f.stat().st_size for f in OUT.iterdir()) < 300_000


if __name__ == "__main__":
    main()
