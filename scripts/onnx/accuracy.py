"""What weights in int8 cost: accuracy, size and time of exported ONNX files in onnxruntime, beside the file in f32 and beside dynamic int8.

    python scripts/onnx/accuracy.py target/release/guided-dropout TRAIN TEST --rows 1000 --seeds 1,2,3

Fine-tunes the built-in model on the first rows of TRAIN (a TSV file of text and label), once for each seed, and predicts TEST. Prints a line for each seed:
accuracy in f32, and by how many points int8 weights (`onnx/model_quantized.onnx`) and onnxruntime's own `quantize_dynamic` differ from it; predictions that
change; sizes in MB; milliseconds a text, one at a time on one thread, the fastest of three passes. Needs scripts/onnx/requirements.txt.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

TIMED = 100


def rows_of(path: Path) -> list[tuple[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def session_of(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def predict(session: onnxruntime.InferenceSession, encodings: list) -> np.ndarray:
    def feeds(encoding) -> dict[str, np.ndarray]:
        ids = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        return {it.name: np.array([ids[it.name]], np.int64) for it in session.get_inputs()}

    return np.array([session.run(["logits"], feeds(encoding))[0][0].argmax() for encoding in encodings])


def milliseconds(session: onnxruntime.InferenceSession, encodings: list) -> float:
    def once() -> float:
        began = time.perf_counter()
        predict(session, encodings)
        return 1e3 * (time.perf_counter() - began) / len(encodings)

    return min(once() for _ in range(3))


def train(arguments: argparse.Namespace, seed: str, folder: Path) -> Path:
    """The folder with the ONNX files of a model that was fine-tuned with this seed."""
    rows = folder / "rows.tsv"
    lines = arguments.train.read_text(encoding="utf-8").splitlines(keepends=True)
    rows.write_text("".join(lines[: arguments.rows + 1]), encoding="utf-8")
    out = folder / "results.json"
    files = [rows, "--test-file", arguments.test, "--model", arguments.model, "--out", out, "--save-models"]
    recipe = ["--arms", "standard", "--seeds", f"{seed},", "--epochs", str(arguments.epochs)]
    recipe += ["--max-tokens", str(arguments.max_tokens)]
    subprocess.run([arguments.program, "compare", *files, *recipe], check=True, stdout=subprocess.DEVNULL)
    exported = folder / "exported"
    model = folder / "results.models" / "standard"
    subprocess.run([arguments.program, "export", model, "--out", exported], check=True, stdout=subprocess.DEVNULL)
    return exported


def measure(arguments: argparse.Namespace, seed: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        exported = train(arguments, seed, Path(temporary))
        full, rounded = exported / "onnx" / "model.onnx", exported / "onnx" / "model_quantized.onnx"
        dynamic = exported / "onnx" / "dynamic.onnx"
        quantize_dynamic(full, dynamic, per_channel=True, weight_type=QuantType.QInt8)
        labels = json.loads((exported / "config.json").read_text())["label2id"]
        rows = rows_of(arguments.test)
        truth = np.array([labels[label] for _, label in rows])
        tokenizer = Tokenizer.from_file(str(exported / "tokenizer.json"))
        tokenizer.enable_truncation(arguments.max_tokens)
        tokenizer.no_padding()
        encodings = [tokenizer.encode(text) for text, _ in rows]
        sessions = [session_of(path) for path in (full, rounded, dynamic)]
        found = [predict(session, encodings) for session in sessions]
        scores = [100 * float((it == truth).mean()) for it in found]
        changed = [int((it != found[0]).sum()) for it in found]
        sizes = [path.stat().st_size / 1e6 for path in (full, rounded, dynamic)]
        times = [milliseconds(session, encodings[:TIMED]) for session in sessions]
        print(
            f"{arguments.test.parent.name}, seed {seed}, {len(rows)} rows: f32 {scores[0]:.2f} %, {sizes[0]:.1f} MB, {times[0]:.2f} ms; "
            f"int8 weights {scores[1] - scores[0]:+.2f}, {changed[1]} changed, {sizes[1]:.1f} MB, {times[1]:.2f} ms; "
            f"dynamic {scores[2] - scores[0]:+.2f}, {changed[2]} changed, {sizes[2]:.1f} MB, {times[2]:.2f} ms",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--model", default="www/data/models/mini-4x256")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--seeds", default="1,2,3")
    arguments = parser.parse_args()
    print(f"onnxruntime {onnxruntime.__version__}, Python {sys.version.split()[0]}")
    for seed in arguments.seeds.split(","):
        measure(arguments, seed)


if __name__ == "__main__":
    main()
