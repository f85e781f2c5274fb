"""Golden values of Fisher information of the labelled loss: what PyTorch computes with the tiny BERT of scripts/golden.py.

    HF_HUB_OFFLINE=1 python scripts/labelled_fisher_golden.py          # rewrites tests/fixtures/tiny_bert/labelled_fisher.json

Each text of the golden batch alone and unpadded, L = cross-entropy of its label under the saved classifier (or the squared error of its target under
the classifier's first row); of each tensor of embeddings and encoder the mean of the squared gradient, text by text.
"""

import json

import torch
from golden import OUT, forward, gradients
from safetensors.torch import load_file
from transformers import BertForSequenceClassification, logging


def per_text_means(model, t, targets):
    lengths = t["batch.attention_mask"].sum(1).tolist()
    losses, means = [], {}
    for row, length in enumerate(lengths):
        logits = forward(model, t, "batch.input_ids", None, row, length).logits
        target = targets[row : row + 1]
        if model.num_labels > 1:
            loss = torch.nn.functional.cross_entropy(logits, target)
        else:
            loss = torch.nn.functional.mse_loss(logits[:, 0], target)
        losses.append(loss.item())
        for name, gradient in gradients(model, loss).items():
            if name.startswith(("bert.embeddings.", "bert.encoder.")):
                means.setdefault(name, []).append(gradient.double().square().mean().item())
    return {"losses": losses, "per_text_means": means}


def main():
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    t, weights = load_file(OUT / "golden.safetensors"), load_file(OUT / "model.safetensors")
    golden = {}
    for kind, outputs, targets in [("classification", 3, "batch.class_labels"), ("regression", 1, "batch.targets")]:
        config = BertForSequenceClassification.config_class.from_pretrained(OUT, num_labels=outputs)
        model = BertForSequenceClassification._from_config(config, attn_implementation="eager").eval()
        head = {n: weights[n][:outputs] for n in ("classifier.weight", "classifier.bias")}
        missing, others = model.load_state_dict(weights | head, strict=False)
        assert not missing and all(n.startswith("cls.") for n in others), (missing, others)
        golden[kind] = per_text_means(model, t, t[targets])
    (OUT / "labelled_fisher.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
