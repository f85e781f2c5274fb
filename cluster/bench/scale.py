"""The driver on jobs that compute nothing: what its own work costs.

    python cluster/bench/scale.py 10 1000 10000      # on a cluster of this machine; --address auto for another

Per line: jobs, seconds, jobs per second, the driver's largest memory, files, their size on disk, and seconds of a resumption that finds all of them done.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import ray
from guided_dropout.driver import OnRay, Resources, complete
from guided_dropout.plan import Job
from guided_dropout.store import Store

STEPS = 60
"""Step losses in each result: a run of 60 steps, some 3 kB as JSON."""


def stub(shared: tuple, job: Job) -> dict:
    """A result as large as that of a short run."""
    return {
        "job": job.id,
        "run": {
            "arm": job.arm,
            "seed": job.seed,
            "fraction": 1.0,
            "steps": [{"step": i + 1, "loss": 0.693147 + i / 7} for i in range(STEPS)],
        },
    }


def measure(count: int, folder: Path) -> str:
    """One line of the table."""
    jobs = [Job(f"run/standard/{i}/1", "run", arm="standard", seed=i) for i in range(count)]
    store = Store(folder, {"plan": str(count)})
    seconds = []
    for _ in range(2):
        began = time.monotonic()
        assert len(complete(jobs, OnRay(stub, Resources()), store, f"{count} jobs")) == count
        seconds.append(time.monotonic() - began)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    files = list(folder.iterdir())
    size = sum(file.stat().st_blocks for file in files) * 512 / 2**20
    return f"| {count:,} | {seconds[0]:.1f} | {count / seconds[0]:.0f} | {memory:.0f} | {len(files):,} | {size:.1f} | {seconds[1]:.2f} |"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("jobs", type=int, nargs="+")
    parser.add_argument("--address", default="local")
    options = parser.parse_args()
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    ray.init(address=options.address, log_to_driver=False, logging_level="warning")
    ray.get(ray.remote(lambda: None).remote())  # a worker is up
    print("| jobs | s | jobs/s | driver, MiB | files | MiB on disk | resume, s |\n|---|---|---|---|---|---|---|")
    for count in options.jobs:
        with tempfile.TemporaryDirectory() as folder:
            print(measure(count, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
