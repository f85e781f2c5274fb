"""Two workloads for everyone, and their token ids as Hugging Face's tokenizer gives them.

python bench/workload.py OUT_DIR: a 2-layer encoder with seeded weights, classifier included (config.json, model.safetensors, the built-in
model's tokenizer.json) and rows of 64 tokens each, rows.csv for the lab and ids.json for the others; and tickets.json,
the built-in sample `tickets` in batches of like length, as the lab's own.
"""

import csv
import json
import pathlib
import random
import shutil
import sys

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

ROWS, TOKENS = 500, 64  # 400 of them training rows: 25 steps of 16


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    models = pathlib.Path(__file__).parent.parent / "www/data/models/mini-4x256"
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=8192,
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=512,
        max_position_embeddings=TOKENS,
        layer_norm_eps=1e-12,
    )
    model = BertForMaskedLM(config)
    tensors = {
        k: v.contiguous() for k, v in model.state_dict().items() if "decoder" not in k and "position_ids" not in k
    }
    # The heads of BertForSequenceClassification, so that nobody draws their own.
    for name, shape in {"bert.pooler.dense": (128, 128), "classifier": (2, 128)}.items():
        tensors |= {
            f"{name}.weight": torch.randn(shape) * config.initializer_range,
            f"{name}.bias": torch.zeros(shape[0]),
        }
    save_file(tensors, out / "model.safetensors")
    (out / "config.json").write_text(json.dumps({**config.to_dict(), "architectures": ["BertForMaskedLM"]}))
    shutil.copy(models / "tokenizer.json", out / "tokenizer.json")
    tokenizer = BertTokenizerFast(tokenizer_file=str(models / "tokenizer.json"))
    words = [w for w in tokenizer.get_vocab() if w.isalpha() and w.isascii()]
    words.sort()
    pick = torch.randint(len(words), (ROWS, TOKENS), generator=torch.Generator().manual_seed(2)).tolist()
    texts = [" ".join(words[i] for i in row) for row in pick]
    labels = ["even" if len(text) % 2 == 0 else "odd" for text in texts]
    with open(out / "rows.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(zip(texts, labels))
    ids = [tokenizer(text, truncation=True, max_length=TOKENS)["input_ids"] for text in texts]
    assert all(len(row) == TOKENS for row in ids)
    (out / "ids.json").write_text(json.dumps({"ids": ids, "labels": [int(label == "odd") for label in labels]}))

    sample = pathlib.Path(__file__).parent.parent / "www/data/samples/tickets.csv"
    rows = list(csv.DictReader(open(sample, newline="")))
    text_column, label_column = "text", "label"
    names = sorted({row[label_column] for row in rows})
    ids = [tokenizer(row[text_column], truncation=True, max_length=TOKENS)["input_ids"] for row in rows]
    order = list(range(len(rows)))
    random.Random(1).shuffle(order)
    train = order[: 24 * 16]
    batches = []
    for start in range(0, len(train), 8 * 16):
        group = sorted(train[start : start + 8 * 16], key=lambda i: -(-len(ids[i]) // 4))
        batches += [group[i : i + 16] for i in range(0, len(group), 16)]
    (out / "tickets.json").write_text(
        json.dumps(
            {
                "ids": ids,
                "labels": [names.index(row[label_column]) for row in rows],
                "batches": batches,
                "tokens_per_step": sum(len(b) * max(len(ids[i]) for i in b) for b in batches) / len(batches),
            }
        )
    )


main()
