"""PyTorch's training step on a GPU, eager: forward with dropout, backward, clipping, AdamW, and every loss read, as `gpu_native.rs` does.

python bench/torch_gpu.py SHAPE BATCH TOKENS STEPS REPEATS [--cpu]: random weights; prints one line of JSON. Without CUDA it says so and exits with 3.
"""

import json
import statistics
import sys
import time

import torch
from transformers import BertConfig, BertForSequenceClassification

# Layers, width, heads, words: those of gpu_native.rs; the built-in model's are in its config.json.
SHAPES = {
    "tiny": (2, 64, 2, 8192),
    "built-in": (4, 256, 8, 8192),
    "minilm": (12, 384, 12, 30522),
    "bert-base": (12, 768, 12, 30522),
}
CLASSES = 2


def main():
    shape, (batch, tokens, steps, repeats) = sys.argv[1], map(int, sys.argv[2:6])
    device = "cpu" if "--cpu" in sys.argv else "cuda"
    if device == "cuda" and not torch.cuda.is_available():
        print("PyTorch has no CUDA here", file=sys.stderr)
        sys.exit(3)
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = False  # the lab computes in f32
    layers, width, heads, words = SHAPES[shape]
    config = BertConfig(
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
        max_position_embeddings=512,
        num_labels=CLASSES,
        attn_implementation="eager",
    )
    model = BertForSequenceClassification(config).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.01)
    ids = torch.randint(words, (8, batch, tokens))
    labels = torch.arange(batch) % CLASSES
    mask = torch.ones(batch, tokens, dtype=torch.long)

    def step(i):
        loss = model(
            input_ids=ids[i % len(ids)].to(device), attention_mask=mask.to(device), labels=labels.to(device)
        ).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    for i in range(3):
        step(i)
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        for i in range(steps):
            step(i)
        times.append((time.perf_counter() - begin) * 1000 / steps)
    print(
        json.dumps(
            {
                "what": "step",
                "program": f"PyTorch {torch.__version__}",
                "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
                "shape": shape,
                "parameters": sum(p.numel() for p in model.parameters()),
                "batch": batch,
                "tokens": tokens,
                "ms_a_step": [round(x, 2) for x in (statistics.median(times), min(times), max(times))],
                "losses_read_every": 1,
            }
        )
    )


main()
