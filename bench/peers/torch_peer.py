"""PyTorch as a peer, on one thread: answers the driver's calls, one line of JSON each, until its input ends.

python bench/peers/torch_peer.py FOLDER [--whole]: FOLDER is what workload.py wrote. The model is Hugging Face transformers',
attention as it chooses. With --whole it runs as it is; without, its last layer computes the first token alone, as the lab's.
"""

import json
import sys
import time

import torch
from transformers import BertForSequenceClassification
from transformers.utils import logging


class Peer:
    def __init__(self, folder, whole):
        torch.set_num_threads(1)
        self.whole = whole
        self.folder, self.data = folder, json.load(open(f"{folder}/ids.json"))

    def begin(self, batches, steps, dropout, learningRate):
        torch.manual_seed(1)
        rates = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout, "classifier_dropout": dropout}
        self.model = BertForSequenceClassification.from_pretrained(
            self.folder, num_labels=2, dtype=torch.float32, **rates
        )
        self.model.train()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=learningRate, weight_decay=0.01)
        self.batches, self.steps, self.rate, self.at = batches, steps, learningRate, 0

    def loss(self, ids, labels):
        model = self.model
        if self.whole:
            return model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels).loss
        x = model.bert.embeddings(input_ids=ids)
        *layers, last = model.bert.encoder.layer
        for layer in layers:
            x = layer(x)
        asking, attention = x[:, :1], last.attention.self
        split = lambda x: x.unflatten(-1, (attention.num_attention_heads, -1)).transpose(1, 2)
        parts = split(attention.query(asking)), split(attention.key(x)), split(attention.value(x))
        rate = model.config.attention_probs_dropout_prob
        attended = torch.nn.functional.scaled_dot_product_attention(*parts, dropout_p=rate).transpose(1, 2).flatten(2)
        attended = last.attention.output(attended, asking)
        pooled = model.bert.pooler(last.output(last.intermediate(attended), attended))
        return torch.nn.functional.cross_entropy(model.classifier(model.dropout(pooled)), labels)

    def step(self):
        rows = self.batches[self.at % len(self.batches)]
        self.optimizer.param_groups[0]["lr"] = self.rate * (self.steps - self.at) / self.steps
        ids = torch.tensor([self.data["ids"][i] for i in rows])
        labels = torch.tensor([self.data["labels"][i] for i in rows])
        loss = self.loss(ids, labels)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.at += 1
        return loss.item()

    def advance(self, count):
        wall, processor = time.perf_counter(), time.process_time()
        losses = [self.step() for _ in range(count)]
        return {
            "losses": losses,
            "milliseconds": (time.perf_counter() - wall) * 1000,
            "processor": (time.process_time() - processor) * 1000,
        }


def main():
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    peer = Peer(sys.argv[1], "--whole" in sys.argv[2:])
    print(json.dumps({"version": torch.__version__}), flush=True)
    for line in sys.stdin:
        call = json.loads(line)
        arguments = call["argument"]
        result = peer.begin(**arguments) if call["method"] == "begin" else peer.advance(arguments)
        print(json.dumps(result), flush=True)


main()
