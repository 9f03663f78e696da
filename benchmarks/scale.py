"""What a training step costs on 8, 64 and 1,024 devices that are not there: the table of `docs/guide/scale.md`.

`python benchmarks/scale.py` writes it, and compares the prediction for 8 devices with the program that is compiled for
8 devices of a CPU in a process of its own. Each device has the same number of rows.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import jax

import kjax

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests" / "robustness"))
import programs_on_devices as programs

ROWS, KIND = 1024, "H100"
RULES = {"up/kernel": (None, "model"), "down/kernel": ("model",), "attention/kernel": (None, "model")}


def inputs(step, devices):
    """Shapes and dtypes of a batch for so many devices."""
    return [jax.ShapeDtypeStruct((ROWS * devices, *x.shape[1:]), x.dtype.as_numpy_dtype) for x in step.inputs]


def numbers(cost):
    """What is compared."""
    return {"flops": cost.flops, "sent": cost.sent, "peak": cost.peak_memory, "steps": len(cost.collectives)}


def on_devices(count):
    """The cost of each program, compiled for devices that are there."""
    found = {}
    for name in programs.PROGRAMS:
        step = programs.built(name)
        with kjax.sharded(count):
            found[name] = numbers(step.cost(*inputs(step, count)))
    print(json.dumps(found))


def size(number):
    """A number of bytes or operations, to three digits."""
    for unit in ("", "k", "M", "G", "T"):
        if number < 999.5:
            return f"{number:.3g} {unit}".strip()
        number /= 1000
    return f"{number:.3g} P"


def row(name, devices, cost):
    """A line of the table."""
    seconds = cost.seconds(KIND)
    return (
        f"| {name} | {devices} | {size(cost.flops)} | {size(cost.peak_memory)}B | "
        f"{size(cost.sent)}B in {len(cost.collectives)} | "
        f"{1e6 * max(seconds.compute, seconds.memory):.0f} + {1e6 * seconds.communication:.0f} |"
    )


def main():
    """Write the table and the comparison."""
    print("| program | devices | flops | peak memory | sent | µs |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    predicted = {}
    for name in programs.PROGRAMS:
        step = programs.built(name)
        for devices in (1, 8, 64, 1024):
            cost = step.cost(*inputs(step, devices), mesh=devices)
            print(row(name, f"{devices:,}", cost), flush=True)
            if devices == 8:
                predicted[name] = numbers(cost)
        if name == "transformer":
            cost = step.cost(*inputs(step, 128), mesh={"data": 128, "model": 8}, rules=RULES)
            print(row(name, "128 x 8", cost), flush=True)
    environment = {**os.environ, "JAX_NUM_CPU_DEVICES": "8", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, __file__, "--here", "8"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    there = json.loads(done.stdout.splitlines()[-1])
    print()
    for name, cost in predicted.items():
        ratios = {key: cost[key] / value if value else 1.0 for key, value in there[name].items()}
        print(
            f"{name}, predicted for 8 devices / compiled for 8: " + ", ".join(f"{k} {r:.4f}" for k, r in ratios.items())
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--here", type=int, help="compile for so many devices of this process")
    count = parser.parse_args().here
    on_devices(count) if count else main()
