"""A random model of each family, of other sizes than the golden fixtures, as transformers saves it; scripts/parity.py compares.

    python scripts/parity_families.py FOLDER     # FOLDER/<family>/{config.json, model.safetensors, tokenizer.json, …}

Every call draws other weights and says its seed; `SEED=n` draws those again.
"""

import os
import random
import sys
from pathlib import Path

import torch
from golden_families import END_OF_TEXT, gpt2_tokenizer, modernbert_tokenizer, roberta_tokenizer, train_tokenizer
from transformers import (
    BertConfig,
    BertForMaskedLM,
    DistilBertConfig,
    DistilBertForMaskedLM,
    ElectraConfig,
    ElectraForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    ModernBertConfig,
    ModernBertForMaskedLM,
    RobertaConfig,
    RobertaForMaskedLM,
)

WIDTH, LAYERS, HEADS, INNER, POSITIONS = 48, 3, 4, 80, 72
SPREAD = 0.2  # of the weights: by the usual 0.02, all logits of so small a model are nearly equal


def models():
    wordpiece, bpe, causal, composed = train_tokenizer(), roberta_tokenizer(), gpt2_tokenizer(), modernbert_tokenizer()
    shape = {
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": INNER,
        "initializer_range": SPREAD,
    }
    masked = {"vocab_size": wordpiece.get_vocab_size(), "max_position_embeddings": POSITIONS}
    end = causal.token_to_id(END_OF_TEXT)
    yield "bert", BertForMaskedLM(BertConfig(**masked, **shape)), wordpiece
    yield (
        "distilbert",
        DistilBertForMaskedLM(
            DistilBertConfig(
                **masked, dim=WIDTH, n_layers=LAYERS, n_heads=HEADS, hidden_dim=INNER, initializer_range=SPREAD
            )
        ),
        wordpiece,
    )
    yield "electra", ElectraForMaskedLM(ElectraConfig(**masked, embedding_size=WIDTH // 2, **shape)), wordpiece
    yield (
        "gpt2",
        GPT2LMHeadModel(
            GPT2Config(
                vocab_size=causal.get_vocab_size(),
                n_embd=WIDTH,
                n_layer=LAYERS,
                n_head=HEADS,
                n_positions=POSITIONS,
                bos_token_id=end,
                eos_token_id=end,
                initializer_range=SPREAD,
            )
        ),
        causal,
    )
    cls, sep, pad = (composed.token_to_id(token) for token in ("[CLS]", "[SEP]", "[PAD]"))
    yield (
        "modernbert",
        ModernBertForMaskedLM(
            ModernBertConfig(
                vocab_size=composed.get_vocab_size(),
                hidden_size=WIDTH,
                num_hidden_layers=LAYERS + 2,
                num_attention_heads=HEADS,
                intermediate_size=INNER,
                max_position_embeddings=POSITIONS,
                local_attention=12,
                initializer_range=SPREAD,
                classifier_pooling="mean",
                pad_token_id=pad,
                bos_token_id=cls,
                cls_token_id=cls,
                eos_token_id=sep,
                sep_token_id=sep,
            )
        ),
        composed,
    )
    yield (
        "roberta",
        RobertaForMaskedLM(
            RobertaConfig(
                vocab_size=bpe.get_vocab_size(),
                max_position_embeddings=POSITIONS + 2,
                type_vocab_size=1,
                pad_token_id=1,
                bos_token_id=0,
                eos_token_id=2,
                layer_norm_eps=1e-5,
                **shape,
            )
        ),
        bpe,
    )


def main():
    seed = int(os.environ.get("SEED", random.randrange(10**6)))
    print(f"random models of seed {seed}")
    torch.manual_seed(seed)
    for family, model, tokenizer in models():
        folder = Path(sys.argv[1]) / family
        with torch.no_grad():
            for parameter in model.parameters():  # biases and gains too, so that a forgotten one shows
                if parameter.dim() == 1:
                    parameter += SPREAD * torch.randn_like(parameter)
        model.save_pretrained(folder)
        tokenizer.save(str(folder / "tokenizer.json"))


if __name__ == "__main__":
    main()
