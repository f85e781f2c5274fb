"""`guided-dropout-cluster`: a plan in, results.json out.

Exit codes: 0 done, 1 failed, 2 a mistake in the command line. What is on disk is valid at every moment, and the same command resumes.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from . import results
from .driver import JobsFailed, OnRay, Resources, Serial, Work, bench_of, complete, facts, perform
from .plan import Job, Plan
from .schedule import Rates
from .store import Store, replace

SERIAL = "serial"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    main = argparse.ArgumentParser(prog="guided-dropout-cluster", description=__doc__.splitlines()[0])
    command = main.add_subparsers(required=True, metavar="run").add_parser("run", help="run a plan on a Ray cluster")
    command.add_argument("plan", metavar="PLAN", type=Path, help="written by `guided-dropout compare … --export PLAN`")
    command.add_argument(
        "--model",
        required=True,
        metavar="NAME_OR_FOLDER",
        help="a folder with config.json, model.safetensors and tokenizer.json, or a name that transformers resolves",
    )
    command.add_argument(
        "--address",
        default="local",
        help="local: a cluster on this machine; auto: the one that runs here; ray://HOST:PORT; serial: this process alone (default: %(default)s)",
    )
    command.add_argument(
        "--out",
        type=Path,
        default=Path("results.json"),
        help="where results go; finished jobs are kept beside it, in OUT.jobs (default: %(default)s)",
    )
    command.add_argument(
        "--cpus-per-job", type=int, default=1, metavar="N", help="CPUs, and threads, of a job (default: %(default)s)"
    )
    command.add_argument(
        "--gpus-per-job",
        type=float,
        default=0.0,
        metavar="X",
        help="GPUs of a job; a part lets jobs share one (default: %(default)s)",
    )
    command.add_argument(
        "--max-retries",
        type=int,
        default=3,
        metavar="N",
        help="how often a job is begun again whose node was lost (default: %(default)s)",
    )
    command.add_argument(
        "--ship-code", action="store_true", help="send this package to the nodes, where it is not installed"
    )
    command.add_argument("--dry-run", action="store_true", help="check plan and model, print the jobs, and run none")
    return main


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line."""
    options = parser().parse_args(arguments)
    try:
        return run(options)
    except (ValueError, OSError, JobsFailed) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def run(options: argparse.Namespace) -> int:
    """Checks, runs what is left, and writes results."""
    plan_bytes = options.plan.read_bytes()
    plan = Plan(plan_bytes, str(options.plan))
    resources = Resources(options.cpus_per_job, options.gpus_per_job, options.max_retries)
    work = Work.of(plan_bytes, options.model, resources)
    key = f"{plan.digest}/{work.digest}/{work.device}"
    if options.dry_run:
        return describe(plan, work, options)
    cluster = Cluster(options, resources, key, work) if options.address != SERIAL else InProcess(key, work)
    try:
        found = cluster.facts()
        store = Store(
            options.out.with_suffix(".jobs"), {"plan": plan.digest, "model": work.digest, "device": work.device}
        )
        of_fisher = complete(
            plan.fisher_jobs(), cluster.executor(None), store, "Fisher information", lambda job: job.last - job.first
        )
        estimated = results.estimate(found, list(of_fisher.values()))
        guided = results.guided_rates(plan, found, estimated)
        runs = complete(plan.run_jobs(), cluster.executor(guided), store, "runs", lambda job: steps(plan, job))
    finally:
        cluster.close()
    device = {"kind": f"ray/{work.device}", "adapter": found["adapter"]}
    document = results.assemble(plan, found, device, estimated, list(runs.values()))
    replace(options.out, json.dumps(document, indent=1) + "\n")
    for lost in document["diverged"]:
        print(
            f"diverged: {lost['arm']}, seed {lost['seed']}, fraction {lost['fraction']:g}: {lost['what']} at step {lost['step']}",
            file=sys.stderr,
        )
    print(
        f"{len(document['runs'])} runs, written to {options.out}; `guided-dropout judge {options.out}` gives the verdict"
    )
    return 0


def steps(plan: Plan, job: Job) -> int:
    """Optimisation steps of a run."""
    return plan.recipe(job.arm, job.fraction).steps(len(plan.rows(job.seed, job.fraction)))


class InProcess:
    """No cluster: every job in this process."""

    def __init__(self, key: str, work: Work) -> None:
        self._bench = bench_of(key, lambda: work)

    def facts(self) -> dict:
        """See :meth:`guided_dropout.run.Bench.facts`."""
        import torch

        return self._bench.facts() | {"adapter": f"torch {torch.__version__}"}

    def executor(self, guided: Rates | None) -> Serial:
        """For jobs with these guided rates."""
        return Serial(lambda job: self._bench.perform(job, guided))

    def close(self) -> None:
        """Nothing is open."""


class Cluster:
    """A connection to Ray, with plan and model in its object store."""

    def __init__(self, options: argparse.Namespace, resources: Resources, key: str, work: Work) -> None:
        import ray

        environment = {"py_modules": [str(Path(__file__).parent)]} if options.ship_code else None
        ray.init(address=options.address, runtime_env=environment, log_to_driver=False, logging_level="warning")
        self._resources, self._key, self._work = resources, key, ray.put(work)

    def facts(self) -> dict:
        """As a node sees the model. Raises what the node raised."""
        import ray

        r = self._resources
        task = ray.remote(facts).options(num_cpus=r.cpus, num_gpus=r.gpus, max_retries=r.max_retries)
        try:
            return ray.get(task.remote((self._key, self._work, None)))
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None

    def executor(self, guided: Rates | None) -> OnRay:
        """For jobs with these guided rates."""
        return OnRay(perform, self._resources, (self._key, self._work, guided))

    def close(self) -> None:
        """Disconnects."""
        import ray

        ray.shutdown()


def describe(plan: Plan, work: Work, options: argparse.Namespace) -> int:
    """`--dry-run`: the plan's jobs, and whether the model fits it."""
    found = work.bench().facts()
    config, runs, shards = plan.config, plan.run_jobs(), plan.fisher_jobs()
    folder = options.out.with_suffix(".jobs")
    kept = sum((folder / f"{job.id.replace('/', '_')}.json").exists() for job in shards + runs)
    print(
        f"data      {plan.dataset['name']}: {plan.dataset['rows']} rows, {plan.task}, {plan.dataset['train_rows']} to train on, {plan.dataset['test_rows']} to test on"
    )
    print(
        f"model     {found['model']['name']}: {found['model']['parameters']:,} parameters, {len(found['sites'])} dropout sites, all found by name"
    )
    print(f"arms      {', '.join(config['arms'])}")
    print(f"seeds     {len(config['seeds'])}; fractions {', '.join(f'{f:g}' for f in config['fractions'])}")
    print(
        f"jobs      {len(shards)} of Fisher information ({len(plan.fisher_texts) if shards else 0} texts), {len(runs)} runs, {sum(steps(plan, job) for job in runs):,} steps; {kept} finished"
    )
    print(f"each      {options.cpus_per_job} CPUs, {options.gpus_per_job:g} GPUs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
