"""The method's parts by themselves: rates, draws, Fisher information, sites."""

import json
import math

import pytest
import torch
from conftest import FIXTURES, MODELS
from guided_dropout import metrics
from guided_dropout.draws import Xoshiro
from guided_dropout.fisher import Text, per_text, plain, tensors
from guided_dropout.models import Encoding, language_model
from guided_dropout.noise import Clock, bernoulli, gaussian
from guided_dropout.schedule import ARMS, ArmRates, arm_rates, guided
from guided_dropout.sites import ATTENTION, family_of, install, site_modules
from safetensors.torch import load_file
from transformers import AlbertConfig, BertConfig, BertForSequenceClassification


def test_bert_base_rates_of_the_authors():
    """linspace(0, 0.099, 37) by site, as the authors hard-code it."""
    lines = (FIXTURES / "bert_base_rates.tsv").read_text().splitlines()[1:]
    table = {site: float(rate) for site, rate in (line.split("\t") for line in lines)}
    scores = {site: math.exp(-50.0 * rate) for site, rate in table.items()}
    found = guided(scores, 0.099, 0.0)
    assert len(table) == 37 and all(abs(found[site] - rate) < 1e-9 for site, rate in table.items())


def test_ties_share_their_mean_rate_and_one_site_gets_the_middle():
    """As in the core's own tests."""
    assert guided({"a": 5.0, "b": 1.0, "c": 5.0, "d": 9.0}, 0.3, 0.0) == pytest.approx(
        {"a": 0.15, "b": 0.3, "c": 0.15, "d": 0.0}
    )
    assert guided({"embeddings": 1.0}, 0.1, 0.0) == pytest.approx({"embeddings": 0.05})


def test_arms_refuse_what_they_cannot_be():
    """By name, with what was expected and found."""
    rates = {"embeddings": 0.05, "layer.0.output": 0.9}
    for arm, options, words in [
        ("tuned", {}, "tuned_rate: expected a rate in"),
        ("custom", {"custom": [{"site": "embeddings", "rate": 1.0}]}, "custom_rates, embeddings"),
        (
            "custom",
            {"custom": [{"site": "layer.7.output", "rate": 0.1}]},
            "expected sites of the model, got layer.7.output",
        ),
        ("dropconnect", {}, f"expected one of {', '.join(ARMS)}"),
    ]:
        with pytest.raises(ValueError, match=words):
            arm_rates(arm, rates, 1, **options)
    with pytest.raises(ValueError, match="spare-embeddings"):
        arm_rates("spare-embeddings", {"embeddings": 0.9, "layer.0.output": 0.9}, 1)


def test_draws_follow_the_reference_implementation():
    """xoshiro256++ from the state 1, 2, 3, 4: values of its authors' program, as the crate's own test has them."""
    draws = Xoshiro(0)
    draws.state = [1, 2, 3, 4]
    assert [draws.u64() for _ in range(4)] == [41943041, 58720359, 3588806011781223, 3591011842654386]


@pytest.mark.parametrize("p", [0.00275, 0.1, 0.5])
def test_noise_drops_at_its_rate_and_keeps_the_mean(p):
    """Within 4.5 deviations; and what one rate drops a higher one drops too."""
    values = bernoulli(7, 0, 400_000, p, torch.device("cpu"))
    dropped = float((values == 0).double().mean())
    assert abs(dropped - p) < 4.5 * math.sqrt(p * (1 - p) / 400_000) + 0.5 / 65536
    assert set(values.unique().tolist()) == {0.0, float(torch.tensor(1.0 / (1.0 - p)))}
    assert not ((values == 0) & (bernoulli(7, 0, 400_000, 0.6, torch.device("cpu")) != 0)).any()
    normal = gaussian(7, 0, 400_000, p, torch.device("cpu")).double()
    assert abs(float(normal.var()) / (p / (1 - p)) - 1) < 4.5 * math.sqrt(2 / 400_000)


@pytest.mark.parametrize("draw", [bernoulli, gaussian])
def test_noise_of_a_part_is_that_of_the_whole(draw):
    """From any element on, and of any length: where a part begins, a counter's draws may have begun before."""
    whole = draw(7, 0, 60, 0.4, torch.device("cpu"))
    for first in range(9):
        for count in (1, 2, 7, 50):
            assert torch.equal(draw(7, first, count, 0.4, torch.device("cpu")), whole[first : first + count])


def golden(family):
    """The texts of a fixture, with transformers' own Fisher information of each."""
    folder = MODELS[family]
    scalars = json.loads((folder / "golden.json").read_text())
    found = load_file(folder / "golden.safetensors")
    ids, types = found["mlm.input_ids"], found["batch.token_type_ids"]
    labels, lengths = found["batch.mlm_labels"], found["batch.attention_mask"].sum(1).tolist()
    texts = []
    for i, length in enumerate(lengths):
        positions = [t for t in range(length) if labels[i, t] >= 0]
        texts.append(
            Text(
                i,
                Encoding(ids[i, :length].tolist(), types[i, :length].tolist(), []),
                positions,
                labels[i, positions].tolist(),
            )
        )
    return texts, scalars["fisher"]["per_text_means"]


@pytest.mark.parametrize("family", MODELS)
def test_fisher_information_is_of_each_text(family):
    """Batched, one by one and transformers' own; not the square of the batch's gradient."""
    texts, expected = golden(family)
    model = language_model(str(MODELS[family]))
    of = family_of(model.config)
    names = list(tensors(model, of))
    assert sorted(names) == sorted(expected)
    together = per_text(model, of, texts, "tokens", 0)
    for text, batched in zip(texts, together):
        alone = plain(model, of, text, "tokens", 0)
        assert batched["loss"] == pytest.approx(alone["loss"], rel=1e-5)
        for name, a, b in zip(names, batched["means"], alone["means"]):
            if name.endswith(("attention.self.key.bias", "attention.k_lin.bias")):
                continue  # 0 in exact arithmetic: rounding noise
            assert a == pytest.approx(b, rel=1e-4), name
            assert a == pytest.approx(expected[name][text.index], rel=1e-4), name


def tiny(**changes):
    """A random BERT whose sites can be counted."""
    shape = {
        "vocab_size": 50,
        "hidden_size": 16,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
    }
    return BertForSequenceClassification(BertConfig(**shape | changes, attn_implementation=ATTENTION))


def test_rates_are_set_by_name_and_read_back():
    """Every site, and the classifier's own dropout at 0.1."""
    model = tiny()
    rates = {site: i / 100 for i, site in enumerate(site_modules(model))}
    assert install(model, ArmRates("bernoulli", rates), Clock(1)) == rates
    assert model.bert.encoder.layer[1].attention.output.dropout.p == rates["layer.1.attention.output"]
    assert model.dropout.p == 0.1


def test_attention_probabilities_are_dropped():
    """At a rate near 1 of one site alone the output changes; an attention that ignores the module would not."""
    model = tiny().train()
    sites = dict.fromkeys(site_modules(model), 0.0)
    ids = torch.arange(10)[None]
    install(model, ArmRates("bernoulli", sites), Clock(1))
    model.dropout.p = 0.0
    still = model(ids).logits
    install(model, ArmRates("bernoulli", sites | {"layer.0.attention.self": 0.9}), Clock(1))
    model.dropout.p = 0.0
    assert not torch.allclose(still, model(ids).logits)
    assert torch.allclose(model.eval()(ids).logits, still), "evaluation has no noise"


def test_a_model_without_a_site_is_refused():
    """An unknown family, a module that is no dropout, one that no site names, and another depth."""
    with pytest.raises(ValueError, match=r"expected one of bert, .*got 'albert'"):
        family_of(AlbertConfig())
    sites = dict.fromkeys(site_modules(tiny()), 0.1)
    model = tiny()
    model.bert.encoder.layer[1].output.dropout = torch.nn.Identity()
    with pytest.raises(
        ValueError,
        match=r"site layer.1.output: expected encoder.layer.1.output.dropout to be a dropout module, got Identity",
    ):
        install(model, ArmRates("bernoulli", sites), Clock(1))
    model = tiny()
    model.bert.encoder.layer[0].intermediate.dropout = torch.nn.Dropout(0.1)
    with pytest.raises(ValueError, match=r"got others: bert.encoder.layer.0.intermediate.dropout"):
        install(model, ArmRates("bernoulli", sites), Clock(1))
    with pytest.raises(ValueError, match=r"none for .*layer.2.output"):
        install(tiny(num_hidden_layers=3), ArmRates("bernoulli", sites), Clock(1))
    with pytest.raises(ValueError, match="attn_implementation"):
        model = tiny()
        model.config._attn_implementation = "sdpa"
        install(model, ArmRates("bernoulli", sites), Clock(1))


def test_metrics_are_those_of_the_core():
    """Degenerate cases by hand; the rest by parity with the core."""
    assert metrics.of_classes([0, 0, 1], [0, 0, 0]) == pytest.approx(
        {"accuracy": 2 / 3, "macro_f1": 0.4, "matthews": 0.0}
    )
    assert metrics.of_scores([1.0, 1.0], [0.0, 2.0]) == {}
    assert metrics.of_scores([1.0, 2.0, 2.0], [5.0, 5.0, 5.0]) == {"pearson": 0.0, "spearman": 0.0}
    assert metrics.of_scores([1.0, 2.0, 3.0], [1.0, 4.0, 9.0])["spearman"] == pytest.approx(1.0)
