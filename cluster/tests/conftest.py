"""The core's binary and fixtures, for tests that hold this package against the core."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
BINARY = Path(os.environ.get("GUIDED_DROPOUT", ROOT / "target" / "release" / "guided-dropout"))
MODELS = {"bert": FIXTURES / "tiny_bert"} | {
    name: FIXTURES / "families" / name for name in ("distilbert", "electra", "gpt2", "modernbert", "roberta")
}

os.environ["OMP_NUM_THREADS"] = "1"  # bits depend on the number of threads
os.environ["HF_HUB_OFFLINE"] = "1"


class Core:
    """The core's program on made-up rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        river = [
            f"the river and the boat {i} at night,water\na word on the board {i} was good,school\n" for i in range(20)
        ]
        (folder / "rows.csv").write_text("text,label\n" + "".join(river))
        scores = [
            f"the old dog {i} ran home,the {'dog' if i % 3 else 'music'} ran,{(i * 7) % 11 / 10}\n" for i in range(40)
        ]
        (folder / "scores.csv").write_text("text,second,score\n" + "".join(scores))
        (folder / "prose.txt").write_text(
            "".join(f"the cat sat on the mat {i} and looked at the cold rain\n" for i in range(30))
        )

    def compare(self, model: Path, *options: str, rows: str = "rows.csv") -> Path:
        """`compare` with these options; the file that it writes."""
        out = self.folder / f"{model.name}-{len(list(self.folder.iterdir()))}.json"
        command = [
            BINARY,
            "compare",
            self.folder / rows,
            "--model",
            model,
            "--prose",
            self.folder / "prose.txt",
            "--out",
            out,
            *options,
        ]
        if "--export" in options:
            out = Path(options[options.index("--export") + 1])
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return out

    def plan_and_results(self, model: Path, *options: str, rows: str = "rows.csv") -> tuple[Path, dict]:
        """A plan, and the core's own results of it."""
        plan = self.compare(
            model, *options, "--export", str(self.folder / f"plan-{len(list(self.folder.iterdir()))}.json"), rows=rows
        )
        return plan, json.loads(self.compare(model, *options, rows=rows).read_text())


@pytest.fixture
def core(tmp_path: Path) -> Core:
    """The core, in a folder of its own."""
    assert BINARY.exists(), f"{BINARY}: expected the core's program, built by `cargo build --release --features cli`"
    return Core(tmp_path)
