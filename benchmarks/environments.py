"""The Python environments of the peers: made with pip where they are missing.

python benchmarks/environments.py [--environments DIR]
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEFAULT = HERE.parent / ".venv-bench"

# What Keras's example programs import (`programs.py`).
_OF_PROGRAMS = ["matplotlib", "pandas", "pillow", "scikit-learn", "scipy"]

# Framework: its Python, and the packages to install.
PEERS = {
    "tf-keras": ("3.11", ["tf-keras==2.21.0"]),
    "keras3": ("3.11", ["keras==3.15.1", "jax==0.10.2"]),
    "torch": ("3.11", ["torch==2.13.0", "numpy"]),
    "tf22": ("3.8", ["tensorflow==2.2.0", "protobuf<3.21", "numpy<1.20"]),
    "keras2-kjax": (
        "3.11",
        ["-c", str(HERE.parent / "constraints.txt"), "keras==2.3.1", "-e", str(HERE.parent), *_OF_PROGRAMS],
    ),
    "keras2": ("3.7", ["keras==2.3.1", "tensorflow==1.15.5", "protobuf<3.21", "numpy<1.19", "h5py<3", *_OF_PROGRAMS]),
}
# These run in the environment of the suite itself, or of another.
SHARED = {"kjax": None, "jax": None, "numpy": None, "keras2-kjax-warm": "keras2-kjax"}


def python_of(peer, folder=DEFAULT):
    """The interpreter that has `peer`; None if there is none."""
    peer = SHARED.get(peer, peer)
    if peer is None:
        return sys.executable
    python = folder / peer / "bin" / "python"
    return str(python) if python.exists() else None


def _interpreter(version):
    """A Python of that version: the running one, one on the path, or one of pyenv's."""
    if sys.version.startswith(version + "."):
        return sys.executable
    found = shutil.which(f"python{version}")
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    candidates = [*([found] if found else []), *map(str, pyenv)]
    # A shim of pyenv's may be there without the version behind it.
    return next((c for c in candidates if subprocess.run([c, "-c", ""], capture_output=True).returncode == 0), None)


def variables():
    """The environment variables of what is measured: modules are compiled already, as installed ones are; no GPU."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    return {**kept, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}


def make(peer, folder=DEFAULT):
    """Make the environment of `peer` unless it is there; the reason why it can't be had, or None."""
    if python_of(peer, folder):
        return None
    version, packages = PEERS[peer]
    python = _interpreter(version)
    if python is None:
        return f"no Python {version} was found"
    print(f"making the environment of {peer} ({' '.join(packages)})", flush=True)
    target, unfinished = folder / peer, folder / f"{peer}-unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    steps = (
        [python, "-m", "venv", str(unfinished)],
        [str(unfinished / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages],
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True)
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            return f"{' '.join(packages)} can't be installed: {lines[-1] if lines else done.returncode}"
    unfinished.rename(target)  # only scripts name their place, and none is used
    return None


def main():
    """Make all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environments", type=Path, default=DEFAULT, metavar="DIR", help="where they are")
    folder = parser.parse_args().environments
    folder.mkdir(parents=True, exist_ok=True)
    for peer in PEERS:
        problem = make(peer, folder)
        print(f"{peer}: {problem or 'ready'}")


if __name__ == "__main__":
    main()
