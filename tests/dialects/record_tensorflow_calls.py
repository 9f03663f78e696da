"""Fills files in `recorded` with what TensorFlow 2.2 answers; run it under Python 3.8 with tensorflow==2.2.0.

    python tests/dialects/record_tensorflow_calls.py tests/dialects/recorded/calls.json

The keys of a file are expressions in `tf`, `np` and the matrix `x`, in three groups: those evaluated eagerly, those
evaluated in a graph, and those that change the process, each of them alone in one of its own. To add one, add its key
with the value null.
"""

import json
import os
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))


def told(result):
    """The compared parts of a result: dtype, shape and elements; of a list, the same for each part."""
    if isinstance(result, (list, tuple)):
        return [told(part) for part in result]
    if isinstance(result, bytes):
        return {"bytes": result.hex()}
    if result is None or isinstance(result, (bool, int, str)):
        return result
    array = result.numpy() if hasattr(result, "numpy") else result
    if isinstance(array, bytes):
        return {"bytes": array.hex()}
    elements = array.astype(str) if array.dtype.kind == "c" else array  # (JSON knows no complex numbers)
    return {"dtype": array.dtype.name, "shape": list(array.shape), "value": elements.tolist()}


def evaluated(expression):
    """TensorFlow's answers."""
    import numpy as np
    import tensorflow as tf

    try:
        return told(eval(expression, {"tf": tf, "np": np, "x": tf.constant([[1.0, 2.0], [3.0, 4.0]])}))
    except Exception:
        return "error"


def in_a_graph(expression):
    import tensorflow as tf

    with tf.Graph().as_default():
        return evaluated(expression)


def alone(expression):
    program = "import json, sys, record_tensorflow_calls as r; print(json.dumps(r.evaluated(sys.argv[1])))"
    return json.loads(subprocess.check_output([sys.executable, "-c", program, expression], cwd=FOLDER).splitlines()[-1])


def main(path):
    with open(path) as file:
        recorded = json.load(file)
    for group, answer in (("eager", evaluated), ("graph", in_a_graph), ("alone", alone)):
        for expression in recorded[group]:
            recorded[group][expression] = answer(expression)
    groups = []
    for group, answers in recorded.items():
        rows = [json.dumps(key) + ": " + json.dumps(value) for key, value in answers.items()]
        groups.append(json.dumps(group) + ": {\n" + ",\n".join(rows) + "\n}")
    with open(path, "w") as file:
        file.write("{\n" + ",\n".join(groups) + "\n}\n")


if __name__ == "__main__":
    for path in sys.argv[1:]:
        main(path)
