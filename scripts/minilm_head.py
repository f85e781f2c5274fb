"""Train a masked-language-model head for a frozen BERT-family encoder that has none (MiniLM), so that its Fisher information is defined.

The head is the usual one: transform (dense, gelu, LayerNorm), decoder tied to the encoder's word embeddings, bias. The frozen encoder reads
each masked window once; its states at the masked positions are kept in memory, and the head is trained on them for a few epochs.
Loss and accuracy are measured on the held-out text with the encoder's own vocabulary, 15 % masking, fixed seed.

Writes head.safetensors (f16, Hugging Face names cls.predictions.*, decoder not repeated) and head.json into --out; the latter with the SHA-256
of the encoder's model.safetensors, since a head fits no other encoder. The page finds it once www/data/models/heads/index.json names its folder
under that digest. Matrix products of the training are in bfloat16, the held-out figures in f32.
"""

import argparse
import hashlib
import json
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import numpy as np
import torch
import torch.nn.functional as F
from prune import articles
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import BertModel
from transformers.models.bert.modeling_bert import BertPredictionHeadTransform


def make_windows(docs, tok, n, length, seed):
    """n windows [CLS] text [SEP] from the paragraphs of randomly ordered articles, without padding."""
    cls, sep, out = tok.token_to_id("[CLS]"), tok.token_to_id("[SEP]"), []
    for d in np.random.default_rng(seed).permutation(len(docs)):
        ids = [i for e in tok.encode_batch(docs[d][1], add_special_tokens=False) for i in e.ids][: 20 * length]
        out += [[cls, *ids[k : k + length - 2], sep] for k in range(0, len(ids) - length + 3, length - 2)]
        if len(out) >= n:
            break
    return torch.tensor(out[:n])


@torch.no_grad()
def masked_states(model, x, rate, ids, gen, fast):
    """(states, targets) at the chosen positions."""
    special = torch.isin(x, torch.tensor([ids["[CLS]"], ids["[SEP]"]]))
    states, targets = [], []
    for t, sp in zip(x.split(32), special.split(32)):
        chosen = (torch.rand(t.shape, generator=gen) < rate) & ~sp
        kind = torch.rand(t.shape, generator=gen)
        noise = torch.randint(1000, model.config.vocab_size, t.shape, generator=gen)
        y = torch.where(chosen & (kind < 0.8), torch.full_like(t, ids["[MASK]"]), t)
        y = torch.where(chosen & (kind >= 0.8) & (kind < 0.9), noise, y)
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            states.append(model(y).last_hidden_state[chosen].half())
        targets.append(t[chosen])
    return torch.cat(states), torch.cat(targets)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--encoder", type=Path, required=True)
    ap.add_argument("--text", type=Path, nargs="+", required=True)
    ap.add_argument("--heldout", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--windows", type=int, default=6000, help="training windows")
    ap.add_argument("--heldout-windows", type=int, default=600)
    ap.add_argument("--length", type=int, default=128)
    ap.add_argument("--mask", type=float, default=0.15)
    ap.add_argument("--epochs", type=int, default=4)
    ap.add_argument("--lr", type=float, default=2e-3)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    begin = time.time()
    encoder = BertModel.from_pretrained(a.encoder, add_pooling_layer=False).eval().requires_grad_(False)
    tok = Tokenizer.from_file(str(a.encoder / "tokenizer.json"))
    tok.no_padding()
    tok.no_truncation()
    ids = {t: tok.token_to_id(t) for t in ("[CLS]", "[SEP]", "[MASK]")}
    held = list(articles(a.heldout))
    titles = {t.lower() for t, _ in held}
    docs = [d for path in a.text for d in articles(path) if d[0].lower() not in titles]
    x = make_windows(docs, tok, a.windows, a.length, a.seed)
    h, y = masked_states(encoder, x, a.mask, ids, torch.Generator().manual_seed(a.seed), fast=True)
    print(f"{len(x)} windows, {len(y)} masked tokens, {time.time() - begin:.0f} s", flush=True)
    transform = BertPredictionHeadTransform(encoder.config)
    torch.nn.init.eye_(transform.dense.weight)
    freq = np.bincount(x.flatten().numpy(), minlength=encoder.config.vocab_size) + 0.3
    bias = torch.nn.Parameter(torch.tensor(np.log(freq / freq.sum()), dtype=torch.float32))
    words = encoder.embeddings.word_embeddings.weight
    params = [*transform.parameters(), bias]
    opt = torch.optim.AdamW(params, lr=a.lr, weight_decay=0.01)
    order = torch.cat([torch.randperm(len(y)) for _ in range(a.epochs)]).split(512)
    for n, pick in enumerate(order):
        for g in opt.param_groups:
            g["lr"] = a.lr * min(1, (n + 1) / 30) * (1 - n / len(order))
        with torch.autocast("cpu", torch.bfloat16):
            logits = F.linear(transform(h[pick].float()), words, bias)
        loss = F.cross_entropy(logits.float(), y[pick])
        opt.zero_grad()
        loss.backward()
        opt.step()
        if n % 50 == 0:
            print(n, len(order), round(loss.item(), 3), f"{time.time() - begin:.0f} s", flush=True)
    state = {f"cls.predictions.transform.{k}": v.detach().half() for k, v in transform.state_dict().items()}
    state["cls.predictions.bias"] = bias.detach().half()
    transform.load_state_dict({k: v.half().float() for k, v in transform.state_dict().items()})
    xe = make_windows(held, tok, a.heldout_windows, a.length, 7)
    he, ye = masked_states(encoder, xe, 0.15, ids, torch.Generator().manual_seed(7), fast=False)
    with torch.no_grad():
        logits = torch.cat([F.linear(transform(s.float()), words, bias.half().float()) for s in he.split(512)])
    result = {
        "encoder_sha256": hashlib.sha256((a.encoder / "model.safetensors").read_bytes()).hexdigest(),
        "heldout": {
            "length": a.length,
            "windows": len(xe),
            "masked": len(ye),
            "loss": round(float(F.cross_entropy(logits, ye)), 4),
            "accuracy": round(float((logits.argmax(-1) == ye).float().mean()), 4),
        },
        "training": {
            "windows": len(x),
            "masked": len(y),
            "epochs": a.epochs,
            "lr": a.lr,
            "seed": a.seed,
            "seconds": round(time.time() - begin),
        },
    }
    a.out.mkdir(parents=True, exist_ok=True)
    save_file(state, a.out / "head.safetensors", metadata={"format": "pt"})
    (a.out / "head.json").write_text(json.dumps(result, indent=1) + "\n")
    print(result)


if __name__ == "__main__":
    main()
