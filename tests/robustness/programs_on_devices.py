"""Four training programs, whose losses are printed: `kjax run programs_on_devices.py NAME [STEPS [STATE [KILL]]]`.

With a file STATE they go on from it, if it is there, and save their state each ten steps. With KILL the last process
ends itself by a signal before that step. `processes.py` and `benchmarks/scale.py` use it.
"""

import os
import signal
import sys

import numpy as np

import kjax
from kjax import backend as K

ROWS = 64


def weight(*shape, name):
    return K.variable(R.randn(*shape) * (2.0 / sum(shape)) ** 0.5, name=name)


def digits():
    """A perceptron for pictures of 8 x 8."""
    x, y = K.placeholder((None, 64)), K.placeholder((None, 10))
    w, b, v = weight(64, 128, name="first/kernel"), weight(128, name="first/bias"), weight(128, 10, name="last/kernel")
    found = K.softmax(K.dot(K.dropout(K.relu(K.dot(x, w) + b), 0.2, seed=1), v))
    return [x, y], K.mean(K.categorical_crossentropy(y, found)), [w, b, v], []


def convnet():
    """Convolutions with batch normalisation."""
    x, y = K.placeholder((None, 16, 16, 3)), K.placeholder((None, 10))
    first, second = weight(3, 3, 3, 16, name="a/kernel"), weight(3, 3, 16, 32, name="b/kernel")
    v = weight(512, 10, name="last/kernel")
    gain, shift, moving = K.ones((16,), name="gain"), K.zeros((16,), name="shift"), K.zeros((16,), name="moving")
    h = K.conv2d(x, first, padding="same")
    h, mean, _ = K.normalize_batch_in_training(h, gain, shift, [0, 1, 2])
    h = K.pool2d(K.relu(h), (2, 2), (2, 2), pool_mode="avg")  # (a maximum jumps from pixel to pixel by rounding)
    h = K.pool2d(K.relu(K.conv2d(h, second, padding="same")), (2, 2), (2, 2), pool_mode="avg")
    loss = K.mean(K.categorical_crossentropy(y, K.softmax(K.dot(K.batch_flatten(h), v))))
    return [x, y], loss, [first, second, v, gain, shift], [K.moving_average_update(moving, mean, 0.9)]


def lstm():
    """A recurrent net over 20 steps."""
    x, y = K.placeholder((None, 20, 16)), K.placeholder((None, 10))
    w, u, b = weight(16, 256, name="kernel"), weight(64, 256, name="recurrent"), weight(256, name="bias")
    v = weight(64, 10, name="last/kernel")

    def step(now, states):
        h, c = states
        z = K.dot(now, w) + K.dot(h, u) + b
        i, f, g, o = (z[:, 64 * n : 64 * (n + 1)] for n in range(4))
        c = K.sigmoid(f) * c + K.sigmoid(i) * K.tanh(g)
        h = K.sigmoid(o) * K.tanh(c)
        return h, [h, c]

    zeros = K.zeros_like(K.dot(x[:, 0], K.zeros((16, 64))))
    last, _, _ = K.rnn(step, x, [zeros, zeros])
    loss = K.mean(K.categorical_crossentropy(y, K.softmax(K.dot(last, v))))
    return [x, y], loss, [w, u, b, v], []


def transformer():
    """One block of a Transformer."""
    x, y = K.placeholder((None, 16, 64)), K.placeholder((None, 10))
    qkv, out = weight(64, 192, name="attention/kernel"), weight(64, 64, name="attention/out")
    up, down, v = (
        weight(64, 256, name="up/kernel"),
        weight(256, 64, name="down/kernel"),
        weight(64, 10, name="last/kernel"),
    )
    gain, shift = K.ones((64,), name="gain"), K.zeros((64,), name="shift")

    def normalised(h):
        centred = h - K.mean(h, -1, keepdims=True)
        return centred / K.sqrt(K.mean(K.square(centred), -1, keepdims=True) + 1e-5) * gain + shift

    def heads(h):
        return K.reshape(K.permute_dimensions(K.reshape(h, (-1, 16, 4, 16)), (0, 2, 1, 3)), (-1, 16, 16))

    z = K.dot(normalised(x), qkv)
    q, k, values = (heads(z[..., 64 * n : 64 * (n + 1)]) for n in range(3))
    mixed = K.batch_dot(K.softmax(K.batch_dot(q, k, (2, 2)) / 4.0), values, (2, 1))
    mixed = K.reshape(mixed, (-1, 4, 16, 16))
    h = x + K.dot(K.reshape(K.permute_dimensions(mixed, (0, 2, 1, 3)), (-1, 16, 64)), out)
    h = h + K.dot(K.relu(K.dot(normalised(h), up)), down)
    loss = K.mean(K.categorical_crossentropy(y, K.softmax(K.dot(K.mean(h, 1), v))))
    return [x, y], loss, [qkv, out, up, down, v, gain, shift], []


PROGRAMS = {program.__name__: program for program in (digits, convnet, lstm, transformer)}


def built(name):
    """The training step of a program, by stochastic gradients with momentum."""
    global R
    R = np.random.RandomState(0)
    with kjax.graph_mode():
        inputs, loss, weights, updates = PROGRAMS[name]()
        for one, slope in zip(weights, K.gradients(loss, weights), strict=True):
            slot = K.zeros(K.int_shape(one), name=f"{one.name.partition(':')[0]}/momentum")
            new = 0.9 * slot + slope
            updates += [K.update(slot, new), K.update_sub(one, 0.005 * new)]
        return K.function(inputs, [loss], updates, name=name)


def batch(step, rows=ROWS, seed=0):
    """Pictures, sequences and labels by chance."""
    chance = np.random.RandomState(seed)
    dims = tuple(step.inputs[0].shape[1:])
    labels = np.eye(10, dtype="float32")[chance.randint(0, 10, rows)]
    return [chance.rand(rows, *dims).astype("float32") + labels[:, :1].reshape(-1, *[1] * len(dims)), labels]


def main(name, steps=50, state=None, kill=None):
    step, losses = built(name), []
    first = 0
    if state and os.path.exists(state):
        kjax.load_state(state, step)
        first = int(kjax.load_state(state + ".step")["step"])
    last = int(os.environ.get("JAX_PROCESS_ID", 0)) == int(os.environ.get("JAX_NUM_PROCESSES", 1)) - 1
    for number in range(first, int(steps)):
        if kill and number == int(kill) and last:
            os.kill(os.getpid(), signal.SIGKILL)
        losses.append(step(batch(step, seed=number))[0])
        if state and (number + 1) % 10 == 0:
            kjax.save_state(state, step)
            kjax.save_state(state + ".step", {"step": np.array(number + 1)})
    print("losses", *(f"{loss:.9g}" for loss in losses), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
