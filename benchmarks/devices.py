"""Four programs on one device and on several: the same losses, with which communication, and at what cost.

    python benchmarks/devices.py               losses after 50 steps, and the collectives of the compiled step
    python benchmarks/devices.py --cost        what a layout costs on one device: processor time, in turn

On a CPU eight devices are made of it. The programs are the digits of `examples/digits.py`, a convnet, an LSTM, and a
block of a Transformer, each trained by Adam or with momentum, with its random numbers and statistics of the batch.
"""

import argparse
import contextlib
import importlib.util
import pathlib
import statistics
import time
from collections import Counter

import numpy as np

import kjax
from kjax import backend as K
from kjax.core.running import restart_runs
from kjax.machine.meshes import ask_for_devices
from kjax.ops.contracting import einsum

ROOT = pathlib.Path(__file__).parents[1]
MESHES = {"1": "data=1", "2": "data=2", "4": "data=4", "8": "data=8", "2 x 4": "data=2,model=4"}
# Columns of a first weight and rows of a second one: what lies between is split, and needs no gathering. (The weights
# of the LSTM are whole on each device.)
RULES = {
    r"hidden/kernel|(query|key|value|wide)$": (None, "model"),
    r"classes/kernel|(joined|narrow)$": ("model",),
    r"hidden/bias": ("model",),
    r"^channels$": (None, None, None, "model"),
    r"^depth$": (None, None, "model"),
}


def weight(*shape, name):
    """A weight, drawn for the number of its inputs."""
    return K.random_normal_variable(shape, 0.0, 1 / np.sqrt(np.prod(shape[:-1])), name=name)


def with_momentum(loss, weights, rate=0.05):
    """The updates of gradient descent with momentum."""
    updates = []
    for w, slope in zip(weights, K.gradients(loss, weights), strict=True):
        speed = K.zeros(K.int_shape(w), dtype=K.dtype(w))
        updates += [K.update(speed, new := 0.9 * speed - rate * slope), K.update_add(w, new)]
    return updates


def trained_by(x, y, answers, weights):
    """The function that trains a classifier."""
    loss = K.mean(K.sparse_categorical_crossentropy(y, answers))
    return K.function([x, y], [loss], updates=with_momentum(loss, weights))


def digits():
    """The program of `examples/digits.py`."""
    spec = importlib.util.spec_from_file_location("digits", ROOT / "examples" / "digits.py")
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    data = program.load_digits()
    train, _, _ = program.build(64, 10)

    def step(i):
        picked = np.arange(64 * i, 64 * i + 64) % len(data.target)
        return train([data.data[picked] / 16, data.target[picked], i + 1, 5e-3, 1])[0]

    return step, train, (data.data[:64] / 16, data.target[:64], 1, 5e-3, 1)


def of_arrays(train, x, y):
    """A step on batches of 32, and what it is lowered with."""

    def step(i):
        picked = np.arange(32 * i, 32 * i + 32) % len(x)
        return train([x[picked], y[picked]])[0]

    return step, train, (x[:32], y[:32])


def convnet():
    """Convolutions, statistics of the batch, pooling, dropout."""
    x, y = K.placeholder((None, 16, 16, 3)), K.placeholder((None,), dtype="int32")
    first, second, depth = (
        weight(3, 3, 3, 16, name="a"),
        weight(3, 3, 16, 32, name="channels"),
        weight(3, 3, 32, 1, name="depth"),
    )
    scale, offset, last = K.ones((16,)), K.zeros((16,)), weight(32, 10, name="classes/kernel")
    h = K.conv2d(x, first, padding="same")
    h, _, _ = K.normalize_batch_in_training(h, scale, offset, [0, 1, 2])
    h = K.pool2d(K.relu(h), (2, 2), (2, 2))
    h = K.relu(K.depthwise_conv2d(K.relu(K.conv2d(h, second, padding="same")), depth, padding="same"))
    h = K.dropout(K.mean(h, (1, 2)), 0.2)
    train = trained_by(x, y, K.softmax(K.dot(h, last)), [first, second, depth, scale, offset, last])
    random = np.random.RandomState(0)
    return of_arrays(train, random.rand(512, 16, 16, 3), random.randint(0, 10, 512))


def lstm():
    """A recurrent layer over sequences of several lengths."""
    x, y = K.placeholder((None, 20, 8)), K.placeholder((None,), dtype="int32")
    kernel, recurrent, bias = weight(8, 128, name="kernel"), weight(32, 128, name="recurrent"), K.zeros((128,))
    last = weight(32, 4, name="last")

    def cell(inputs, states):
        gates = K.dot(inputs, kernel) + K.dot(states[0], recurrent) + bias
        i, f, o, c = K.sigmoid(gates[:, :32]), K.sigmoid(gates[:, 32:64]), K.sigmoid(gates[:, 64:96]), gates[:, 96:]
        memory = f * states[1] + i * K.tanh(c)
        return o * K.tanh(memory), [o * K.tanh(memory), memory]

    start = K.zeros_like(K.dot(x[:, 0], kernel[:, :32]))
    h, _, _ = K.rnn(cell, x, [start, start], mask=K.any(K.not_equal(x, 0.0), -1))
    train = trained_by(x, y, K.softmax(K.dot(h, last)), [kernel, recurrent, bias, last])
    random = np.random.RandomState(0)
    steps = np.arange(20)[:, None] < random.randint(8, 20, (512, 1, 1))
    return of_arrays(train, random.rand(512, 20, 8) * steps, random.randint(0, 4, 512))


def transformer(width=32, heads=4):
    """Attention with four heads, and two dense layers."""
    x, y = K.placeholder((None, 12), dtype="int32"), K.placeholder((None,), dtype="int32")
    table, last = weight(50, width, name="table"), weight(width, 5, name="last")
    query, key, value = (weight(width, width, name=name) for name in ("query", "key", "value"))
    joined, wide, narrow = (
        weight(width, width, name="joined"),
        weight(width, 64, name="wide"),
        weight(64, width, name="narrow"),
    )

    def normal(h):
        return (h - K.mean(h, -1, keepdims=True)) / K.sqrt(K.var(h, -1, keepdims=True) + 1e-5)

    def split(h):
        return K.permute_dimensions(K.reshape(h, (-1, 12, heads, width // heads)), (0, 2, 1, 3))

    h = K.gather(table, x)
    q, k, v = (split(K.dot(h, w)) for w in (query, key, value))
    scores = K.softmax(einsum([q, k], "bhqc,bhkc->bhqk") / np.sqrt(width / heads))
    mixed = K.permute_dimensions(einsum([scores, v], "bhqk,bhkc->bhqc"), (0, 2, 1, 3))
    h = normal(h + K.dropout(K.dot(K.reshape(mixed, (-1, 12, width)), joined), 0.1))
    h = normal(h + K.dot(K.relu(K.dot(h, wide)), narrow))
    weights = [table, query, key, value, joined, wide, narrow, last]
    train = trained_by(x, y, K.softmax(K.dot(K.mean(h, 1), last)), weights)
    random = np.random.RandomState(0)
    return of_arrays(train, random.randint(0, 50, (512, 12)), random.randint(0, 5, 512))


PROGRAMS = {program.__name__: program for program in (digits, convnet, lstm, transformer)}


def built(program):
    """A program with the same random numbers each time."""
    np.random.seed(0)
    K.clear_session()
    restart_runs()
    if program is not digits:  # which is fed the phase
        K.set_learning_phase(1)
    with kjax.graph_mode():
        return program()


def compare(programs, steps):
    """The losses of each program on each mesh, and its collectives."""
    print(f"{'program':<12}{'devices':>8}{f'loss after {steps}':>16}{'largest difference':>20}  collectives of a step")
    for program in programs:
        wanted = None
        for name, mesh in MESHES.items():
            step, train, fed = built(program)
            with kjax.sharded(mesh, rules=RULES if "model" in mesh else None):
                losses = np.array([step(i) for i in range(steps)], "float64")
                kinds = Counter(each.kind for each in train.collectives(*fed))
            wanted = losses if wanted is None else wanted
            off = np.max(np.abs(losses / wanted - 1))
            found = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
            print(f"{program.__name__:<12}{name:>8}{losses[-1]:>16.7f}{off:>20.1e}  {found}", flush=True)


def cost(programs, rounds):
    """The median processor time of a step, without a layout and with one of one device, in turn."""
    print(f"{'program':<12}{'without':>12}{'one device':>12}{'more':>8}")
    for program in programs:
        both = [(built(program)[0], contextlib.nullcontext), (built(program)[0], lambda: kjax.sharded(1))]
        times = [[], []]
        for i in range(rounds + 20):
            for (step, block), taken in zip(both, times, strict=True):
                with block():
                    start = time.process_time()
                    step(i)
                    taken.append(time.process_time() - start)
        alone, placed = (statistics.median(taken[20:]) * 1e3 for taken in times)
        print(f"{program.__name__:<12}{alone:>9.3f} ms{placed:>9.3f} ms{placed / alone - 1:>8.1%}", flush=True)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cost", action="store_true", help="what a layout costs on one device")
    parser.add_argument("--steps", type=int, default=50, help="steps of training, or rounds of measuring (50)")
    parser.add_argument("--floatx", default="float32", help="the dtype of floats (float32)")
    parser.add_argument("programs", nargs="*", help=f"of {', '.join(PROGRAMS)} (all)")
    options = parser.parse_args()
    programs = [PROGRAMS[name] for name in options.programs or PROGRAMS]
    K.set_floatx(options.floatx)
    if options.cost:
        cost(programs, options.steps)
    else:
        ask_for_devices(8)
        compare(programs, options.steps)


if __name__ == "__main__":
    main()
