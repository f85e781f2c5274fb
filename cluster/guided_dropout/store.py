"""Finished jobs on disk, one file each, from which an interrupted experiment resumes.

A result is written beside its place, flushed, and renamed: a job is there whole or not at all. `experiment.json` says which plan and model the folder is of.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

IDENTITY = "experiment.json"


class Store:
    """The results of an experiment's jobs, by the job's id."""

    def __init__(self, folder: Path, identity: dict) -> None:
        """Opens or begins a folder. Raises ValueError where it is of another experiment."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / IDENTITY
        if not path.exists():
            replace(path, json.dumps(identity))
        found = json.loads(path.read_text("utf-8"))
        if found != identity:
            other = [key for key in identity if found.get(key) != identity[key]]
            raise ValueError(
                f"{folder}: expected finished jobs of this experiment, got those of another one (other {', '.join(other)}): give another --out, or remove the folder"
            )

    def _path(self, job: str) -> Path:
        return self.folder / f"{job.replace('/', '_')}.json"

    def done(self, jobs: list[str]) -> dict[str, dict]:
        """The results that are there, of these jobs."""
        names = set(os.listdir(self.folder))
        return {job: self._read(job) for job in jobs if self._path(job).name in names}

    def _read(self, job: str) -> dict:
        result = json.loads(self._path(job).read_text("utf-8"))
        if result.get("job") != job:
            raise ValueError(
                f"{self._path(job)}: expected the result of {job}, got that of {result.get('job')}: remove the file"
            )
        return result

    def keep(self, result: dict) -> None:
        """Writes a job's result. Raises OSError where the disk is full; what was kept before stays as it is."""
        replace(self._path(result["job"]), json.dumps(result))


def replace(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # the rename must not reach the disk before the bytes do
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
