"""The ONNX files of `guided-dropout export` in onnxruntime, beside the logits of the same model in `guided-dropout logits`.

    python scripts/onnx/check.py target/release/guided-dropout MODEL...

Each folder holds a fine-tuned model. Texts are computed one by one and all at once, the shorter ones padded. Ends with 1 where a logit of the f32
file differs by more than 1e-4. `make onnx` runs it on the tiny models of all families. Needs scripts/onnx/requirements.txt.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

BOUND = 1e-4
TEXTS = ["The old dog ran home.", "x", "Who ran? 240 trees, and a good story of boats on the cold water."]
SECOND_TEXTS = ["A dog came home.", "the water", "y"]


def feeds(session: onnxruntime.InferenceSession, rows: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """Ids and type ids of texts as rectangles, padded at the end: by id 0, which no token may attend to."""
    longest = max(len(ids) for ids, _ in rows)

    def padded(values: list[np.ndarray]) -> np.ndarray:
        return np.stack([np.pad(row, (0, longest - len(row))) for row in values])

    inputs = {
        "input_ids": padded([ids for ids, _ in rows]),
        "attention_mask": padded([np.ones(len(ids), np.int64) for ids, _ in rows]),
        "token_type_ids": padded([types for _, types in rows]),
    }
    return {it.name: inputs[it.name] for it in session.get_inputs()}


def differences(program: str, model: Path, pairs: bool) -> dict[str, float]:
    """The largest difference of a logit, by file; and of the f32 file with all texts at once."""
    with tempfile.TemporaryDirectory() as temporary:
        folder, out = Path(temporary) / "exported", Path(temporary) / "logits.safetensors"
        subprocess.run([program, "export", model, "--out", folder], check=True, capture_output=True)
        texts = [word for text in TEXTS for word in ("--text", text)]
        seconds = [word for text in SECOND_TEXTS for word in ("--pair", text)] if pairs else []
        subprocess.run([program, "logits", model, "--out", out, *texts, *seconds], check=True, capture_output=True)
        ours = load_file(out)
        rows = [(ours[f"ids.{i}"], ours[f"type_ids.{i}"]) for i in range(len(TEXTS))]
        expected = np.stack([ours[f"classifier.{i}"] for i in range(len(TEXTS))])
        found = {}
        for file in ["model.onnx", "model_quantized.onnx"]:
            onnx.checker.check_model(str(folder / "onnx" / file), full_check=True)
            session = onnxruntime.InferenceSession(folder / "onnx" / file, providers=["CPUExecutionProvider"])
            alone = np.concatenate([session.run(["logits"], feeds(session, [row]))[0] for row in rows])
            (together,) = session.run(["logits"], feeds(session, rows))
            found[file] = float(np.abs(alone - expected).max())
            found[f"{file}, padded"] = float(np.abs(together - expected).max())
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("models", nargs="+", type=Path)
    arguments = parser.parse_args()
    print(f"onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}; largest difference of a logit")
    worst = 0.0
    for model in arguments.models:
        for pairs in [False, True]:
            found = differences(arguments.program, model, pairs)
            kind = "pairs" if pairs else "texts"
            print(f"{model.name}, {kind}: " + "; ".join(f"{name} {value:.1e}" for name, value in found.items()))
            worst = max(worst, *(value for name, value in found.items() if name.startswith("model.onnx")))
    if not worst <= BOUND:
        raise SystemExit(f"expected differences up to {BOUND}, got {worst}")


if __name__ == "__main__":
    main()
