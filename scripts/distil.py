"""Train the pruned encoder of prune.py: distillation from the teacher beside masked-language modelling (MLM), then mainly MLM.

Each batch is packed with windows of one length (32, 64 or 128) that start at a sentence, so there is no padding. The student reads the masked
window, the teacher (through the id map) the unmasked one. Losses: MLM cross-entropy; error of the final and one middle state through a learned
linear map (normalised by the teacher's variance; the middle one at unmasked positions only); cosine of the mean-pooled state, and of a linear
map of the BERT pooler's output, with the teacher's sentence embedding. In the first part the teacher runs at every step, later at every
`--teacher-every`-th. AdamW, linear warm-up, linear decay to 0. `--init DIR` starts from an exported folder instead of prune.py's weights: a new
schedule on an earlier result. `--bf16` computes matrix products in bfloat16 (twice as fast where the processor has it); weights stay f32.

The schedule is a number of training seconds (`--seconds`, time spent in this and earlier runs) or of steps (`--steps`). The run continues from
--work/ckpt.pt if that exists, stops by itself, and on SIGTERM saves and stops. `--export DIR` writes the newest checkpoint as a Hugging Face folder and ends.
"""

import argparse
import json
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads waste a shared machine; set before torch loads
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM, BertModel
from transformers.models.bert.modeling_bert import BertPooler

CLS, SEP, MASK, SPECIALS = 2, 3, 4, 5
LENGTHS, SHARES = (32, 64, 128), (0.2, 0.4, 0.4)


def batches(path, tokens, epoch, seed):
    """The epoch's batches: (length, start offsets) of windows inside one article; each article has one window length per epoch."""
    z = np.load(path)
    sent, doc = z["sent"], z["doc"]
    rng = np.random.default_rng([seed, epoch])
    starts = {n: [] for n in LENGTHS}
    for d, length in enumerate(rng.choice(LENGTHS, len(doc) - 1, p=SHARES)):
        s, end = doc[d], sent[doc[d + 1]]
        s += rng.integers(0, 3) if doc[d + 1] - s > 8 else 0
        while sent[s] + length - 2 <= end:
            starts[length].append(sent[s])
            s = max(s + 1, np.searchsorted(sent, sent[s] + length - 2))
    out = []
    for n, v in starts.items():
        v, size = rng.permutation(np.array(v)), tokens // n
        out += [(n, v[i : i + size]) for i in range(0, len(v) - size + 1, size)]
    return z["ids"], [out[i] for i in rng.permutation(len(out))]


def window(ids, length, starts):
    x = np.full((len(starts), length), CLS, dtype=np.int64)
    x[:, 1:-1] = ids[starts[:, None] + np.arange(length - 2)]
    x[:, -1] = SEP
    return torch.from_numpy(x)


def mask_tokens(x, rate, vocab, gen):
    """15 % (or `rate`) of the ordinary tokens: 80 % [MASK], 10 % a random token, 10 % unchanged. Returns (input, chosen)."""
    chosen = (torch.rand(x.shape, generator=gen) < rate) & (x >= SPECIALS)
    kind = torch.rand(x.shape, generator=gen)
    y = torch.where(chosen & (kind < 0.8), torch.full_like(x, MASK), x)
    noise = torch.randint(SPECIALS, vocab, x.shape, generator=gen)
    return torch.where(chosen & (kind >= 0.8) & (kind < 0.9), noise, y), chosen


class Student(torch.nn.Module):
    def __init__(self, config, work, teacher_dim, start=None):
        super().__init__()
        init = torch.load(work / "init.pt")
        weights = {
            **init["model"],
            **({k: v.float() for k, v in load_file(start / "model.safetensors").items()} if start else {}),
        }
        weights["cls.predictions.decoder.weight"] = weights["bert.embeddings.word_embeddings.weight"]  # tied
        weights["cls.predictions.decoder.bias"] = weights["cls.predictions.bias"]
        self.lm = BertForMaskedLM(config)
        self.lm.bert.pooler = BertPooler(config)
        self.lm.load_state_dict(weights)
        h = config.hidden_size
        self.maps = torch.nn.ModuleList([torch.nn.Linear(h, teacher_dim) for _ in range(2)])
        with torch.no_grad():
            for m in self.maps:
                m.weight.copy_(init["P"])
                m.bias.zero_()
        self.pool_map = torch.nn.Linear(h, teacher_dim)
        n = config.num_hidden_layers
        self.mid = n // 2
        self.teacher_mid = init["layers"][self.mid - 1] + 1


def distil_losses(model, out, chosen, target):
    """Normalised squared errors of the final and middle states, and the two sentence losses."""
    final, mid = target.hidden_states[-1].float(), target.hidden_states[model.teacher_mid].float()
    last, middle, pooled = (
        out.last_hidden_state.float(),
        out.hidden_states[model.mid].float(),
        out.pooler_output.float(),
    )
    keep = ~chosen
    err = (model.maps[0](last) - final).pow(2).sum(-1).mean() / (final - final.mean((0, 1))).pow(2).sum(-1).mean()
    t = mid[keep]
    err_mid = (model.maps[1](middle[keep]) - t).pow(2).sum(-1).mean() / (t - t.mean(0)).pow(2).sum(-1).mean()
    sentence = final.mean(1)
    mean = 1 - F.cosine_similarity(model.maps[0](last.mean(1)), sentence).mean()
    pool = 1 - F.cosine_similarity(model.pool_map(pooled), sentence).mean()
    return err, err_mid, mean, pool


def train(a):
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    config = BertConfig.from_pretrained(a.work)
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0  # too few tokens to need any
    teacher = BertModel.from_pretrained(a.teacher, add_pooling_layer=False).eval().requires_grad_(False)
    id_map = torch.from_numpy(np.load(a.work / "vocab_map.npy"))
    model = Student(config, a.work, teacher.config.hidden_size, a.init)
    params = list(model.parameters())
    adam = torch.optim.AdamW(
        [
            {"params": [p for p in params if p.dim() > 1], "weight_decay": 0.01},
            {"params": [p for p in params if p.dim() == 1], "weight_decay": 0.0},
        ],
        lr=a.lr,
        betas=(0.9, 0.98),
        fused=True,
    )
    step, seen, spent, ckpt = 0, 0, 0.0, a.work / a.checkpoint
    if ckpt.exists():
        c = torch.load(ckpt)
        model.load_state_dict(c["model"])
        adam.load_state_dict(c["adam"])
        step, seen, spent = c["step"], c["tokens"], c["seconds"]
    log = open(ckpt.with_suffix(".log"), "a", buffering=1)
    sums, epoch, plan = {}, -1, []

    def save():
        tmp = ckpt.with_suffix(".tmp")
        torch.save(
            {"model": model.state_dict(), "adam": adam.state_dict(), "step": step, "tokens": seen, "seconds": spent},
            tmp,
        )
        os.replace(tmp, ckpt)

    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    begin, saved, base = time.time(), time.time(), spent
    per_epoch = len(
        batches(a.work / "train.npz", a.tokens, 0, a.seed)[1]
    )  # later epochs differ by a few; cut to the same number
    while True:
        spent = base + time.time() - begin
        u = step / a.steps if a.steps else spent / a.seconds
        if u >= 1 or stop:
            break
        if step // per_epoch != epoch:
            epoch = step // per_epoch
            ids, plan = batches(a.work / "train.npz", a.tokens, epoch, a.seed)
        length, starts = plan[step % per_epoch % len(plan)]
        gen = torch.Generator().manual_seed(a.seed * 1_000_003 + step)
        x = window(ids, length, starts)
        y, chosen = mask_tokens(x, a.mask if u < 0.75 else 0.15, config.vocab_size, gen)
        heat = min(1.0, (step + 1) / a.warmup) * (1 - u)
        for g in adam.param_groups:
            g["lr"] = a.lr * heat
        with_teacher = u < a.distil_part or step % a.teacher_every == 0
        with torch.autocast("cpu", torch.bfloat16, enabled=a.bf16):
            out = model.lm.bert(input_ids=y, output_hidden_states=with_teacher)
            logits = model.lm.cls.predictions(out.last_hidden_state[chosen])
        mlm = F.cross_entropy(logits.float(), x[chosen])
        got = {"mlm": mlm, "acc": (logits.detach().argmax(-1) == x[chosen]).float().mean()}
        loss = mlm
        if with_teacher:
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=a.bf16):
                target = teacher(id_map[x], output_hidden_states=True)
            names = ("state", "mid", "mean", "pool")
            got.update(zip(names, distil_losses(model, out, chosen, target)))
            loss = mlm + a.alpha * sum(got[n] for n in names)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 5.0)
        adam.step()
        model.zero_grad(set_to_none=True)
        step, seen = step + 1, seen + x.numel()
        for k, v in got.items():
            sums.setdefault(k, []).append(float(v.detach()))
        if step % 25 == 0:
            row = {k: round(sum(v) / len(v), 4) for k, v in sums.items()}
            log.write(json.dumps({"step": step, "s": round(spent), "u": round(u, 4), "tokens": seen, **row}) + "\n")
            sums = {}
        if time.time() - saved > a.save_every:
            save()
            saved = time.time()
    save()


def export(a):
    """Write the checkpoint as a Hugging Face folder (f16, tied decoder not repeated); files appear by rename."""
    c = torch.load(a.work / a.checkpoint)
    state = {k[3:]: v for k, v in c["model"].items() if k.startswith("lm.")}
    state = {k: v.half().contiguous() for k, v in state.items() if "decoder" not in k and "position_ids" not in k}
    a.export.mkdir(parents=True, exist_ok=True)
    tmp = Path(tempfile.mkdtemp(dir=a.export.parent, prefix=".new-"))
    save_file(state, tmp / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((a.work / "config.json").read_text())
    config["dtype"] = "float16"
    (tmp / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    shutil.copy(a.work / "tokenizer.json", tmp / "tokenizer.json")
    (tmp / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "BertTokenizer",
                "do_lower_case": True,
                "strip_accents": True,
                "model_max_length": config["max_position_embeddings"],
                "unk_token": "[UNK]",
                "sep_token": "[SEP]",
                "pad_token": "[PAD]",
                "cls_token": "[CLS]",
                "mask_token": "[MASK]",
            },
            indent=2,
        )
        + "\n"
    )
    for f in tmp.iterdir():
        f.chmod(0o644)
        os.replace(f, a.export / f.name)
    tmp.rmdir()
    print(f"exported step {c['step']} ({c['seconds']:.0f} s) to {a.export}")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--work", type=Path, required=True, help="folder written by prune.py")
    ap.add_argument("--teacher", type=Path, help="folder of the teacher")
    ap.add_argument("--checkpoint", default="ckpt.pt")
    ap.add_argument("--export", type=Path)
    ap.add_argument("--init", type=Path, help="exported folder to start from; prune.py's weights without it")
    ap.add_argument("--bf16", action="store_true")
    ap.add_argument("--seconds", type=float, default=4900)
    ap.add_argument("--steps", type=int, default=0, help="schedule by steps, not by time")
    ap.add_argument("--tokens", type=int, default=2048, help="tokens per batch")
    ap.add_argument("--lr", type=float, default=1e-3, help="peak learning rate")
    ap.add_argument("--warmup", type=int, default=60, help="steps")
    ap.add_argument("--mask", type=float, default=0.2, help="masking rate up to 3/4 of the schedule, then 0.15")
    ap.add_argument("--alpha", type=float, default=2.0, help="weight of the distillation losses")
    ap.add_argument("--distil-part", type=float, default=0.25)
    ap.add_argument("--teacher-every", type=int, default=4)
    ap.add_argument("--save-every", type=float, default=120, help="seconds")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    export(a) if a.export else train(a)


if __name__ == "__main__":
    main()
