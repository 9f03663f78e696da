"""Writes `signatures.json`: the parameters of TensorFlow's public functions, with their defaults.

Run it once under each version, Python 3.8 with tensorflow==2.2.0 and Python 3.7 with tensorflow==1.15.0:

    python tests/conformance/record_signatures.py
"""

import inspect
import json
import os

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "signatures.json")
MODULES = ["", "app", "audio", "autodiff", "autograph", "autograph.experimental", "bitwise", "compat", "config",
           "config.experimental", "config.optimizer", "config.threading", "data", "data.experimental", "debugging",
           "distribute", "dtypes", "errors", "experimental", "flags", "gfile", "graph_util", "image", "initializers",
           "io", "io.gfile", "layers", "linalg", "linalg.experimental", "logging", "losses", "manip", "math", "metrics",
           "mixed_precision.experimental", "nest", "nn", "profiler.experimental", "python_io", "quantization", "queue",
           "ragged", "random", "random.experimental", "saved_model", "sets", "signal", "sparse", "spectral", "strings",
           "summary", "summary.experimental", "sysconfig", "test", "train", "train.experimental", "version",
           "xla.experimental"]  # fmt: skip


def written(default):
    """A default as JSON; a dtype by its name."""
    if default is None or isinstance(default, (bool, int, float, str)):
        return default
    if isinstance(default, (list, tuple)):
        return [written(item) for item in default]
    return getattr(default, "name", None) or getattr(default, "__name__", None) or type(default).__name__


def parameters(call):
    """Pairs (name) or (name, default); surplus arguments as "*args" and "**kwargs"."""
    found = []
    for parameter in inspect.signature(call).parameters.values():
        stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = [] if parameter.default is inspect.Parameter.empty else [written(parameter.default)]
        found.append([stars + parameter.name, *default])
    return found


def functions(root, prefix):
    """Each public function of some modules of `root`, and its parameters."""
    found = {}
    for name in MODULES:
        module = root
        for part in filter(None, name.split(".")):
            module = getattr(module, part, None)
        for each in sorted(dir(module)) if module is not None else ():
            call = getattr(module, each, None)
            if each.startswith("_") or not callable(call) or inspect.ismodule(call):
                continue
            try:
                found[".".join(filter(None, [prefix, name, each]))] = parameters(call)
            except (TypeError, ValueError):
                continue  # a type made in C
    return found


if __name__ == "__main__":
    import tensorflow as tf

    signatures = {}
    if os.path.exists(FILE):
        with open(FILE) as file:
            signatures = json.load(file)
    if tf.__version__.startswith("1."):
        signatures["1.15"] = functions(tf, "tf")
    else:
        signatures["2.2"] = {**functions(tf, "tf"), **functions(tf.compat.v1, "tf.compat.v1")}
    with open(FILE, "w") as file:
        lines = (
            f" {json.dumps(version)}: {{\n"
            + ",\n".join(f"  {json.dumps(name)}: {json.dumps(each)}" for name, each in sorted(calls.items()))
            + "\n }"
            for version, calls in sorted(signatures.items())
        )
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
