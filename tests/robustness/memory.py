"""Memory that programs keep: many shapes through a function, and eager; many models built, trained and dropped.

    python tests/robustness/memory.py --shapes 2000 --models 500      (`make memory`)

Printed is by how much the memory of the process has grown since the first part of them.
"""

import argparse
import gc
import json
import sys
from pathlib import Path

import numpy as np

FIRST = 100  # shapes and models, before which caches fill


def resident():
    """MiB of memory that the process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def growth(count, step, first):
    """MiB by which `count` steps make the process grow, from the step number `first` on."""
    before = 0.0
    for i in range(count):
        step(i)
        if i + 1 == first:
            gc.collect()
            before = resident()
    gc.collect()
    return resident() - before


def shapes():
    """A step that calls one function, with its gradient, on another shape."""
    from kjax import backend as K

    x = K.placeholder((None, None))
    wide = K.expand_dims(x, -1) * K.variable(np.ones((1, 8)))
    loss = K.mean(K.softmax(K.tanh(wide)) ** 2)
    function = K.function([x], [loss, *K.gradients(loss, [x])])

    def step(i):
        batch = np.ones((1 + i % 40, 1 + i // 40), "float32")
        function([batch])

    return step


def eager():
    """A step that computes at once, on another shape."""
    from kjax import backend as K

    return lambda i: K.softmax(np.ones((300, 40 + i), "float32"))


def models():
    """A step that builds, compiles, trains and drops a model of Keras 2.3.1."""
    import kjax

    kjax.install()
    import keras

    def step(i):
        keras.backend.clear_session()
        layers = keras.layers
        model = keras.models.Sequential(
            [
                layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)),
                layers.BatchNormalization(),
                layers.Flatten(),
                layers.Dense(8 + i % 7, activation="relu"),
                layers.Dropout(0.5),
                layers.Dense(2, activation="softmax"),
            ]
        )
        model.compile("adam", "categorical_crossentropy")
        model.train_on_batch(np.ones((4, 8, 8, 1)), np.eye(2)[[0, 1, 0, 1]])
        model.predict_on_batch(np.ones((4, 8, 8, 1)))

    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shapes", type=int, default=2000)
    parser.add_argument("--models", type=int, default=500)
    parser.add_argument("--first", type=int, default=FIRST, help="after how many growth is counted")
    options = parser.parse_args()
    found = {}
    for name, count, made in (
        ("shapes", options.shapes, shapes),
        ("eager shapes", options.shapes, eager),
        ("models", options.models, models),
    ):
        if count:
            found[name] = round(growth(count, made(), options.first), 1)
            print(f"{count} {name}: {found[name]} MiB more than after {options.first}", file=sys.stderr, flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
