"""All jobs of a plan: as Ray Core tasks, one a job, or one after the other in this process.

Ray does what it is good at: placing tasks, retrying those whose node or worker is lost (`max_retries`), moving plan and model to nodes, the dashboard. This module submits
as many jobs as the cluster can run and as many again, keeps each result as it comes (:mod:`guided_dropout.store`), and skips what is kept.

A run that diverges is a result. A job that raises is not retried: it would raise again. The others go on, and the failures are reported at the end.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .plan import Job, Plan
from .run import Bench
from .store import Store

Perform = Callable[[Job], dict]
"""Runs a job where it is called and gives its result."""


class JobsFailed(RuntimeError):
    """Some jobs raised; results of the others are kept."""


@dataclass(frozen=True)
class Resources:
    """What one job takes of the cluster."""

    cpus: int = 1
    gpus: float = 0.0
    max_retries: int = 3
    """How often a job is begun again whose node or worker was lost."""

    @property
    def device(self) -> str:
        """The torch device of a job."""
        return "cuda" if self.gpus else "cpu"

    def slots(self, cluster: dict[str, float]) -> int:
        """Jobs that a cluster with these resources runs at once."""
        by_cpu = cluster.get("CPU", 0) / self.cpus if self.cpus else float("inf")
        return int(min(by_cpu, cluster.get("GPU", 0) / self.gpus if self.gpus else by_cpu))


@dataclass
class Serial:
    """Jobs one after the other in this process."""

    perform: Perform

    def results(self, jobs: Iterable[Job]) -> Iterable[tuple[Job, dict | Exception]]:
        """Each job with its result, or with what it raised."""
        for job in jobs:
            try:
                yield job, self.perform(job)
            except Exception as error:  # reported with the job's name, as of a task on another node
                yield job, error


@dataclass
class OnRay:
    """Jobs as tasks of the cluster that `ray.init` has connected to."""

    function: Callable[..., dict]
    """Called with `shared`, resolved, and a job."""
    resources: Resources
    shared: tuple[Any, ...] = ()
    """References of `ray.put`, in a tuple so that a worker fetches them only where it has to."""
    _pending: dict = field(default_factory=dict)

    def results(self, jobs: Iterable[Job]) -> Iterable[tuple[Job, dict | Exception]]:
        """Each job with its result, or with what it raised; in the order in which they finish."""
        import ray

        left = iter(jobs)
        r = self.resources
        task = ray.remote(self.function).options(
            num_cpus=r.cpus, num_gpus=r.gpus, max_retries=r.max_retries, retry_exceptions=False
        )
        exhausted, window, asked = False, 0, 0
        while True:
            if asked % 256 == 0 or window == 0:  # nodes come and go
                window = max(2 * r.slots(ray.cluster_resources()), 2)
            asked += 1
            while not exhausted and len(self._pending) < window:
                job = next(left, None)
                exhausted = job is None
                if job is not None:
                    self._pending[task.remote(self.shared, job)] = job
            if not self._pending:
                return
            ready, _ = ray.wait(list(self._pending), num_returns=1, timeout=30.0)
            for reference in ready:
                job = self._pending.pop(reference)
                try:
                    yield job, ray.get(reference)
                except ray.exceptions.RayError as error:
                    yield job, error

    def cancel(self) -> None:
        """Takes back what is submitted and not finished."""
        import ray

        for reference in self._pending:
            ray.cancel(reference, force=True)
        self._pending.clear()


def complete(
    jobs: list[Job],
    executor: Serial | OnRay,
    store: Store,
    title: str,
    weight: Callable[[Job], int] = lambda _: 1,
    quiet: bool = False,
) -> dict[str, dict]:
    """Results of all `jobs`, by id: those that the store has, and the others computed and kept. `weight` is a job's share of the progress.

    Raises JobsFailed at the end where jobs raised, and OSError at once where a result cannot be written; in both cases the same call resumes.
    """
    done = store.done([job.id for job in jobs])
    failures: list[str] = []
    with tqdm(
        total=sum(map(weight, jobs)), desc=title, unit="step", disable=quiet, mininterval=1.0, smoothing=0.05
    ) as progress:
        progress.update(sum(weight(job) for job in jobs if job.id in done))
        for job, result in executor.results(job for job in jobs if job.id not in done):
            if isinstance(result, Exception):
                failures.append(f"{job.id}: {_cause(result)}")
                progress.write(f"failed: {failures[-1]}")
                continue
            try:
                store.keep(result)
            except OSError as error:
                if isinstance(executor, OnRay):
                    executor.cancel()
                raise OSError(
                    error.errno,
                    f"{store.folder}: {os.strerror(error.errno or 0)}; {len(done)} finished jobs are kept, and the same command resumes",
                ) from error
            done[job.id] = result
            progress.update(weight(job))
    if failures:
        raise JobsFailed(
            f"{len(failures)} of {len(jobs)} jobs failed and the others are kept; the same command tries these again:\n"
            + "\n".join(failures)
        )
    return done


def _cause(error: Exception) -> str:
    """What a task raised, without Ray's traceback."""
    cause = getattr(error, "cause", None) or error
    return f"{type(cause).__name__}: {str(cause).splitlines()[-1] if str(cause) else 'no message'}"


@dataclass(frozen=True)
class Work:
    """What every job of an experiment shares."""

    plan: bytes
    model: str | dict[str, bytes]
    """A name that transformers resolves, or a folder's files."""
    name: str
    """The model's name in results."""
    device: str
    threads: int

    @classmethod
    def of(cls, plan: bytes, source: str, resources: Resources) -> Work:
        """A model's folder is read, so that nodes need no file system in common."""
        folder = Path(source)
        files = (
            {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
            if folder.is_dir()
            else source
        )
        return cls(
            plan, files, folder.resolve().name if folder.is_dir() else source, resources.device, max(resources.cpus, 1)
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the model's files, or of its name."""
        if isinstance(self.model, str):
            return hashlib.sha256(self.model.encode()).hexdigest()
        total = hashlib.sha256()
        for name, content in self.model.items():
            total.update(f"{name}\0{len(content)}\0".encode() + content)
        return total.hexdigest()

    def source(self) -> str:
        """What transformers opens on this node: the name, or a folder with the files, written once for all workers."""
        if isinstance(self.model, str):
            return self.model
        folder = Path(tempfile.gettempdir()) / f"guided-dropout-{os.getuid()}" / self.digest / self.name
        if not folder.exists():
            folder.parent.parent.mkdir(mode=0o700, exist_ok=True)
            folder.parent.mkdir(exist_ok=True)
            beside = Path(tempfile.mkdtemp(dir=folder.parent))
            for name, content in self.model.items():
                (beside / name).write_bytes(content)
            try:
                beside.rename(folder)
            except OSError:  # another worker of this node was first
                if not folder.exists():
                    raise
        return str(folder)

    def bench(self) -> Bench:
        """Plan and model, ready for jobs."""
        return Bench(Plan(self.plan), self.source(), self.device, self.threads)


_benches: dict[str, Bench] = {}


def bench_of(key: str, work: Callable[[], Work]) -> Bench:
    """This process's plan and model: a worker of Ray keeps them from job to job. Only the latest is kept."""
    if key not in _benches:
        _benches.clear()
        _benches[key] = work().bench()
    return _benches[key]


def perform(shared: tuple, job: Job) -> dict:
    """A task: `shared` is a key, a reference to :class:`Work`, and the guided rates."""
    import ray

    key, work, guided = shared
    return bench_of(key, lambda: ray.get(work)).perform(job, guided)


def facts(shared: tuple) -> dict:
    """A task: whether the model fits the plan, and what results say of it; with the device's name."""
    import ray
    import torch

    key, work, _ = shared
    found = bench_of(key, lambda: ray.get(work)).facts()
    return found | {
        "adapter": torch.cuda.get_device_name() if torch.cuda.is_available() else f"torch {torch.__version__}"
    }
