"""The recorded oracle on disk: one line of JSON a case, `recorded/<family>.jsonl`.

Text, so that a change shows up in a diff as the case that changed; floats are written with as many digits as their
dtype needs to come back bit for bit.
"""

import json
import os

import numpy as np

from .case import numpy_dtype

HERE = os.path.dirname(os.path.abspath(__file__))


def encode(leaf):
    """One output as JSON: an array, or a plain Python value under `py`; no gradient is None."""
    if leaf is None:
        return None
    if isinstance(leaf, (bool, int, float, str, list, tuple)):
        return {"py": leaf}
    array = np.asarray(leaf)
    flat = array.ravel()
    if array.dtype.kind == "c":
        data = [[float(str(part)) for part in (item.real, item.imag)] for item in flat]
    elif array.dtype.kind in "biu":
        data = [item.item() for item in flat]
    elif array.dtype.kind in "US":
        data = [str(item) for item in flat]
    else:  # str of a NumPy float is the shortest that comes back the same
        data = [float(str(item)) for item in flat]
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": data}


def decode(entry):
    """The array that `encode` wrote."""
    data = entry["data"]
    if entry["dtype"].startswith("complex"):
        data = [complex(*item) for item in data]
    return np.array(data).astype(numpy_dtype(entry["dtype"])).reshape(entry["shape"])


def path(folder, family):
    """Where the records of a family are."""
    return os.path.join(folder, family + ".jsonl")


def write(folder, family, header, entries):
    """Write a family's records; the same entries give the same bytes."""
    with open(path(folder, family), "w", newline="\n") as file:
        for entry in [header] + entries:
            file.write(json.dumps(entry, separators=(",", ":")) + "\n")


def read(folder, family):
    """A family's records: the header, and a dict from case label to entry."""
    with open(path(folder, family)) as file:
        header, *entries = map(json.loads, file)
    return header, {entry["case"]: entry for entry in entries}
