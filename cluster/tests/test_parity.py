"""This package against the core: the same plan, the same models, the same numbers; with dropout on, since draws are the core's own."""

import json
import math

import pytest
from conftest import FIXTURES, MODELS, ROOT
from guided_dropout.cli import main

ARMS = "standard,guided,uniform-mean,shuffled,reversed,gaussian,none,by-kind,spare-embeddings,tuned"
SMALL = ["--max-tokens", "24", "--fisher-texts", "20"]
BUILT_IN = ROOT / "www" / "data" / "models" / "mini-4x256"


def ours(plan, model, out, *options):
    """Results of the plan by this package, in this process."""
    assert main(["run", str(plan), "--model", str(model), "--address", "serial", "--out", str(out), *options]) == 0
    return json.loads(out.read_text())


def assert_equal_runs(here, there, losses=1e-4):
    """Step losses to `losses`, evaluations alike, predictions the same."""
    assert [(r["arm"], r["seed"], r["fraction"]) for r in here["runs"]] == [
        (r["arm"], r["seed"], r["fraction"]) for r in there["runs"]
    ]
    for a, b in zip(here["runs"], there["runs"]):
        name = f"{a['arm']}, seed {a['seed']}"
        assert [s["step"] for s in a["steps"]] == [s["step"] for s in b["steps"]], name
        for s, t in zip(a["steps"], b["steps"]):
            assert s["loss"] == pytest.approx(t["loss"], abs=losses), f"{name}, step {s['step']}"
        for e, f in zip(a["epochs"], b["epochs"], strict=True):
            assert (e["epoch"], e["steps"]) == (f["epoch"], f["steps"]), name
            assert e["eval_loss"] == pytest.approx(f["eval_loss"], abs=losses), name
        if b["confusion"] is not None:
            assert (a["confusion"], a["predictions"]) == (b["confusion"], b["predictions"]), name
            for metric in ("accuracy", "macro_f1", "matthews"):
                assert a["epochs"][-1][metric] == pytest.approx(b["epochs"][-1][metric], abs=1e-12), name
        else:
            assert a["predictions"] == pytest.approx(b["predictions"], abs=1e-3), name


def assert_equal_fisher(here, there):
    """Site scores, tensors and stability."""
    assert [s["site"] for s in here["sites"]] == [s["site"] for s in there["sites"]]
    for s, t in zip(here["sites"], there["sites"]):
        assert s["score"] == pytest.approx(t["score"], rel=1e-4), s["site"]
    assert [(t["name"], t["site"]) for t in here["tensors"]] == [(t["name"], t.get("site")) for t in there["tensors"]]
    assert [s["texts"] for s in here["stability"]] == [s["texts"] for s in there["stability"]]
    for s, t in zip(here["stability"], there["stability"]):
        assert s["kendall_tau"] == pytest.approx(t["kendall_tau"], abs=1e-9)


@pytest.mark.parametrize("family", MODELS)
def test_every_arm_of_every_family(core, family):
    """Fisher information, rates of all arms, losses of 24 steps with noise, predictions."""
    plan, there = core.plan_and_results(
        MODELS[family],
        "--arms",
        ARMS,
        "--tuned-rate",
        "0.2",
        "--seeds",
        "2",
        "--epochs",
        "3",
        "--batch-size",
        "4",
        *SMALL,
    )
    here = ours(plan, MODELS[family], core.folder / "ours.json")
    assert_equal_fisher(here["fisher"], there["fisher"])
    assert here["arms"] == there["arms"], "rates are the same numbers"
    assert len(here["runs"]) == 20 and all(len(run["steps"]) >= 20 for run in here["runs"])
    assert_equal_runs(here, there)
    for run in here["runs"]:
        if run["arm"] not in ("shuffled",):
            assert run["rates"] == here["arms"][run["arm"]], "read back from the model"


def test_the_built_in_model(core):
    """Twenty steps without dropout at its sites, from the lab's own weights."""
    plan, there = core.plan_and_results(
        BUILT_IN, "--arms", "none,guided", "--seeds", "1,", "--epochs", "5", "--batch-size", "8", *SMALL
    )
    here = ours(plan, BUILT_IN, core.folder / "ours.json")
    assert_equal_fisher(here["fisher"], there["fisher"])
    assert here["arms"] == there["arms"]
    assert len(here["runs"][0]["steps"]) == 20
    assert_equal_runs(here, there)


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_pairs_scores_fractions_and_a_constant_rate(core, family):
    """A regression on pairs of texts, by labelled Fisher information, at two fractions."""
    options = [
        "--arms",
        "guided,standard",
        "--seeds",
        "2",
        "--epochs",
        "3",
        "--evaluate-every",
        "2",
        "--batch-size",
        "4",
        "--fractions",
        "1,0.5",
    ]
    options += ["--fisher-loss", "labelled", "--learning-rate-schedule", "constant", *SMALL]
    plan, there = core.plan_and_results(MODELS[family], *options, rows="scores.csv")
    assert there["dataset"]["task"] == "regression"
    here = ours(plan, MODELS[family], core.folder / "ours.json")
    assert_equal_fisher(here["fisher"], there["fisher"])
    assert_equal_runs(here, there)
    for a, b in zip(here["runs"], there["runs"]):
        for metric in ("pearson", "spearman"):
            assert a["epochs"][-1][metric] == pytest.approx(b["epochs"][-1][metric], abs=1e-3)


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2"])
def test_micro_batches(core, family):
    """Three rows of a step of eight at once, the last two by themselves: the core's numbers, and those of the whole step."""
    options = ["--arms", "standard,gaussian", "--seeds", "1,", "--epochs", "2", "--batch-size", "8", *SMALL]
    plan, there = core.plan_and_results(MODELS[family], *options, "--micro-batch-size", "3")
    assert there["config"]["micro_batch_size"] == 3
    here = ours(plan, MODELS[family], core.folder / "ours.json")
    assert_equal_runs(here, there)
    content = json.loads(plan.read_text())
    del content["config"]["micro_batch_size"]  # as in plans of earlier versions
    plan.write_text(json.dumps(content))
    assert_equal_runs(ours(plan, MODELS[family], core.folder / "whole.json"), here, losses=1e-5)


def test_a_diverging_run_is_a_result_and_no_run(core):
    """A learning rate at which the core diverges as well, at the same step."""
    options = [
        "--arms",
        "standard,none",
        "--seeds",
        "1,",
        "--epochs",
        "3",
        "--batch-size",
        "4",
        "--learning-rate",
        "1",
        *SMALL,
    ]
    plan = core.compare(MODELS["bert"], *options, "--export", str(core.folder / "plan.json"))
    content = json.loads(plan.read_text())
    content["config"]["learning_rate"] = 1e30
    content["config"]["clip_norm"] = 1e6
    plan.write_text(json.dumps(content))
    here = ours(plan, MODELS["bert"], core.folder / "ours.json")
    assert here["runs"] == [] and [d["arm"] for d in here["diverged"]] == ["standard", "none"]
    assert all(
        d["what"] in ("loss", "gradient", "prediction") and math.isfinite(d["largest_gradient_norm"])
        for d in here["diverged"]
    )


def test_results_keep_what_the_plan_says(core):
    """Data set, baselines and digests go from plan to results; the model's are those of its own files."""
    plan, there = core.plan_and_results(
        MODELS["bert"], "--arms", "standard,none", "--seeds", "1,", "--epochs", "1", *SMALL
    )
    here = ours(plan, MODELS["bert"], core.folder / "ours.json")
    for part in ("dataset", "baselines", "inputs", "fisher"):
        assert here[part] == there[part], part
    assert here["config"] == there["config"] and here["device"]["kind"] == "ray/cpu"
    assert set(there) - set(here) == set(), "every field of the core's file"
    assert (FIXTURES / "tiny_bert").exists()
