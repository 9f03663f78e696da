"""Runs the examples as a user does, and keeps what they made for the gallery: `make gallery`.

For each example a picture (`docs/gallery/NAME.webp`, or `.svg`) and an entry of `docs/gallery/runs.json`: how long it
ran, the last lines it printed, and on what. `hooks.py` makes the pages of them.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time

from PIL import Image

ROOT = pathlib.Path(__file__).parents[1]
GALLERY = ROOT / "docs" / "gallery"
WIDTH = 960  # of pictures, in pixels
# Lines that tell a result: not those of progress bars and of tables of layers.
RESULT = re.compile(r"^(?!Epoch|Train on|[_=]+$)(?!.*params: )(?!\s*\d+/\d+ ).*\S")
PACKAGES = ("kjax", "jax", "numpy", "keras", "optax", "scikit-learn", "matplotlib")


def examples():
    """The paths of the examples."""
    return sorted((ROOT / "examples").rglob("*.py"))


def run(path):
    """Run an example in an empty folder, without programs compiled before; keep its picture; return its entry."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "kjax", "run", str(path)]
        environment = {**os.environ, "KJAX_CACHE": "0"}
        before, start = _processor_time(), time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        seconds, processor = time.perf_counter() - start, _processor_time() - before
        if done.returncode:
            raise SystemExit(f"{path.name} failed:\n{done.stderr}")
        lines = [re.sub(r".*[\r\b]", "", line) for line in done.stdout.splitlines()]
        told = [line for line in lines if line.strip() and not line.startswith("picture: ")]
        return {
            "seconds": round(seconds, 1),
            "processor_seconds": round(processor, 1),
            "output": [line for line in told if RESULT.search(line)][-4:],
            "picture": _keep(path.stem, pathlib.Path(folder)),
        }


def _processor_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _keep(name, folder):
    """Write the picture that an example made into the gallery; return its file's name, None for no picture."""
    for made in sorted(folder.rglob("*.png")):
        with Image.open(made) as image:
            image.thumbnail((WIDTH, WIDTH))
            image.convert("RGB").save(GALLERY / f"{name}.webp", quality=82, method=6)
        return f"{name}.webp"
    for made in sorted(folder.rglob("*.svg")):
        (GALLERY / f"{name}.svg").write_bytes(made.read_bytes())
        return f"{name}.svg"
    return None


def main():
    """The whole of it, or the examples that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="examples to run (default: all)")
    names = parser.parse_args().names
    GALLERY.mkdir(exist_ok=True)
    record = GALLERY / "runs.json"
    runs = json.loads(record.read_text(encoding="utf-8"))["runs"] if record.exists() else {}
    about = {
        "date": datetime.date.today().isoformat(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "versions": {"Python": platform.python_version(), **{p: importlib.metadata.version(p) for p in PACKAGES}},
    }
    for path in examples():
        if not names or path.stem in names:
            runs[path.stem] = {**run(path), **about}
            print(f"{path.stem}: {runs[path.stem]['seconds']} s", flush=True)
            text = json.dumps({"runs": dict(sorted(runs.items()))}, indent=1, ensure_ascii=False)
            record.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
