import math

import numpy as np
import pytest

import kjax
from helpers import in_all_modes
from kjax import backend as K
from kjax.kernels import draws

MANY = (40, 2500)

DISTRIBUTIONS = [
    K.random_uniform,
    K.random_normal,
    K.truncated_normal,
    lambda shape, **o: K.random_binomial(shape, 0.3, **o),
]


def distance(sample, distribution):
    """The statistic of Kolmogorov and Smirnov, times the root of the sample's size: rarely above 1.9."""
    ordered = np.sort(np.ravel(sample)).astype("float64")
    expected = distribution(ordered)
    steps = np.arange(ordered.size + 1) / ordered.size
    return math.sqrt(ordered.size) * max(np.max(expected - steps[:-1]), np.max(steps[1:] - expected))


def normal_below(x):
    return 0.5 + 0.5 * np.vectorize(math.erf)(x / math.sqrt(2))


def truncated_below(x):
    return (normal_below(x) - normal_below(-2.0)) / (normal_below(2.0) - normal_below(-2.0))


# ---------------------------------------------------------------------------------------------------------- generator


def test_hash_is_splitmix64():
    # The first numbers of the reference implementation (S. Vigna's splitmix64.c) started at 1234567.
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert draws.bits(np, np.uint64(1234567), None, 0, 5).tolist() == expected


def test_places_of_a_draw_are_independent_of_its_size():
    whole = draws.drawn(np, draws.normal, (3, 0), (40000,), np.dtype("float64"))
    np.testing.assert_array_equal(whole[:10], draws.drawn(np, draws.normal, (3, 0), (10,), np.dtype("float64")))
    np.testing.assert_array_equal(
        whole[39990:], draws.normal(np, draws._started(np, (3, 0))[1], whole.dtype, 39990, 10)
    )


def test_bits_are_those_of_numpy_when_compiled_and_when_traced():
    import jax

    def draw(seed, run):
        return draws.drawn(jax.numpy, draws.bits, (seed, run), (50,), np.dtype("uint64"))

    expected = draws.drawn(np, draws.bits, (7, 5), (50,), np.dtype("uint64"))
    with jax.enable_x64(True):
        np.testing.assert_array_equal(jax.jit(draw)(7, np.uint64(5)), expected)
        np.testing.assert_array_equal(jax.jit(draw, static_argnums=0)(7, np.uint64(5)), expected)
        np.testing.assert_array_equal(draw(7, 5), expected)


@pytest.mark.parametrize(
    "dtype, most", [("float32", 1 - 2**-24), ("float64", 1 - 2**-53), ("float16", 1 - 2**-11), ("bfloat16", 1 - 2**-8)]
)
def test_uniform_never_reaches_1(dtype, most, monkeypatch):
    monkeypatch.setattr(draws, "_hashed", lambda z: np.full_like(z, 2**64 - 1))
    for f in DISTRIBUTIONS:
        assert np.isfinite(K.get_value(f((3,), dtype=dtype, seed=1)).astype("float64")).all()
    assert (K.random_uniform((3,), dtype=dtype).numpy().astype("float64") == most).all()
    monkeypatch.setattr(draws, "_hashed", np.zeros_like)
    assert (K.random_uniform((3,), dtype=dtype).numpy() == 0).all()
    for f in DISTRIBUTIONS:
        assert np.isfinite(K.get_value(f((3,), dtype=dtype, seed=1)).astype("float64")).all()


# ------------------------------------------------------------------------------------------------------- distributions


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_distributions(dtype):
    uniform = K.random_uniform(MANY, dtype=dtype, seed=1).numpy()
    assert uniform.min() >= 0 and uniform.max() < 1 and distance(uniform, lambda x: x) < 1.9
    scaled = K.random_uniform(MANY, -3.0, 5.0, dtype=dtype, seed=2).numpy()
    assert scaled.min() >= -3 and scaled.max() <= 5 and distance(scaled, lambda x: (x + 3) / 8) < 1.9
    normal = K.random_normal(MANY, 10.0, 2.0, dtype=dtype, seed=3).numpy()
    assert distance((normal - 10) / 2, normal_below) < 1.9
    truncated = K.truncated_normal(MANY, dtype=dtype, seed=4).numpy()
    assert abs(truncated).max() <= 2 and distance(truncated, truncated_below) < 1.9
    ones = K.random_binomial(MANY, 0.3, dtype=dtype, seed=5).numpy()
    assert set(np.unique(ones)) == {0, 1} and abs(ones.mean() - 0.3) < 0.006


def test_moments_and_correlations():
    x = K.random_normal((100000,), seed=11).numpy().astype("float64")
    assert abs(x.mean()) < 0.015 and abs(x.var() - 1) < 0.02
    assert abs((x**3).mean()) < 0.04 and abs((x**4).mean() - 3) < 0.12
    for lag in (1, 2, 3, 64, 128):
        assert abs((x[lag:] * x[:-lag]).mean()) < 0.015


def test_bits_are_even():
    numbers = draws.drawn(np, draws.bits, (9, 0), (20000,), np.dtype("uint64"))
    ones = ((numbers[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)).mean(0)
    assert abs(ones - 0.5).max() < 0.018  # five standard deviations


def test_integers():
    values = K.random_uniform(MANY, -2, 4, dtype="int32", seed=1).numpy()
    assert values.dtype == "int32"
    counts = np.bincount(values.ravel() + 2, minlength=6)
    assert len(counts) == 6 and abs(counts - values.size / 6).max() < 600
    wide = K.random_uniform((1000,), -(2**63), 2**63 - 1, dtype="int64", seed=1).numpy()
    assert wide.min() < -(2**62) and wide.max() > 2**62
    with pytest.raises(ValueError, match="maxval"):
        K.random_uniform((2,), 0, None, dtype="int32")
    with pytest.raises(ValueError, match="minval"):
        K.random_uniform((2,), 5, 5, dtype="int32")
    with pytest.raises(TypeError, match="random_uniform"):
        K.random_uniform((2,), maxval=10, dtype="int32")  # the default of minval is a float


def test_parameters_may_be_tensors():
    mean, scale = K.constant([0.0, 100.0, 1000.0]), K.constant([[1.0], [0.0]])
    x = K.random_normal((2, 3), mean, scale).numpy()
    assert x[1].tolist() == [0, 100, 1000] and (x[0] != x[1]).all()
    assert K.random_normal((3,), mean=np.ones((2, 3))).shape == (2, 3)
    u = K.random_uniform((1000, 3), mean, mean + 1.0).numpy()
    assert (u >= mean.numpy()).all() and (u <= mean.numpy() + 1).all()
    assert K.random_binomial((500, 2), K.constant([0.0, 1.0])).numpy().mean(0).tolist() == [0, 1]
    m = K.placeholder(shape=(3,))
    shifted = K.truncated_normal((50, 3), m, 0.25)
    assert K.int_shape(shifted) == (50, 3)
    (value,) = K.function([m], [shifted])([[0, 10, 20]])
    assert (abs(value - [0, 10, 20]) <= 0.5).all()
    (slope,) = K.function([m], K.gradients(shifted, [m]))([[0, 10, 20]])
    assert slope.tolist() == [50, 50, 50]
    for f in (K.random_normal, K.random_uniform, K.truncated_normal, K.random_binomial):
        with pytest.raises(TypeError, match=f"{f.__name__}"):
            f((3,), K.constant(1.0, "float64"))


@pytest.mark.parametrize("f", DISTRIBUTIONS)
def test_dtypes(f):
    for dtype in ("float16", "bfloat16", "float32", "float64"):
        assert K.dtype(f((2, 3), dtype=dtype)) == dtype
    for dtype in ("uint8", "bool", "complex64", "nonsense"):
        with pytest.raises(TypeError):
            f((2,), dtype=dtype)
    K.set_floatx("float64")
    assert K.dtype(f((2,))) == "float64"


@pytest.mark.parametrize("f", DISTRIBUTIONS)
def test_shapes(f):
    for shape in (
        (),
        [],
        (2, 3),
        [2],
        np.array([2, 2]),
        K.constant([2, 1], "int32"),
        (K.constant(2, "int32"), 1),
        (0, 3),
    ):
        assert list(f(shape).shape) == np.asarray([int(d) for d in shape]).tolist()
    for bad, error in [
        ((-1, 2), ValueError),
        ((None, 2), ValueError),
        (None, ValueError),
        ("ab", TypeError),
        ((2.5,), TypeError),
    ]:
        with pytest.raises(error, match=r"\(\)"):
            f(bad)
        with kjax.graph_mode(), pytest.raises(error, match=r"\(\)"):
            f(bad)


def test_symbolic_shapes():
    x = K.placeholder(shape=(None, 3))
    outputs = [f(shape) for f in DISTRIBUTIONS for shape in (K.shape(x), (K.shape(x)[0], 2))]
    assert [K.int_shape(t) for t in outputs] == [(None, 3), (None, 2)] * 4
    for result, columns in zip(K.function([x], outputs)([np.zeros((5, 3))]), [3, 2] * 4, strict=True):
        assert result.shape == (5, columns)


# --------------------------------------------------------------------------------------------------------------- seeds


def everything(*_):
    options = {"seed": 42}
    return [f((3, 4), **options) for f in DISTRIBUTIONS] + [
        K.random_normal((3,), dtype="float64", **options),
        K.random_uniform((3,), 0, 1000, dtype="int64", **options),
    ]


def test_a_seed_gives_the_same_numbers():
    for one, two in zip(everything(), everything(), strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
    seeds = [0, 1, 2, -1, 2**40, 2**63 - 5, np.int64(77)]
    drawn = [K.random_normal((1000,), seed=seed).numpy() for seed in seeds]
    for i, one in enumerate(drawn):
        for two in drawn[:i]:
            assert abs((one * two).mean()) < 0.15
    with pytest.raises(TypeError, match="seed"):
        K.random_normal((1,), seed=1.5)
    with pytest.raises(TypeError, match="seed"):
        K.dropout(K.ones((1,)), 0.5, seed="a")


def test_numpy_settles_seeds_that_are_not_given():
    def program():
        np.random.seed(5)
        return [
            K.random_normal((2,)).numpy(),
            K.random_normal((2,)).numpy(),
            K.random_uniform_variable((2,), 0, 1).numpy(),
        ]

    one, two = program(), program()
    np.testing.assert_array_equal(one, two)
    assert (one[0] != one[1]).all()


def test_runs_differ_and_programs_repeat():
    def program():
        K.clear_session()
        f = K.function([], everything())
        return [f([]), f([]), f([])]

    with kjax.graph_mode():
        first, again = program(), program()
        for one, two in zip(first, again, strict=True):
            for a, b in zip(one, two, strict=True):
                np.testing.assert_array_equal(a, b)
        for i in range(3):
            one, two = first[i], first[i - 1]
            assert all((a != b).any() for a, b in zip(one, two, strict=True))
        x = K.random_normal((3,), seed=1)
        assert (K.eval(x) != K.eval(x)).all()


def test_one_node_has_one_value_in_a_run():
    x = K.placeholder(shape=())
    noise = K.random_normal(K.shape(K.stack([x, x])))
    one, two, other = K.function([x], [noise, noise * 2, K.random_normal(K.shape(K.stack([x, x])))])([0.0])
    np.testing.assert_array_equal(one * 2, two)
    assert (one != other).all()


def test_compiled_numbers_are_those_of_numpy():
    """The same seed and number of the run give the same numbers, compiled or operation by operation."""
    with kjax.graph_mode():
        targets = everything()
        K.clear_session()
        compiled = K.function([], targets)([])
        K.clear_session()
        in_numpy = kjax.core.function.run(targets)
    for a, b in zip(
        compiled[:1] + compiled[3:4] + compiled[5:], in_numpy[:1] + in_numpy[3:4] + in_numpy[5:], strict=True
    ):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(compiled, in_numpy, strict=True):
        np.testing.assert_allclose(a, b, 1e-5, 1e-6)


# ----------------------------------------------------------------------------------------------------------- variables


def test_variables():
    v = K.random_normal_variable((200, 50), 3.0, 0.5, name="weights", seed=1)
    assert v.name == "weights:0" and K.dtype(v) == "float32" and K.is_keras_tensor(v) is False
    np.testing.assert_array_equal(v.numpy(), K.random_normal((200, 50), 3.0, 0.5, seed=1).numpy())
    u = K.random_uniform_variable((2, 3), 1.0, 2.0, "float64")
    assert K.dtype(u) == "float64" and ((u.numpy() >= 1) & (u.numpy() < 2)).all()
    K.set_value(u, np.zeros((2, 3)))
    assert K.get_value(u).sum() == 0
    whole = K.random_uniform_variable((20,), 0, 3, "int32")
    assert set(whole.numpy().tolist()) == {0, 1, 2}
    with kjax.graph_mode():
        w = K.random_normal_variable((2,), 0.0, 1.0)
        assert (K.eval(w) == K.eval(w)).all()
    for f in (K.random_normal_variable, K.random_uniform_variable):
        with pytest.raises(ValueError):
            f((2, None), 0.0, 1.0)
        with pytest.raises(TypeError):
            f((2,), 0.0, 1.0, "bool")


# ------------------------------------------------------------------------------------------------------------- dropout


def test_dropout_in_all_modes():
    x = np.full((40, 50), 3.0, "float32")
    results = in_all_modes(
        lambda x: [
            K.dropout(x, 0.25),
            K.dropout(x, 0.5, (None, 1)),
            K.dropout(x, 0.5, (1, 50)),
            K.dropout(x, 0),
            K.dropout(x, 0.5, (50,)),
        ],
        x,
    )
    for plain, rows, columns, nothing, vector in results.values():
        assert plain.dtype == "float32" and set(np.unique(plain)) == {0, 4}
        assert abs((plain == 0).mean() - 0.25) < 0.06
        assert set(np.unique(rows)) == {0, 6} and (rows == rows[:, :1]).all()
        for same in (columns, vector):
            assert set(np.unique(same)) == {0, 6} and (same == same[:1]).all()
        np.testing.assert_array_equal(nothing, x)


def test_dropout_draws_a_mask_in_each_run_and_uses_it_in_the_gradient():
    x = K.placeholder(shape=(None, 100))
    y = K.dropout(x, 0.5, seed=7)
    f = K.function([x], [y, K.gradients(K.sum(y), [x])[0]])
    ones = np.ones((3, 100))
    (first, slope), (second, _) = f([ones]), f([ones])
    np.testing.assert_array_equal(first, slope)
    assert (first != second).any()
    assert abs((first * second).mean() - 1) < 0.4


def test_noise_shape_may_be_symbolic():
    x = K.placeholder(shape=(None, 4))
    size = K.shape(x)
    outputs = [
        K.dropout(x, 0.5, (size[0], 1)),
        K.dropout(x, 0.5, K.stack([1, size[1]])),
        K.dropout(x, 0.5, (size[0], None)),
    ]
    rows, columns, plain = K.function([x], outputs)([np.ones((30, 4))])
    assert (rows == rows[:, :1]).all() and (columns == columns[:1]).all() and (plain != plain[:, :1]).any()
    assert [K.int_shape(t) for t in outputs] == [(None, 4)] * 3
    unknown = K.placeholder()
    assert K.function([unknown], [K.dropout(unknown, 0.5)])([np.ones((2, 3))])[0].shape == (2, 3)
    assert K.int_shape(K.dropout(K.placeholder(shape=(None, None)), 0.5, (5, 1))) == (5, None)


def test_level_may_change():
    level = K.variable(0.0)
    with kjax.graph_mode():
        f = K.function([], [K.dropout(K.ones((1000,)), level)])
        assert f([])[0].min() == 1
        K.set_value(level, 0.75)
        assert set(np.unique(f([])[0])) == {0, 4}
    assert set(np.unique(K.dropout(K.ones((1000,)), level).numpy())) == {0, 4}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_dtypes_of_dropout(dtype):
    y = K.dropout(K.ones((2000,), dtype), 0.5, seed=1)
    assert K.dtype(y) == dtype and abs(K.get_value(y).astype("float64").mean() - 1) < 0.15


def test_errors_of_dropout():
    for x in (K.ones((4, 3)), K.placeholder(shape=(4, 3))):
        for level in (1, 1.0, 1.5, -0.1, None, "a"):
            with pytest.raises(ValueError, match=r"dropout\(\).*level"):
                K.dropout(x, level)
        for noise in ((2, 1), (4, 3, 1), (-1, 3), (None, 3, None), (None,)):
            with pytest.raises(ValueError, match=r"dropout\(\)"):
                K.dropout(x, 0.5, noise)
        for noise in (("a", 1), "ab", 3):
            with pytest.raises(TypeError, match=r"dropout\(\)"):
                K.dropout(x, 0.5, noise)
    for level in (0, 0.5):
        with pytest.raises(TypeError, match=r"dropout\(\)"):
            K.dropout(K.constant([1], "int32"), level)


DRAWN_INSIDE = {
    "map_fn": lambda x: K.map_fn(lambda e: e * 0 + K.random_normal((1,)), x),
    "map_fn of a constant": lambda x: K.map_fn(
        lambda e: e * 0 + K.dropout(K.ones((1,)) * 3, 0.5) * K.random_uniform(()), x
    ),
    "foldl": lambda x: K.foldl(lambda s, e: K.concatenate([s[1:], e * 0 + K.random_normal((1,))]), x, K.zeros((50,))),
    "rnn": lambda x: K.rnn(lambda t, s: (t * 0 + K.random_normal((1, 1)), s), K.expand_dims(x, 0), [])[1],
}


@pytest.mark.parametrize("name", DRAWN_INSIDE)
@pytest.mark.parametrize("graph", [False, True])
def test_numbers_drawn_inside_a_loop_differ_from_step_to_step_and_run_to_run(name, graph):
    with kjax.graph_mode() if graph else kjax.eager_mode():
        x = K.placeholder((50, 1))
        f = K.function([x], [DRAWN_INSIDE[name](x)])
    first, second = (f([np.ones((50, 1))])[0].ravel() for _ in range(2))
    assert len({*first.tolist()}) >= 20 and not np.array_equal(first, second)


def test_numbers_drawn_inside_a_branch_differ_from_run_to_run():
    x = K.placeholder(())
    f = K.function([x], [K.switch(x > 0, lambda: K.random_normal((3,)), lambda: K.zeros((3,)))])
    assert not np.array_equal(f([1.0])[0], f([1.0])[0]) and not f([-1.0])[0].any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "draw",
    [
        lambda x: K.dropout(x, 0.5, seed=3),
        lambda x: x * 0 + K.random_normal((1000,), seed=3),
        lambda x: x * 0 + K.random_uniform((1000,), seed=3),
        lambda x: x * 0 + K.cast(K.random_uniform((1000,), 0, 9, "int32", seed=3), "float32"),
        lambda x: x * 0 + K.truncated_normal((1000,), seed=3),
        lambda x: x * 0 + K.random_binomial((1000,), 0.5, seed=3),
    ],
)
def test_under_the_programs_own_jit_with_32_bit_types(draw):
    import jax
    import jax.numpy as jnp

    found = jax.jit(lambda x: jnp.asarray(draw(x)))(jnp.ones(1000))
    np.testing.assert_allclose(found, draw(K.ones((1000,))).numpy(), 1e-5)
    assert found.std() > 0.1


def test_random_bernoulli_is_random_binomial():
    found = K.random_bernoulli((1000,), 0.25, "float64", seed=1)
    np.testing.assert_array_equal(found, K.random_binomial((1000,), 0.25, "float64", seed=1))
    assert found.dtype == "float64" and 200 < found.numpy().sum() < 300
    assert not K.random_bernoulli((100,)).numpy().any()
    with pytest.raises(TypeError, match=r"random_bernoulli\(\): dtype must be one of"):
        K.random_bernoulli((2,), 0.5, "int32")
