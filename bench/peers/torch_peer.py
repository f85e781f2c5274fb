"""PyTorch as a peer, on one thread: answers the driver's calls, one line of JSON each, until its input ends.

python bench/peers/torch_peer.py FOLDER: FOLDER is what workload.py wrote. The model is Hugging Face transformers', attention as
it chooses; it computes the whole last layer.
"""

import json
import sys
import time

import torch
from transformers import BertForSequenceClassification
from transformers.utils import logging


class Peer:
    def __init__(self, folder):
        torch.set_num_threads(1)
        self.folder, self.data = folder, json.load(open(f"{folder}/ids.json"))

    def begin(self, batches, steps, dropout, learningRate):
        torch.manual_seed(1)
        rates = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout, "classifier_dropout": dropout}
        self.model = BertForSequenceClassification.from_pretrained(self.folder, num_labels=2, dtype=torch.float32, **rates)
        self.model.train()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=learningRate, weight_decay=0.01)
        self.batches, self.steps, self.rate, self.at = batches, steps, learningRate, 0

    def step(self):
        rows = self.batches[self.at % len(self.batches)]
        self.optimizer.param_groups[0]["lr"] = self.rate * (self.steps - self.at) / self.steps
        ids = torch.tensor([self.data["ids"][i] for i in rows])
        labels = torch.tensor([self.data["labels"][i] for i in rows])
        loss = self.model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels).loss
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
    peer = Peer(sys.argv[1])
    print(json.dumps({"version": torch.__version__}), flush=True)
    for line in sys.stdin:
        call = json.loads(line)
        arguments = call["argument"]
        result = peer.begin(**arguments) if call["method"] == "begin" else peer.advance(arguments)
        print(json.dumps(result), flush=True)


main()
