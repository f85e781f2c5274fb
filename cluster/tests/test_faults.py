"""What goes wrong in clusters: a lost node, a killed driver, a full disk, a run that diverges, a model that does not fit. Every run is there once, and equal to a serial run
to the bit (one thread a job)."""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import ray
from conftest import MODELS
from guided_dropout import store
from guided_dropout.cli import main
from guided_dropout.driver import JobsFailed, OnRay, Resources, complete
from guided_dropout.plan import Job
from guided_dropout.store import Store
from ray.cluster_utils import Cluster
from transformers import AlbertConfig, AlbertForMaskedLM

PLAN = [
    "--arms",
    "standard,guided,shuffled",
    "--seeds",
    "4",
    "--epochs",
    "12",
    "--batch-size",
    "4",
    "--max-tokens",
    "24",
    "--fisher-texts",
    "20",
]
RUNS = 12
ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import a test's module


@pytest.fixture
def two_nodes():
    """A head and a second node, one CPU each."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.second = cluster.add_node(num_cpus=1)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def command(plan: Path, out: Path, address: str, model: Path = MODELS["bert"]) -> list[str]:
    return ["run", str(plan), "--model", str(model), "--address", address, "--out", str(out)]


def started(*arguments: str, **options) -> subprocess.Popen:
    """The program in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "guided_dropout.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finished_runs(out: Path) -> set[str]:
    folder = out.with_suffix(".jobs")
    return {path.name for path in folder.glob("run_*.json")} if folder.exists() else set()


def wait_for(condition, seconds: float = 240.0):
    """Until it holds; how long that takes is the machine's affair."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def serial(plan: Path, folder: Path) -> dict:
    out = folder / "serial.json"
    assert main(command(plan, out, "serial")) == 0
    return json.loads(out.read_text())


def without_times(results: dict) -> dict:
    return results | {"runs": [{k: v for k, v in run.items() if k != "elapsed_ms"} for run in results["runs"]]}


def assert_same(out: Path, expected: dict, runs: int = RUNS) -> None:
    """Every run once, and everything but times equal to the bit."""
    found = json.loads(out.read_text())
    assert len({(r["arm"], r["seed"]) for r in found["runs"]}) == len(found["runs"]) == runs
    assert without_times(found) == without_times(expected)


def test_a_node_lost_without_grace(core, two_nodes):
    """In the middle, with a job on it: Ray begins the job again on the node that is left."""
    plan = core.compare(MODELS["bert"], *PLAN, "--export", str(core.folder / "plan.json"))
    out = core.folder / "out.json"
    program = started(*command(plan, out, two_nodes.address))
    wait_for(lambda: len(finished_runs(out)) >= 3 or program.poll() is not None)
    assert program.poll() is None and len(finished_runs(out)) < RUNS - 2, "in the middle"
    two_nodes.remove_node(two_nodes.second, allow_graceful=False)
    _, said = program.communicate(timeout=300)
    assert program.returncode == 0, said
    assert_same(out, serial(plan, core.folder))


def test_a_killed_driver_resumes(core, two_nodes):
    """Kept jobs are not done again."""
    plan = core.compare(MODELS["bert"], *PLAN, "--export", str(core.folder / "plan.json"))
    out = core.folder / "out.json"
    program = started(*command(plan, out, two_nodes.address))
    wait_for(lambda: len(finished_runs(out)) >= 3 or program.poll() is not None)
    program.send_signal(signal.SIGKILL)
    program.communicate(timeout=60)
    kept = {path: path.stat().st_mtime_ns for path in out.with_suffix(".jobs").glob("*.json")}
    assert 3 <= len(finished_runs(out)) < RUNS and not out.exists()
    assert main(command(plan, out, two_nodes.address)) == 0
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items()), "kept jobs stay as they are"
    assert_same(out, serial(plan, core.folder))


def test_a_run_that_diverges_is_not_tried_again(core, two_nodes):
    """One arm has a learning rate at which nothing stays finite."""
    plan = core.compare(MODELS["bert"], *PLAN, "--export", str(core.folder / "plan.json"))
    content = json.loads(plan.read_text())
    content["config"]["choices"] = [{"arm": "shuffled", "fraction": 1.0, "learning_rate": 1e30, "epochs": 2}]
    content["config"]["clip_norm"] = 1e6
    plan.write_text(json.dumps(content))
    out = core.folder / "out.json"
    assert main(command(plan, out, two_nodes.address)) == 0
    found = json.loads(out.read_text())
    assert [(d["arm"], d["seed"]) for d in found["diverged"]] == [("shuffled", seed) for seed in (1, 2, 3, 4)]
    assert len(finished_runs(out)) == RUNS, "a result, kept as any other"
    kept = {path: path.stat().st_mtime_ns for path in out.with_suffix(".jobs").glob("*.json")}
    assert main(command(plan, out, two_nodes.address)) == 0
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())
    assert_same(out, serial(plan, core.folder), runs=8)


def test_a_full_disk(core):
    """A limit on the size of files, between that of a Fisher job and that of a run: what was kept is whole, and the same command resumes."""
    plan = core.compare(MODELS["bert"], *PLAN, "--export", str(core.folder / "plan.json"))
    expected = serial(plan, core.folder)
    sizes = [path.stat().st_size for path in (core.folder / "serial.jobs").glob("*.json")]
    limit = max(size for size in sizes if size < max(sizes) / 2) + 1
    out = core.folder / "out.json"
    limited = started(
        *command(plan, out, "serial"), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    )
    _, said = limited.communicate(timeout=300)
    assert limited.returncode == 1 and os.strerror(errno.EFBIG) in said and "the same command resumes" in said, said
    left = list(out.with_suffix(".jobs").iterdir())
    assert left and all(json.loads(path.read_text()) for path in left) and not out.exists(), "no half-written file"
    assert main(command(plan, out, "serial")) == 0
    assert_same(out, expected)


def test_a_full_disk_takes_back_what_is_submitted(tmp_path, monkeypatch, two_nodes):
    """On Ray: tasks under way are cancelled, and the error names the folder."""
    ray.init(address=two_nodes.address, log_to_driver=False)
    kept = Store(tmp_path / "jobs", {"plan": "p"})
    whole, writes = store.replace, []

    def full(path, text):
        writes.append(path)
        if len(writes) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(path, text)

    jobs = [Job(f"stub/{i}", "run") for i in range(20)]
    with monkeypatch.context() as patched:
        patched.setattr(store, "replace", full)
        executor = OnRay(stub, Resources())
        with pytest.raises(OSError, match="jobs: No space left on device; 3 finished jobs are kept"):
            complete(jobs, executor, kept, "stubs", quiet=True)
        assert not executor._pending
    assert len(complete(jobs, OnRay(stub, Resources()), kept, "stubs", quiet=True)) == 20


def stub(shared: tuple, job: Job) -> dict:
    """A job that computes nothing; one that is to fail does."""
    if job.arm == "broken":
        raise RuntimeError("no such thing")
    return {"job": job.id}


def test_a_job_that_raises_leaves_the_others(tmp_path, two_nodes):
    """It is not retried in the same call, and the error names it."""
    ray.init(address=two_nodes.address, log_to_driver=False)
    jobs = [Job(f"stub/{i}", "run", arm="broken" if i == 4 else "") for i in range(10)]
    kept = Store(tmp_path / "jobs", {"plan": "p"})
    with pytest.raises(JobsFailed, match=r"1 of 10 jobs failed .*\nstub/4: RuntimeError: no such thing"):
        complete(jobs, OnRay(stub, Resources()), kept, "stubs", quiet=True)
    assert len(kept.done([job.id for job in jobs])) == 9


def test_a_model_without_the_plans_sites(core, two_nodes, capsys):
    """A family whose sites are not known is refused before any job; so is another experiment's folder."""
    plan = core.compare(MODELS["bert"], *PLAN, "--export", str(core.folder / "plan.json"))
    albert, out = core.folder / "albert", core.folder / "out.json"
    AlbertForMaskedLM(
        AlbertConfig(
            vocab_size=160,
            embedding_size=8,
            hidden_size=16,
            num_attention_heads=2,
            intermediate_size=32,
            num_hidden_layers=2,
        )
    ).save_pretrained(albert)
    (albert / "tokenizer.json").write_bytes((MODELS["bert"] / "tokenizer.json").read_bytes())
    for address in ("serial", two_nodes.address):
        assert main(command(plan, out, address, albert)) == 1
        assert "got 'albert'; its dropout sites are not known" in capsys.readouterr().err
        assert not out.with_suffix(".jobs").exists()
    Store(out.with_suffix(".jobs"), {"plan": "another"})
    assert main(command(plan, out, "serial")) == 1
    assert "got those of another one (other plan" in capsys.readouterr().err
