"""rnn."""

import itertools

import numpy as np

from ..case import Family, arr, raw, val

cases = add = Family()


def running_sum(K, x, h, **options):
    """States and outputs add up."""

    def step(x, states):
        total = states[0] + x
        return total, [total]

    return flat(K.rnn(step, x, [h], **options))


def simple_rnn(K, x, h, w, u, **options):
    """The step of a simple recurrent layer, which takes its weights from outside."""

    def step(x, states):
        h = K.tanh(K.dot(x, w) + K.dot(states[0], u))
        return h, [h]

    return flat(K.rnn(step, x, [h], **options))


def gated_rnn(K, x, h, c, w, u, **options):
    """Two states, gates, and one output of another size than the states."""

    def step(x, states):
        h, c = states
        z = K.dot(x, w) + K.dot(h, u)
        c = K.sigmoid(z) * c + K.hard_sigmoid(z) * K.tanh(z)
        h = K.sigmoid(c) * K.tanh(c)
        return K.concatenate([h, c]), [h, c]

    return flat(K.rnn(step, x, [h, c], **options))


def stateless(K, x, **options):
    """No states at all."""
    return flat(K.rnn(lambda x, states: (x * 2.0 + 1.0, []), x, [], **options))


def with_constants(K, x, h, c, d, **options):
    """Constants come behind the states."""
    return flat(K.rnn(lambda x, s: (x * s[1] + s[2], [s[0] + s[1]]), x, [h], constants=[c, d], **options))


def pair_of_inputs(K, x, y, h, **options):
    """Inputs, states and outputs in structures."""

    def step(xy, states):
        state = states[0]
        return [xy[0] + state[0], xy[1] * 2.0], [[state[0] + xy[0], state[1] - 1.0]]

    return flat(K.rnn(step, [x, y], [[h, h]], **options))


def dict_of_inputs(K, x, h, **options):
    """The same with dicts."""
    return flat(
        K.rnn(lambda x, s: ({"p": x["a"] + s[0]["h"]}, [{"h": s[0]["h"] + 1.0}]), {"a": x}, [{"h": h}], **options)
    )


def reduced(K, x, h, **options):
    """Outputs of lower rank than the inputs."""
    return flat(K.rnn(lambda x, s: (K.sum(x, axis=-1), [s[0] + K.sum(x, axis=-1)]), x, [h], **options))


def deepened(K, x, **options):
    """Outputs of higher rank than the inputs."""
    return flat(K.rnn(lambda x, s: (K.stack([x, -x], axis=1), []), x, [], **options))


def counter(K, x, n, **options):
    """A state without dims."""
    return flat(K.rnn(lambda x, s: (x + s[0], [s[0] + 1.0]), x, [n], **options))


def other_dtype(K, x, **options):
    """Outputs of another dtype than the inputs."""
    return flat(K.rnn(lambda x, s: (K.cast(x > 0.0, "int32"), []), x, [], **options))


def of_one_dtype(K, x, h, dtype):
    """A state that changes its dtype."""
    return flat(K.rnn(lambda x, s: (x, [K.cast(s[0], dtype)]), x, [h]))


def shrinking(K, x, h):
    """A state that changes its shape."""
    return flat(K.rnn(lambda x, s: (x, [s[0][:, :1]]), x, [h]))


def forgetful(K, x, h):
    """A step that loses a state."""
    return flat(K.rnn(lambda x, s: (x, []), x, [h]))


def switching(K, x, h):
    """A switch inside of the step."""

    def step(x, s):
        return K.switch(K.greater(x, s[0]), x, s[0]), [K.maximum(x, s[0])]

    return flat(K.rnn(step, x, [h]))


def scalar_output(K, x):
    """An output without dims."""
    return flat(K.rnn(lambda x, s: (K.sum(x), []), x, []))


def flat(result):
    """All tensors in a nested result."""
    if isinstance(result, dict):
        return [leaf for key in sorted(result) for leaf in flat(result[key])]
    if isinstance(result, (list, tuple)):
        return [leaf for part in result for leaf in flat(part)]
    return [result]


X, H = arr((2, 4, 3)), arr((2, 3), seed=1)
W, U = arr((3, 3), kind="unit"), arr((3, 3), seed=2)
MASK = val([[1, 0, 1, 1], [0, 1, 1, 0]], "bool")
FLOAT_MASK = val([[1, 0, 0.5, 1], [0, 1, 1, 0]])

for backwards in (False, True):
    for unroll in (False, True):
        options = {"go_backwards": backwards, "unroll": unroll}
        add(running_sum, X, H, **options).grad()
        add(simple_rnn, X, H, W, U, **options).grad()
        add(running_sum, X, H, mask=MASK, **options).grad()
        add(running_sum, X, H, mask=MASK, zero_output_for_mask=True, **options).grad()
        add(simple_rnn, X, H, W, U, mask=FLOAT_MASK, **options).grad()
# Every combination of the switches, with masks that begin or end with a masked step, and a batch of one.
for backwards, unroll, time_major, zero in itertools.product((False, True), repeat=4):
    for batch in (1, 2):
        options = {"go_backwards": backwards, "unroll": unroll, "time_major": time_major, "zero_output_for_mask": zero}
        shape = (3, batch, 2) if time_major else (batch, 3, 2)
        mask = np.array([[0, 1, 1], [1, 1, 0]][:batch])
        add(running_sum, arr(shape), arr((batch, 2), seed=1), **options)
        add(
            running_sum,
            arr(shape),
            arr((batch, 2), seed=1),
            mask=val((mask.T if time_major else mask).tolist(), "bool"),
            **options,
        ).grad()
for dtype in ("float16", "float64", "int32"):
    add(running_sum, arr((2, 3, 2), dtype), arr((2, 2), dtype, seed=1))
    add(running_sum, arr((2, 3, 2), dtype), arr((2, 2), dtype, seed=1), mask=val([[1, 0, 1], [0, 1, 1]], "int32"))
for shape in ((1, 1, 1), (3, 1, 2), (1, 5, 2), (2, 3, 2, 2), (2, 2, 3, 1, 2), (0, 3, 2)):
    state = shape[:1] + shape[2:]
    add(running_sum, arr(shape), arr(state, seed=1)).grad()
    add(running_sum, arr(shape), arr(state, seed=1), mask=arr(shape[:2], "bool"))
    add(stateless, arr(shape))
add(running_sum, arr((4, 2, 3)), H, time_major=True).grad()
add(running_sum, arr((4, 2, 3)), H, time_major=True, unroll=True)
add(running_sum, arr((4, 2, 3)), H, time_major=True, mask=arr((4, 2), "bool"))
add(running_sum, X, H, mask=arr((2, 4, 1), "bool"))
add(running_sum, X, H, mask=arr((2, 4, 3), "bool"), zero_output_for_mask=True)
for options in (
    {},
    {"go_backwards": True},
    {"zero_output_for_mask": True},
    {"unroll": True},
    {"mask": MASK},
    {"time_major": True},
):
    add(running_sum, arr((2, 2, 3)) if "time_major" in options else X, H, input_length=val([1, 2], "int32"), **options)
add(running_sum, X, H, input_length=4)
add(running_sum, X, H, input_length=None)
add(gated_rnn, X, H, arr((2, 3), seed=3), W, U).grad()
add(gated_rnn, X, H, arr((2, 3), seed=3), W, U, mask=MASK).grad()
add(stateless, X, mask=MASK).grad()
add(with_constants, X, H, arr((2, 3), seed=3), arr((3,), seed=4)).grad()
add(with_constants, X, H, arr((2, 3), seed=3), arr((3,), seed=4), unroll=True)
add(pair_of_inputs, X, arr((2, 4, 2)), H).grad()
add(pair_of_inputs, X, arr((2, 4, 2)), H, mask=MASK)
add(dict_of_inputs, X, H).grad()
add(dict_of_inputs, X, H, go_backwards=True, mask=MASK)
add(reduced, X, arr((2,))).grad()
add(deepened, X).grad()
add(deepened, X, mask=MASK)
add(deepened, X, unroll=True, mask=MASK)
add(counter, X, val(0.0)).grad()
add(counter, X, val(0.0), unroll=True)
add(other_dtype, X)
add(other_dtype, X, mask=MASK)
add(switching, X, H).grad()
add(running_sum, raw(X), raw(H))
add(running_sum, arr((2, 4)), arr((2,))).error()
add(running_sum, arr((4,)), arr(())).error()
add(running_sum, arr((2, 0, 3)), H).error()
add(running_sum, X, H, mask=arr((2,), "bool")).error()
add(running_sum, X, H, mask=arr((2, 3), "bool")).error()
add(running_sum, X, arr((2, 2))).error()
add(running_sum, X, arr((2, 3), "float64")).error()
add(running_sum, X, arr((1, 3))).differs("an initial state that broadcasts may do so")
add(running_sum, X, arr((1, 3)), unroll=True)
add(running_sum, X, H, mask=raw(MASK)).differs("a mask may be an array")
add(reduced, X, arr((2,)), mask=MASK).differs("outputs and states without further dims can be masked")
add(shrinking, X, H).error()
add(forgetful, X, H).error()
add(scalar_output, X).error()
