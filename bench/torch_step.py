"""PyTorch's training step on one thread: forward with dropout, backward, clipping, AdamW, loss read each step.

python bench/torch_step.py DIR ids.json [repeats]: DIR holds config.json and model.safetensors; prints one line of JSON.
Batches are padded to their longest row. Attention is eager or fused as transformers chooses.
"""

import json
import statistics
import sys
import time

import torch
from transformers import BertForSequenceClassification

STEPS, BATCH = 24, 16


def main():
    folder, data, repeats = sys.argv[1], json.load(open(sys.argv[2])), int(sys.argv[3]) if len(sys.argv) > 3 else 5
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model = BertForSequenceClassification.from_pretrained(
        folder, num_labels=max(data["labels"]) + 1, dtype=torch.float32
    )
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.01)

    def step(rows):
        longest = max(len(data["ids"][i]) for i in rows)
        ids = torch.tensor([data["ids"][i] + [0] * (longest - len(data["ids"][i])) for i in rows])
        mask = torch.tensor([[1] * len(data["ids"][i]) + [0] * (longest - len(data["ids"][i])) for i in rows])
        loss = model(input_ids=ids, attention_mask=mask, labels=torch.tensor([data["labels"][i] for i in rows])).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    batches = data.get("batches") or [list(range(i, i + BATCH)) for i in range(0, STEPS * BATCH, BATCH)]
    for rows in batches[:4]:
        step(rows)
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        for rows in batches[:STEPS]:
            step(rows)
        times.append((time.process_time() - begin) * 1000 / STEPS)
    losses = [step(batches[0]) for _ in range(30)]
    print(
        json.dumps(
            {
                "ms_per_step": {
                    "median": round(statistics.median(times), 1),
                    "least": round(min(times), 1),
                    "most": round(max(times), 1),
                },
                "fixed_batch_loss": [round(losses[0], 3), round(losses[-1], 3)],
                "torch": torch.__version__,
            }
        )
    )


main()
