"""Programs in two processes of four devices each, beside one device; and what a death leaves: `make processes`.

The losses of four training programs must be equal to 1e-5 after 50 steps. Then the last process of one is killed in
the middle: the others must end with an error within a minute, and the program, started again, must go on to the same
final loss.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

HERE = pathlib.Path(__file__).parent
PROGRAM = str(HERE / "programs_on_devices.py")
NAMES = ("digits", "convnet", "lstm", "transformer")


def run(name, *arguments, processes=1, devices=1, steps=50):
    """Losses, exit code, what was said, and the seconds that it took."""
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    several = ["--processes", str(processes), "--devices", str(devices)] if processes > 1 else []
    began = time.monotonic()
    command = [sys.executable, "-m", "kjax", "run", *several, PROGRAM, name, str(steps), *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    losses = [np.array(line.split()[1:], float) for line in done.stdout.splitlines() if line.startswith("losses")]
    return losses[0] if losses else None, done.returncode, done.stderr, time.monotonic() - began


def main():
    failures = 0
    for name in NAMES:
        alone, together = run(name)[0], run(name, processes=2, devices=4)
        if together[0] is None:
            print(f"{name}: failed\n{together[2]}")
            failures += 1
            continue
        apart = np.abs(together[0] / alone - 1).max()
        failures += apart > 1e-5
        print(f"{name}: after {len(alone)} steps 1 device {alone[-1]:.7f}, 2 processes x 4 {together[0][-1]:.7f}, "
              f"furthest apart {apart:.1e}", flush=True)  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        whole = run("digits", pathlib.Path(folder, "whole"), processes=2, devices=4)[0]
        state = pathlib.Path(folder, "state.safetensors")
        _, code, said, seconds = run("digits", state, 25, processes=2, devices=4)
        failures += code == 0 or seconds > 60
        print(f"killed before step 25: exit code {code} after {seconds:.0f} s in all; it said\n  " + "\n  ".join(
            line for line in said.splitlines() if "process" in line and "coordination" not in line))  # fmt: skip
        again, code, said, _ = run("digits", state, processes=2, devices=4)
        if again is None:
            print(said)
            return 1
        same = again[-1] == whole[-1] and len(again) == 30
        failures += not same
        print(f"started again: {len(again)} steps, final loss {again[-1]:.9g}; without the kill {whole[-1]:.9g}")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
