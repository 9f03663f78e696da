"""rnn, map_fn, foldl and foldr, ctc."""

from ..case import Family, arr, raw, val

cases = add = Family()


def flat(result):
    """The outputs of rnn in one list."""
    last, outputs, states = result
    return [last, outputs, *states]


def summed(K, x, h, **options):
    """States and outputs add up."""
    return flat(K.rnn(lambda x, s: (s[0] + x, [s[0] + x]), x, [h], **options))


def recurrent(K, x, h, w, u, **options):
    """A simple recurrent layer."""

    def step(x, states):
        h = K.tanh(K.dot(x, w) + K.dot(states[0], u))
        return h, [h]

    return flat(K.rnn(step, x, [h], **options))


def two_states(K, x, h, c, **options):
    """Two states, and an output of its own."""
    return flat(K.rnn(lambda x, s: (x * s[1], [s[0] + x, s[1] - 1.0]), x, [h, c], **options))


def constants(K, x, h, w, **options):
    """Constants behind the states."""
    return flat(K.rnn(lambda x, s: (x * s[1], [s[0] + s[1]]), x, [h], constants=[w], **options))


def no_states(K, x, **options):
    """No states at all."""
    return flat(K.rnn(lambda x, s: (x + 1.0, []), x, [], **options))


def uses_phase(K, x, h):
    """Whether the result says that it depends on the phase."""

    def step(x, states):
        y = K.in_train_phase(x * 2.0, x)
        return states[0] + y, [states[0] + y]

    last = K.rnn(step, x, [h])[0]
    return [getattr(last, "_uses_learning_phase", False)]


def doubled(K, x, **options):
    """A function of elements."""
    return K.map_fn(lambda e: e * 2, x, **options)


def folded(K, name, x, *initializer, **options):
    """The order matters."""
    return getattr(K, name)(lambda a, e: a * 2.0 + e, x, *initializer, **options)


MASKS = (
    None,
    val([[1, 0, 1], [0, 1, 1]], "bool"),
    val([[1, 1, 0], [0, 0, 0]], "bool"),
    val([[1, 0, 1], [0, 1, 1]], "int32"),
    val([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
    val([[[1], [0], [1]], [[0], [1], [1]]], "bool"),
    raw(val([[1, 0, 1], [0, 1, 1]], "bool")),
)
for mask in MASKS:
    for go_backwards in (False, True):
        for unroll in (False, True):
            options = {"mask": mask, "go_backwards": go_backwards, "unroll": unroll}
            add(summed, arr((2, 3, 2)), arr((2, 2), seed=1), **options)
            if mask is None or mask.dtype == "bool":
                add(two_states, arr((2, 3, 2)), arr((2, 2), seed=1), arr((2, 2), seed=2), **options)
                add(constants, arr((2, 3, 2)), arr((2, 2), seed=1), arr((2, 2), seed=2), **options)
for go_backwards in (False, True):
    for unroll in (False, True):
        options = {"go_backwards": go_backwards, "unroll": unroll}
        weights = arr((2, 2), kind="unit"), arr((2, 2), seed=2)
        add(recurrent, arr((2, 3, 2)), arr((2, 2), seed=1), *weights, **options).grad()
        add(recurrent, arr((2, 3, 2)), arr((2, 2), seed=1), *weights, mask=MASKS[1], **options).grad()
        add(no_states, arr((2, 3, 2)), **options)
        add(summed, arr((1, 3, 2)), arr((1, 2), seed=1), **options)
        add(summed, arr((2, 1, 2)), arr((2, 2), seed=1), **options)
        add(summed, arr((2, 3, 2, 1)), arr((2, 2, 1), seed=1), **options)
        add(summed, arr((2, 3, 2, 1)), arr((2, 2, 1), seed=1), mask=MASKS[1], **options)
        add(summed, arr((2, 3, 2)), arr((2, 2), seed=1), input_length=3, **options)
        for length in (1, 2, 4):
            add(summed, arr((2, 3, 2)), arr((2, 2), seed=1), input_length=length, **options)
        add(summed, arr((2, 3, 2)), arr((2, 2), seed=1), input_length=2, mask=MASKS[1], **options)
add(no_states, arr((2, 3, 2)), mask=MASKS[1])
add(summed, arr((2, 3)), arr((2,), seed=1))
add(summed, arr((2, 3)), arr((2,), seed=1), unroll=True)
add(summed, arr((2, 3, 2)), arr((2, 3), seed=1))
add(summed, arr((2, 3, 2)), arr((2, 2), "float64"))
add(summed, arr((2, 3, 2), "float64"), arr((2, 2), "float64"))
add(summed, arr((2, 3, 2), "int32"), arr((2, 2), "int32"))
add(summed, raw(arr((2, 3, 2))), raw(arr((2, 2))))
add(summed, arr((2, 0, 2)), arr((2, 2)))
add(uses_phase, arr((2, 3, 2)), arr((2, 2)))

for shape in ((3,), (2, 3), (1, 2, 2)):
    add(doubled, arr(shape)).grad()
    add(doubled, arr(shape), name="twice")
    add(doubled, arr(shape, "int32"))
    add(doubled, arr(shape), dtype="float32")
    for name in ("foldl", "foldr"):
        add(folded, name, arr(shape)).grad()
        add(folded, name, arr(shape), arr(shape[1:], seed=1)).grad()
        add(folded, name, arr(shape), initializer=arr(shape[1:], seed=1), name="folded")
add(doubled, raw(arr((3,))))
add(doubled, 3.0)
add("map_fn", None, arr((3,)))
add("map_fn", 3, arr((3,)))
for name in ("foldl", "foldr"):
    add(name, None, arr((3,)))
    add(folded, name, 3.0)
    add(folded, name, raw(arr((3,))), 1.0)

for seed in range(3):
    likely = arr((2, 6, 3), kind="unit", seed=seed)
    for merge in (False, True):
        for width, paths in ((1, 1), (4, 1), (4, 3), (100, 2)):
            add("ctc_decode", likely, val([6, 5], "int32"), False, width, paths, merge)
    add("ctc_decode", likely, val([6, 5], "int32"))
    add("ctc_decode", likely, val([6, 5], "int32"), greedy=True, merge_repeated=True)
    add("ctc_decode", likely, val([6, 5], "int64"), greedy=False, beam_width=3)
add("ctc_decode", val([[[0.1, 0.9], [0.9, 0.1], [0.1, 0.9], [0.9, 0.1]]]), [4], False, 4, 1, True)
add("ctc_decode", arr((1, 4, 3), kind="unit"), val([4], "int32"), False, 2, 3)
add("ctc_decode", arr((1, 4, 3), kind="unit"), val([5], "int32"))
add("ctc_decode", arr((1, 4, 3), kind="unit"), val([[4]], "int32"))
