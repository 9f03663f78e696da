"""Keras 2.3.1's example programs, run as they are for one short epoch: seconds of CPU on kjax and on TensorFlow 1.15.

    python benchmarks/programs.py                       # all that need no download, in half an hour
    python benchmarks/programs.py mnist_mlp imdb_cnn    # these

What a program costs from its start to its end: imports, building, compiling (nothing is kept on disk), training.
`short.py` makes it short, and makes up its data.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

import environments  # noqa: E402
from clients import keras2_suite  # noqa: E402

# They need texts, pictures or weights, which can't be made up.
_LEFT_OUT = {
    "babi_memnn",
    "babi_rnn",
    "class_activation_maps",
    "deep_dream",
    "image_ocr",
    "lstm_seq2seq_restore",
    "neural_doodle",
    "neural_style_transfer",
    "pretrained_word_embeddings",
}
_PEERS = {"tf": ("keras2", []), "kjax": ("keras2-kjax", ["-m", "kjax", "run"])}
_LIMIT = 600


def programs():
    """The names of the programs."""
    names = sorted(path.stem for path in (keras2_suite.SOURCE / "examples").glob("*.py"))
    return [name for name in names if name not in _LEFT_OUT]


def measured(name, peer):
    """Seconds of CPU and of the clock that a program takes; the end of its messages if it fails."""
    environment, how = _PEERS[peer]
    command = [environments.python_of(environment), *how, str(HERE / "short.py")]
    variables = {**environments.variables(), "KJAX_CACHE": "0"}
    with tempfile.TemporaryDirectory() as folder:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        try:
            done = subprocess.run(
                [*command, str(keras2_suite.SOURCE / "examples" / f"{name}.py")],
                cwd=folder,
                env=variables,
                capture_output=True,
                text=True,
                timeout=_LIMIT,
            )
            failure = done.stderr.strip()[-300:] if done.returncode else None
        except subprocess.TimeoutExpired:
            failure = f"took more than {_LIMIT} s"
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": round(cpu, 1), "seconds": round(time.perf_counter() - start, 1), "failure": failure}


def table(results):
    """The results as text in Markdown."""
    rows = ["| program | kjax | TF 1.15 | kjax / TF |", "| --- | ---: | ---: | ---: |"]
    total = {"kjax": 0.0, "tf": 0.0}
    failed = []
    for name, result in results.items():
        wrong = [f"{peer}: {result[peer]['failure'].splitlines()[-1]}" for peer in _PEERS if result[peer]["failure"]]
        if wrong:
            failed.append(f"- {name}: {'; '.join(wrong)}")
            continue
        ours, theirs = result["kjax"]["cpu"], result["tf"]["cpu"]
        total["kjax"], total["tf"] = total["kjax"] + ours, total["tf"] + theirs
        rows.append(f"| {name} | {ours} s | {theirs} s | {ours / theirs:.2f} |")
    if total["tf"]:
        rows.append(f"| all | {total['kjax']:.0f} s | {total['tf']:.0f} s | {total['kjax'] / total['tf']:.2f} |")
    about = "Seconds of CPU of whole programs, for one short epoch on data made up; no compiled program was on disk."
    return "\n".join(["# Keras 2.3.1's example programs", "", about, "", *rows, "", *failed, ""])


def main():
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="*", help="their names (default: all)")
    parser.add_argument("--results", type=Path, default=HERE / "results", help="where the results go")
    options = parser.parse_args()
    for environment, _ in _PEERS.values():
        reason = environments.make(environment)
        if reason:
            sys.exit(f"{environment}: {reason}")
    keras2_suite.fetch()
    known = options.results / "programs.json"
    results = json.loads(known.read_text()) if options.programs and known.exists() else {}
    for name in options.programs or programs():
        results[name] = {peer: measured(name, peer) for peer in _PEERS}
        print(name, *(f"{peer} {result['cpu']} s" for peer, result in results[name].items()), flush=True)
        options.results.mkdir(parents=True, exist_ok=True)
        known.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
        (options.results / "programs.md").write_text(table(dict(sorted(results.items()))))


if __name__ == "__main__":
    main()
