"""Evaluate a built-in model folder: held-out masked-token loss, the fine-tuning bar with 500 rows, and the stability of the Fisher ranking.

heldout  windows of --length tokens of text never trained on; 15 % masked (80/10/10) with a fixed seed; loss in nats and accuracy.
tune     learning rate and epochs: trained on 500 rows, scored on 500 others, both from the *end* part of each train file.
bar      5 seeds of 500 training rows from the first part of the train file (never the rows that `tune` used), scored on the whole test part:
         the model, the same architecture from random initialisation (its own rates tried in `tune` as well), and TF-IDF (1-2-grams) with
         logistic regression on the same rows.
fisher   mean squared per-example gradients of the MLM loss over two disjoint sets of texts, averaged per dropout site; Kendall tau.

Writes or updates the JSON file --out; every part reads and extends it.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import numpy as np
import torch
import torch.nn.functional as F
from distil import mask_tokens, window
from scipy.stats import kendalltau
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification

TASKS = ("trec", "subjectivity", "snips")


def heldout_windows(path, length):
    """All windows that start where the previous one's last sentence ended."""
    z = np.load(path)
    ids, sent = z["ids"].astype(np.int64), z["sent"]
    s, starts = 0, []
    while s < len(sent) - 1 and sent[s] + length - 2 <= len(ids):
        starts.append(sent[s])
        s = max(s + 1, np.searchsorted(sent, sent[s] + length - 2))
    return window(ids, length, np.array(starts))


@torch.no_grad()
def heldout(model, path, length, limit, seed=7):
    x = heldout_windows(path, length)
    x = x[:: -(-len(x) // limit)]
    gen = torch.Generator().manual_seed(seed)
    y, chosen = mask_tokens(x, 0.15, model.config.vocab_size, gen)
    loss = right = n = 0
    for i in range(0, len(x), 32):
        c, t = chosen[i : i + 32], x[i : i + 32]
        logits = model.cls.predictions(model.bert(y[i : i + 32]).last_hidden_state[c])
        loss += float(F.cross_entropy(logits, t[c], reduction="sum"))
        right += int((logits.argmax(-1) == t[c]).sum())
        n += int(c.sum())
    return {
        "length": length,
        "windows": len(x),
        "masked": n,
        "loss": round(loss / n, 4),
        "accuracy": round(right / n, 4),
    }


def rows(data, task, part):
    lines = [l.rstrip("\n").split("\t") for l in open(data / task / f"{part}.tsv", encoding="utf-8")]
    t, y = lines[0].index("text"), lines[0].index("label")
    return [(l[t], l[y]) for l in lines[1:]]


def encode(tok, items, labels):
    return [(tok.encode(t).ids[:128], labels.index(y)) for t, y in items]


def batch(items):
    n = max(len(i) for i, _ in items)
    x = torch.zeros(len(items), n, dtype=torch.long)
    for r, (i, _) in enumerate(items):
        x[r, : len(i)] = torch.tensor(i)
    return x, (x > 0).long(), torch.tensor([y for _, y in items])


def fine_tune(folder, train, test, classes, lr, epochs, seed, random=False):
    torch.manual_seed(seed)
    config = BertConfig.from_pretrained(folder, num_labels=classes)
    if random:
        model = BertForSequenceClassification(config)
    else:
        model = BertForSequenceClassification.from_pretrained(folder, num_labels=classes, dtype=torch.float32)
    decay = [p for p in model.parameters() if p.dim() > 1]
    opt = torch.optim.AdamW(
        [
            {"params": decay, "weight_decay": 0.01},
            {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
        ],
        lr=lr,
        fused=True,
    )
    total = epochs * -(-len(train) // 16)
    warm = max(1, total // 10)
    sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min((s + 1) / warm, (total - s) / max(1, total - warm)))
    rng = np.random.default_rng(seed)
    model.train()
    for _ in range(epochs):
        order = rng.permutation(len(train))
        for i in range(0, len(order), 16):
            x, m, y = batch([train[j] for j in order[i : i + 16]])
            F.cross_entropy(model(x, attention_mask=m).logits, y).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            sched.step()
            opt.zero_grad()
    model.eval()
    order, right = sorted(range(len(test)), key=lambda j: len(test[j][0])), 0
    with torch.no_grad():
        for i in range(0, len(order), 64):
            x, m, y = batch([test[j] for j in order[i : i + 64]])
            right += int((model(x, attention_mask=m).logits.argmax(-1) == y).sum())
    return right / len(test)


def tfidf(train, test):
    vec = TfidfVectorizer(ngram_range=(1, 2))
    clf = LogisticRegression(max_iter=1000, C=10.0)
    clf.fit(vec.fit_transform([t for t, _ in train]), [y for _, y in train])
    return float(clf.score(vec.transform([t for t, _ in test]), [y for _, y in test]))


def shuffled(data, task):
    """The train file in a fixed random order; the last 1,000 rows are for choosing the rate, the rest for the comparison."""
    items = rows(data, task, "train")
    order = np.random.default_rng(0).permutation(len(items))
    items = [items[i] for i in order]
    return items[:-1000], items[-1000:]


def tune(a, tok, out):
    """Keeps every result, so that a later call adds only what is missing."""
    table = out.setdefault("tune", {})
    for lr in a.rates:
        for epochs in a.epochs:
            for kind in ["random"] if a.random_only else ["model", "random"] if a.random else ["model"]:
                key = f"{kind} lr={lr:g} epochs={epochs}"
                if key in table:
                    continue
                acc = {}
                for task in TASKS:
                    _, dev = shuffled(a.data, task)
                    labels = sorted({y for _, y in rows(a.data, task, "train")})
                    tr, te = encode(tok, dev[:500], labels), encode(tok, dev[500 : 500 + a.tune_rows], labels)
                    acc[task] = round(
                        float(
                            np.mean(
                                [
                                    fine_tune(a.model, tr, te, len(labels), lr, epochs, s, kind == "random")
                                    for s in range(a.seeds)
                                ]
                            )
                        ),
                        4,
                    )
                table[key] = {**acc, "mean": round(sum(acc.values()) / len(acc), 4)}
                print(key, table[key], flush=True)
                a.out.write_text(json.dumps(out, indent=1))


def bar(a, tok, out):
    """Seed by seed, each result kept at once, so that an interrupted call goes on where it stopped."""
    result = out.setdefault("bar", {})
    result.update(lr=a.rates[0], epochs=a.epochs[0], random_lr=a.random_lr, random_epochs=a.random_epochs)
    for s in range(a.seeds):
        for task in TASKS:
            pool, _ = shuffled(a.data, task)
            test = rows(a.data, task, "test")
            labels = sorted({y for _, y in rows(a.data, task, "train")})
            r = result.setdefault(task, {"test_rows": len(test)}).setdefault("seeds", {})
            pick = [pool[i] for i in np.random.default_rng(100 + s).permutation(len(pool))[:500]]
            tr, te = encode(tok, pick, labels), encode(tok, test, labels)
            for kind in a.kinds:
                done = r.setdefault(kind, [])
                if len(done) > s:
                    continue
                t = time.time()
                if kind == "model":
                    done.append(fine_tune(a.model, tr, te, len(labels), a.rates[0], a.epochs[0], s))
                elif kind == "random":
                    done.append(fine_tune(a.model, tr, te, len(labels), a.random_lr, a.random_epochs, s, True))
                else:
                    done.append(tfidf(pick, test))
                done[-1] = round(done[-1], 4)
                print(s, task, kind, done[-1], f"{time.time() - t:.0f} s", flush=True)
            result[task]["mean"] = {k: round(float(np.mean(v)), 4) for k, v in r.items() if v}
            a.out.write_text(json.dumps(out, indent=1))
    for k in a.kinds:
        result["mean_" + k] = round(float(np.mean([result[t]["mean"][k] for t in TASKS])), 4)


def sites(model):
    e = model.bert.embeddings
    yield (
        "embeddings",
        [
            e.word_embeddings.weight,
            e.position_embeddings.weight,
            e.token_type_embeddings.weight,
            *e.LayerNorm.parameters(),
        ],
    )
    for k, l in enumerate(model.bert.encoder.layer):
        s = l.attention.self
        yield f"layer.{k}.attention.self", [p for m in (s.query, s.key, s.value) for p in m.parameters()]
        yield f"layer.{k}.attention.output", list(l.attention.output.parameters())
        yield f"layer.{k}.output", list(l.output.parameters())


def fisher(model, path, n, length, seed):
    """Scores of the sites over two disjoint sets of n texts."""
    x = heldout_windows(path, length)
    x = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))][: 2 * n]
    gen, scores = torch.Generator().manual_seed(seed), []
    for half in (x[:n], x[n:]):
        total = {}
        for i in range(len(half)):
            t = half[i : i + 1]
            y, chosen = mask_tokens(t, 0.15, model.config.vocab_size, gen)
            if not chosen.any():
                continue
            model.zero_grad()
            F.cross_entropy(model.cls.predictions(model.bert(y).last_hidden_state[chosen]), t[chosen]).backward()
            for name, params in sites(model):
                total[name] = total.get(name, 0.0) + sum(float(p.grad.pow(2).mean()) for p in params) / len(params)
        scores.append({k: v / len(half) for k, v in total.items()})
    tau = kendalltau([scores[0][k] for k in scores[0]], [scores[1][k] for k in scores[0]]).statistic
    return {
        "texts": n,
        "length": length,
        "tau": round(float(tau), 4),
        "order": sorted(scores[0], key=scores[0].get),
        "scores": scores,
    }


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("parts", nargs="+", choices=["heldout", "tune", "bar", "fisher"])
    ap.add_argument("--model", type=Path, required=True)
    ap.add_argument("--heldout", type=Path, help="heldout.npz of prune.py")
    ap.add_argument("--data", type=Path, help="folder with trec/, subjectivity/, snips/")
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument(
        "--limit", type=int, default=100000, help="at most so many windows of the held-out text, evenly spread"
    )
    ap.add_argument("--rates", type=float, nargs="+", default=[3e-4])
    ap.add_argument("--epochs", type=int, nargs="+", default=[5])
    ap.add_argument("--kinds", nargs="+", default=["model", "random", "tfidf"], choices=["model", "random", "tfidf"])
    ap.add_argument("--random", action="store_true", help="tune also the random initialisation")
    ap.add_argument("--random-only", action="store_true")
    ap.add_argument("--random-lr", type=float, default=5e-4)
    ap.add_argument("--random-epochs", type=int, default=10)
    ap.add_argument("--tune-rows", type=int, default=500, help="rows that `tune` scores")
    ap.add_argument("--seeds", type=int, default=5)
    ap.add_argument("--fisher-texts", type=int, default=500)
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    out = json.loads(a.out.read_text()) if a.out.exists() else {}
    tok = Tokenizer.from_file(str(a.model / "tokenizer.json"))
    if "heldout" in a.parts or "fisher" in a.parts:
        model = BertForMaskedLM.from_pretrained(a.model, dtype=torch.float32).eval()
    if "heldout" in a.parts:
        out["heldout"] = [heldout(model, a.heldout, n, a.limit) for n in (128, 64)]
        print(out["heldout"])
    if "tune" in a.parts:
        tune(a, tok, out)
    if "bar" in a.parts:
        bar(a, tok, out)
        print(out["bar"])
    if "fisher" in a.parts:
        out["fisher"] = fisher(model, a.heldout, a.fisher_texts, 64, 3)
        print(out["fisher"]["tau"], out["fisher"]["order"])
    a.out.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
