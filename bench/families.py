"""Training steps of whole families' published shapes, with random weights: the lab's CPU core under Node beside PyTorch on one thread.

python bench/families.py DIR [STEPS]: after `make page`. Makes a model of each in DIR, trains both on the same rows of 64 tokens in batches of 8, in
turns, and prints one line of JSON of each family. Milliseconds are of processor time. Both draw dropout at the standard rate.
"""

import csv
import json
import pathlib
import subprocess
import sys
import time

import torch
from transformers import (
    AutoModelForSequenceClassification,
    DistilBertConfig,
    DistilBertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    ModernBertConfig,
    ModernBertForMaskedLM,
    PreTrainedTokenizerFast,
)

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "scripts"))
from golden_families import END_OF_TEXT, gpt2_tokenizer, modernbert_tokenizer, train_tokenizer

ROWS, TOKENS, BATCH = 200, 64, 8


def models():
    causal = gpt2_tokenizer()
    end = causal.token_to_id(END_OF_TEXT)
    yield "distilbert", DistilBertForMaskedLM(DistilBertConfig()), train_tokenizer(), 0
    yield "gpt2", GPT2LMHeadModel(GPT2Config(pad_token_id=end, eos_token_id=end, bos_token_id=end)), causal, end
    modern = modernbert_tokenizer()
    # Ettin's encoder of 32 million parameters; ModernBERT's own 149 million do not fit into a tab's memory beside their gradients and moments.
    small = ModernBertConfig(
        hidden_size=384,
        num_hidden_layers=10,
        num_attention_heads=6,
        intermediate_size=576,
        attn_implementation="eager",
        **{f"{role}_token_id": modern.token_to_id(f"[{role.upper()}]") for role in ("pad", "cls", "sep")},
    )
    yield "ettin-32m", ModernBertForMaskedLM(small), modern, small.pad_token_id


def torch_step(folder, tokenizer, pad, rows, steps):
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2, dtype=torch.float32).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=tokenizer.id_to_token(pad),
        model_input_names=["input_ids", "attention_mask"],
    )
    times = []
    for i in range(steps + 1):
        some = rows[i * BATCH : (i + 1) * BATCH]
        batch = fast([text for text, _ in some], truncation=True, max_length=TOKENS, padding=True, return_tensors="pt")
        begin = time.process_time()
        optimizer.zero_grad()
        loss = model(**batch, labels=torch.tensor([label for _, label in some])).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()
        times.append((time.process_time() - begin) * 1000)
    return sorted(times[1:])[steps // 2]


def main():
    out, steps = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3
    torch.set_num_threads(1)
    torch.manual_seed(1)
    words = ["the old dog ran home", "the soup is cold", "a good story", "the music was wonderful"]
    rows = [(" ".join(words[(i * j + j) % 4] for j in range(1, 40)) + f" {i}", i % 2) for i in range(ROWS)]
    for family, model, tokenizer, pad in models():
        folder = out / family
        model.save_pretrained(folder)
        tokenizer.save(str(folder / "tokenizer.json"))
        with open(folder / "rows.csv", "w", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *((text, f"class {label}") for text, label in rows)])
        lab = subprocess.run(
            [
                "node",
                str(pathlib.Path(__file__).parent / "families.mjs"),
                str(folder),
                str(BATCH),
                str(TOKENS),
                str(steps),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        own = json.loads(lab.stdout)
        theirs = torch_step(folder, tokenizer, pad, rows, steps)
        print(
            json.dumps(
                {
                    "family": family,
                    "parameters": model.num_parameters(),
                    "steps": steps,
                    "lab_ms_per_step": own["ms_per_step"],
                    "lab_mb": own["mb"],
                    "torch_ms_per_step": round(theirs),
                    "ratio": round(own["ms_per_step"] / theirs, 2),
                }
            ),
            flush=True,
        )


main()
