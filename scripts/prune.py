"""Reduce a MiniLM sentence encoder (BERT family, 6 x 384) to a 4 x 256 BERT with a small vocabulary, before any training.

1. Vocabulary: the most frequent of the teacher's own WordPieces over the training text, plus every character that occurs often enough.
   Rare words then break into kept pieces. Every student piece is a teacher piece, so the teacher can read the student's tokens by an id map.
2. Text: articles are split into sentences and encoded once to `train.npz` and `heldout.npz` (ids, sentence starts).
   Articles whose title is in the held-out file are dropped from the training text.
3. Initialisation by structured pruning: PCA of the teacher's residual stream gives an orthonormal 384 -> 256 basis, all weights are rotated
   into it; heads and feed-forward neurons are kept by the energy of what they write; the layers are those whose removal moves the teacher's
   final states least; LayerNorm weight and bias are fitted, layer by layer, to the projected teacher states.

Writes into --work: tokenizer.json, config.json, vocab_map.npy, train.npz, heldout.npz, init.pt, prune.json.
"""

import argparse
import collections
import itertools
import json
import os
import re
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch loads
import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForMaskedLM, BertModel
from transformers.models.bert.modeling_bert import BertPooler

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’)\]]*\s+(?=[\"“‘(\[]?[A-Z0-9])")


def articles(path):
    """(title, [paragraphs]) of a file where each article begins with a line '= Title ='."""
    title, lines = None, []
    for line in open(path, encoding="utf-8"):
        line = line.strip()
        if line.startswith("= ") and line.endswith(" ="):
            if lines:
                yield title, lines
            title, lines = line[2:-2].strip(), []
        elif line:
            lines.append(line)
    if lines:
        yield title, lines


def make_tokenizer(vocab):
    tok = Tokenizer(
        models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100, continuing_subword_prefix="##")
    )
    tok.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True
    )
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tok.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])],
    )
    tok.decoder = decoders.WordPiece(prefix="##")
    tok.add_special_tokens(SPECIAL)
    return tok


def choose_vocabulary(paragraphs, teacher_vocab, size, min_char):
    base = make_tokenizer(teacher_vocab)
    counts = collections.Counter()
    for i in range(0, len(paragraphs), 5000):
        for enc in base.encode_batch(paragraphs[i : i + 5000], add_special_tokens=False):
            counts.update(enc.ids)
    chars = collections.Counter()
    for p in paragraphs:
        chars.update(base.normalizer.normalize_str(p))
    inverse = {i: t for t, i in teacher_vocab.items()}
    keep = [teacher_vocab[t] for t in SPECIAL]
    for c, n in sorted(chars.items(), key=lambda kv: (-kv[1], kv[0])):
        if n >= min_char or (c.isascii() and c.isprintable()):
            keep += [teacher_vocab[t] for t in (c, "##" + c) if t in teacher_vocab]
    have = set(keep)
    for i, _ in sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])):
        if len(keep) >= size:
            break
        if i not in have and not inverse[i].startswith("["):
            keep.append(i)
            have.add(i)
    return {inverse[t]: n for n, t in enumerate(keep)}, np.array(keep, dtype=np.int64)


def encode(docs, tok, path):
    """All sentences as one id stream with the offset of each sentence and of each article."""
    ids, sent, doc = [], [0], [0]
    total = nsent = 0
    for start in range(0, len(docs), 200):
        batch = []
        for _, lines in docs[start : start + 200]:
            s = [x for line in lines for x in SENTENCE_END.split(line) if x.strip()]
            batch += s
            nsent += len(s)
            doc.append(nsent)
        for enc in tok.encode_batch(batch, add_special_tokens=False):
            ids.append(np.array(enc.ids, dtype=np.uint16))
            total += len(enc.ids)
            sent.append(total)
    np.savez(path, ids=np.concatenate(ids), sent=np.array(sent), doc=np.array(doc))
    return total, nsent


def windows(path, n, length, seed):
    """n windows [CLS] text [SEP] of exactly `length`, each from the start of a sentence."""
    z = np.load(path)
    ids, sent = z["ids"].astype(np.int64), z["sent"]
    starts = sent[:-1][sent[:-1] + length - 2 <= len(ids)]
    starts = np.random.default_rng(seed).choice(starts, n, replace=False)
    out = np.full((n, length), 2, dtype=np.int64)
    out[:, 1:-1] = ids[starts[:, None] + np.arange(length - 2)]
    out[:, -1] = 3
    return torch.from_numpy(out)


def trace(teacher, x):
    """States of the teacher: h[0..6], a[k] after each attention block, ctx[k] head outputs, act[k] feed-forward activations."""
    got = collections.defaultdict(list)
    hooks = []
    for layer in teacher.encoder.layer:
        hooks.append(
            layer.attention.output.dense.register_forward_pre_hook(lambda m, i: got["ctx"].append(i[0].flatten(0, 1)))
        )
        hooks.append(
            layer.attention.register_forward_hook(
                lambda m, i, o: got["a"].append((o[0] if isinstance(o, tuple) else o).flatten(0, 1))
            )
        )
        hooks.append(layer.output.dense.register_forward_pre_hook(lambda m, i: got["act"].append(i[0].flatten(0, 1))))
    got["h"] = [h.flatten(0, 1) for h in teacher(x, output_hidden_states=True).hidden_states]
    for h in hooks:
        h.remove()
    return got


def choose_layers(teacher, x, n):
    """The n layers that, run alone, keep the final states nearest to the full teacher's."""
    full = teacher(x).last_hidden_state
    layers, best = teacher.encoder.layer, []
    for combo in itertools.combinations(range(len(layers)), n):
        h = teacher.embeddings(x)
        for k in combo:
            h = layers[k](h)
            h = h[0] if isinstance(h, tuple) else h
        best.append((float(1 - torch.cosine_similarity(h, full, dim=-1).mean()), combo))
    return sorted(best)


def fit_norm(norm, pre, target):
    """Set LayerNorm weight and bias to the least-squares fit of `target` given its input; return its output."""
    z = (pre - pre.mean(-1, keepdim=True)) / pre.std(-1, unbiased=False, keepdim=True)
    zm, tm = z.mean(0), target.mean(0)
    g = ((z - zm) * (target - tm)).sum(0) / ((z - zm) ** 2).sum(0)
    norm.weight.copy_(g)
    norm.bias.copy_(tm - g * zm)
    return norm(pre)


def prune(teacher, config, keep_ids, x, x_teacher):
    t = trace(teacher, x_teacher)
    H = torch.cat(t["h"] + t["a"])
    H = H * (H.shape[1] ** 0.5 / H.norm(dim=-1, keepdim=True))
    P = torch.linalg.eigh(H.T @ H / len(H))[1].flip(-1)[:, : config.hidden_size].contiguous()
    dist = choose_layers(teacher, x_teacher[:200], config.num_hidden_layers)
    layers = dist[0][1]
    student = BertForMaskedLM(config).eval()
    student.bert.pooler = BertPooler(config)
    E, S = teacher.embeddings, student.bert.embeddings
    S.word_embeddings.weight.copy_(E.word_embeddings.weight[keep_ids] @ P)
    S.position_embeddings.weight.copy_(E.position_embeddings.weight[: config.max_position_embeddings] @ P)
    S.token_type_embeddings.weight.copy_(E.token_type_embeddings.weight @ P)
    pre = S.word_embeddings(x) + S.position_embeddings.weight[: x.shape[1]] + S.token_type_embeddings.weight[0]
    h = fit_norm(S.LayerNorm, pre.flatten(0, 1), t["h"][0] @ P)
    d, info = 32, []
    for s, k in zip(student.bert.encoder.layer, layers):
        l = teacher.encoder.layer[k]
        ctx, act = t["ctx"][k], t["act"][k]
        Wo, W2 = l.attention.output.dense.weight, l.output.dense.weight
        heads_all = ctx.shape[1] // d
        energy = torch.stack(
            [
                ((ctx[:, i * d : i * d + d] - ctx[:, i * d : i * d + d].mean(0)) @ Wo[:, i * d : i * d + d].T @ P)
                .pow(2)
                .sum(-1)
                .mean()
                for i in range(heads_all)
            ]
        )
        heads = energy.topk(config.num_attention_heads).indices.sort().values
        rows = (heads[:, None] * d + torch.arange(d)).flatten()
        e2 = act.var(0) * (P.T @ W2).pow(2).sum(0)
        neurons = e2.topk(config.intermediate_size).indices.sort().values
        info.append(
            {
                "teacher_layer": k,
                "heads": heads.tolist(),
                "head_energy_kept": float(energy[heads].sum() / energy.sum()),
                "neuron_energy_kept": float(e2[neurons].sum() / e2.sum()),
            }
        )
        for name in ("query", "key", "value"):
            a, b = getattr(l.attention.self, name), getattr(s.attention.self, name)
            b.weight.copy_(a.weight[rows] @ P)
            b.bias.copy_(a.bias[rows])
        gone = torch.ones(ctx.shape[1], dtype=torch.bool)
        gone[rows] = False
        s.attention.output.dense.weight.copy_(P.T @ Wo[:, rows])
        s.attention.output.dense.bias.copy_((l.attention.output.dense.bias + Wo[:, gone] @ ctx.mean(0)[gone]) @ P)
        s.intermediate.dense.weight.copy_(l.intermediate.dense.weight[neurons] @ P)
        s.intermediate.dense.bias.copy_(l.intermediate.dense.bias[neurons])
        gone = torch.ones(act.shape[1], dtype=torch.bool)
        gone[neurons] = False
        s.output.dense.weight.copy_(P.T @ W2[:, neurons])
        s.output.dense.bias.copy_((l.output.dense.bias + W2[:, gone] @ act.mean(0)[gone]) @ P)
        c = s.attention.self(h.view(*x.shape, -1))
        c = (c[0] if isinstance(c, tuple) else c).flatten(0, 1)
        a = fit_norm(s.attention.output.LayerNorm, s.attention.output.dense(c) + h, t["a"][k] @ P)
        h = fit_norm(s.output.LayerNorm, s.output.dense(s.intermediate(a)) + a, t["h"][k + 1] @ P)
    final = t["h"][-1] @ P
    info = {
        "layers": info,
        "layer_choice": [[c, round(v, 4)] for v, c in dist[:4]],
        "pca_energy": float((H @ P).pow(2).sum() / H.pow(2).sum()),
        "final_state_r2": float(1 - (h - final).pow(2).sum() / (final - final.mean(0)).pow(2).sum()),
    }
    head = student.cls.predictions.transform
    torch.nn.init.eye_(head.dense.weight)
    head.dense.bias.zero_()
    student.bert.pooler.dense.weight.mul_(2.0)
    return student, P, list(layers), info


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument(
        "--teacher", type=Path, required=True, help="folder of the teacher (config.json, model.safetensors, vocab.txt)"
    )
    ap.add_argument("--text", type=Path, nargs="+", required=True, help="training text files")
    ap.add_argument("--heldout", type=Path, required=True)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--vocab-size", type=int, default=8192)
    ap.add_argument("--min-char", type=int, default=20)
    ap.add_argument("--layers", type=int, default=4)
    ap.add_argument("--hidden", type=int, default=256)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    torch.manual_seed(a.seed)
    torch.set_grad_enabled(False)
    a.work.mkdir(parents=True, exist_ok=True)
    held = list(articles(a.heldout))
    titles = {t.lower() for t, _ in held}
    docs, dropped = [], 0
    for path in a.text:
        for title, lines in articles(path):
            if title.lower() in titles:
                dropped += 1
            else:
                docs.append((title, lines))
    teacher_vocab = {t.rstrip("\n"): i for i, t in enumerate(open(a.teacher / "vocab.txt", encoding="utf-8"))}
    vocab, keep = choose_vocabulary([p for _, lines in docs for p in lines], teacher_vocab, a.vocab_size, a.min_char)
    tok = make_tokenizer(vocab)
    tok.save(str(a.work / "tokenizer.json"))
    np.save(a.work / "vocab_map.npy", keep)
    train, held_n = encode(docs, tok, a.work / "train.npz"), encode(held, tok, a.work / "heldout.npz")
    config = BertConfig(
        vocab_size=len(vocab),
        hidden_size=a.hidden,
        num_hidden_layers=a.layers,
        num_attention_heads=a.hidden // 32,
        intermediate_size=4 * a.hidden,
        max_position_embeddings=128,
        type_vocab_size=2,
        layer_norm_eps=1e-12,
        pad_token_id=0,
        architectures=["BertForMaskedLM"],
    )
    config.save_pretrained(a.work)
    teacher = BertModel.from_pretrained(a.teacher, add_pooling_layer=False).eval()
    x = windows(a.work / "train.npz", 600, 64, a.seed)
    keep_t = torch.from_numpy(keep)
    student, P, layers, info = prune(teacher, config, keep_t, x, keep_t[x])
    freq = np.bincount(np.load(a.work / "train.npz")["ids"], minlength=len(vocab)) + 1.0
    student.cls.predictions.bias.copy_(torch.tensor(np.log(freq / freq.sum()), dtype=torch.float32))
    torch.save({"model": student.state_dict(), "P": P, "layers": layers}, a.work / "init.pt")
    info.update(
        train_tokens=train[0],
        train_sentences=train[1],
        heldout_tokens=held_n[0],
        heldout_titles_dropped=dropped,
        vocab=len(vocab),
        seed=a.seed,
    )
    (a.work / "prune.json").write_text(json.dumps(info, indent=1))
    print(json.dumps(info))


if __name__ == "__main__":
    main()
