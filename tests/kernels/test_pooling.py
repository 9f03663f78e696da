"""Pooling, whatever the way it takes for a size of window, against pooling by its definition."""

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from kjax.kernels import pooling
from kjax.machine import config
from sliding import moved, windowed

R = np.random.RandomState(0)
LAST, FIRST = "channels_last", "channels_first"
# Small windows that overlap or don't; large ones of both kinds; one that is the only one; windows with gaps.
FORMS = [
    ((2, 3), (1, 1), "valid"),
    ((3, 2), (2, 1), "same"),
    ((2, 2), (2, 2), "valid"),
    ((2, 3), (2, 3), "same"),
    ((1, 2), (2, 3), "same"),
    ((6, 5), (6, 7), "valid"),
    ((6, 5), (6, 5), "same"),
    ((6, 5), (2, 1), "same"),
    ((12, 13), (1, 1), "valid"),
]
# Windows whose size and stride have a divisor in common.
OVERLAPPING = [((6, 4), (4, 2), "same"), ((8, 6), (4, 4), "valid")]
VOLUMES = [((2, 1, 2), (1, 1, 1), "same"), ((2, 2, 2), (2, 2, 2), "valid"), ((4, 4, 3), (1, 1, 1), "same")]


def images(kind, *shape):
    return R.randn(*shape) if kind == "distinct" else R.randint(0, 2, shape) * 1.0


def greatest(x, sizes, *how):
    windows = windowed(np.where(np.isnan(x), -np.inf, x), sizes, *how, filler=-np.inf)
    return windows.max(tuple(range(-1 - len(sizes), -1)), initial=-np.inf)


def mean(x, sizes, *how):
    axes = tuple(range(-1 - len(sizes), -1))
    return windowed(x, sizes, *how).sum(axes) / windowed(np.ones_like(x), sizes, *how).sum(axes)


def slope_of_greatest(x, change, shared, sizes, *how):
    """The gradient by its definition: `change` goes to the first of the greatest elements of a window, or to each."""
    axes = tuple(range(-1 - len(sizes), -1))
    chosen = windowed(x, sizes, *how, filler=-np.inf) == np.expand_dims(greatest(x, sizes, *how), axes)
    rows = np.moveaxis(chosen, -1, len(sizes) + 1).reshape(-1, np.prod(sizes))
    if not shared:
        rows = rows & (rows.cumsum(1) == 1)
    places = windowed(np.arange(x.size).reshape(x.shape), sizes, *how, filler=-1)
    places = np.moveaxis(places, -1, len(sizes) + 1).reshape(rows.shape)
    slope = np.zeros(x.size)
    np.add.at(slope, places[rows], np.broadcast_to(change.reshape(-1, 1), rows.shape)[rows])
    return slope.reshape(x.shape)


def together(kernel, forms, x, changes=()):
    """What a kernel gives for each form and, for changes of that, the gradients: all by one program."""

    def run(x, changes):
        if not changes:
            return [kernel(x, *form) for form in forms], []
        pairs = [jax.vjp(lambda x, form=form: kernel(x, *form), x) for form in forms]
        return [out for out, _ in pairs], [back(c)[0] for (_, back), c in zip(pairs, changes, strict=True)]

    with jax.enable_x64(True):
        return jax.tree.map(np.asarray, jax.jit(run)(x, list(changes)))


# --------------------------------------------------------------------------------------------------------------- maxima


@pytest.mark.parametrize("kind", ["distinct", "ties"])
@pytest.mark.parametrize("shared", [False, True])
def test_maxima_and_who_has_their_gradient(shared, kind):
    data_format = FIRST if (kind == "ties") == shared else LAST
    for shape, forms in (((1, 12, 13, 2), FORMS), ((2, 5, 5, 4, 1), VOLUMES)):
        x = images(kind, *shape)

        def kernel(x, *form):
            return pooling.max_pooled(jnp, x, *form, data_format, shared)

        changes = [R.randn(*greatest(x, *form).shape) for form in forms]
        found, slopes = together(kernel, forms, moved(x, data_format), [moved(c, data_format) for c in changes])
        for form, out, change, slope in zip(forms, found, changes, slopes, strict=True):
            np.testing.assert_array_equal(out, moved(greatest(x, *form), data_format))
            expected = slope_of_greatest(x, change, shared, *form)
            np.testing.assert_allclose(slope, moved(expected, data_format), 1e-9, 1e-9)


def test_maxima_by_xlas_operation_are_the_same():
    x, forms = images("ties", 1, 12, 13, 2), FORMS[1::3]
    changes = [R.randn(*greatest(x, *form).shape) for form in forms]
    found, slopes = together(lambda x, *f: pooling.plain_max(x, *f, LAST, np.float64(-np.inf)), forms, x, changes)
    for form, out, change, slope in zip(forms, found, changes, slopes, strict=True):
        np.testing.assert_array_equal(out, greatest(x, *form))
        np.testing.assert_allclose(slope, slope_of_greatest(x, change, False, *form), 1e-9, 1e-9)


def test_what_is_no_number_is_never_the_greatest():
    x = R.randn(1, 12, 13, 2)
    x[R.rand(*x.shape) < 0.3] = np.nan
    x[:, :3, :4], x[:, 8:, 9:, 0] = np.nan, -np.inf
    found, _ = together(lambda x, *form: pooling.max_pooled(jnp, x, *form, LAST), FORMS, x)
    for form, out in zip(FORMS, found, strict=True):
        np.testing.assert_array_equal(out, greatest(x, *form))
    assert any(np.isneginf(out).any() for out in found)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", ml_dtypes.bfloat16, "float32"])
def test_maxima_of_every_dtype(dtype):
    x = R.randint(0, 200, (1, 12, 13, 2)).astype(dtype)
    lowest = np.full_like(x, np.iinfo(dtype).min if x.dtype.kind in "iu" else -200)
    for array in (x, lowest):
        forms = [FORMS[1], FORMS[6], FORMS[7]]
        found, _ = together(lambda x, *form: pooling.max_pooled(jnp, x, *form, LAST), forms, array)
        for form, out in zip(forms, found, strict=True):
            assert out.dtype == dtype
            np.testing.assert_array_equal(out.astype(float), greatest(array.astype(float), *form))


# ------------------------------------------------------------------------------------------------------------- averages


@pytest.mark.parametrize("data_format", [LAST, FIRST])
def test_averages(data_format):
    for shape, forms in (((2, 12, 13, 2), [*FORMS, *OVERLAPPING]), ((2, 5, 5, 4, 1), VOLUMES)):
        x, direction = R.randn(*shape), R.randn(*shape)

        def kernel(x, *form):
            return pooling.average_pooled(jnp, x, *form, data_format)

        changes = [R.randn(*mean(x, *form).shape) for form in forms]
        found, slopes = together(kernel, forms, moved(x, data_format), [moved(c, data_format) for c in changes])
        for form, out, change, slope in zip(forms, found, changes, slopes, strict=True):
            np.testing.assert_allclose(out, moved(mean(x, *form), data_format), 1e-9)
            # It is linear: along a direction, the gradient gives the average of the direction.
            along = (slope * moved(direction, data_format)).sum()
            np.testing.assert_allclose(along, (change * mean(direction, *form)).sum(), 1e-9)


def test_averages_of_halves_and_of_what_is_no_number():
    for dtype in (np.float16, ml_dtypes.bfloat16):
        found = pooling.average_pooled(jnp, jnp.ones((1, 100, 100, 1), dtype), (100, 100), (1, 1), "valid", LAST)
        assert found.dtype == dtype and found.item() == 1  # though 16 bits can't count to 10000
    x = np.array([1.0, np.nan, 3.0, np.inf, 5.0, 7.0], "float32").reshape(1, 6, 1, 1)
    for strides in ((1, 1), (2, 1)):
        found = pooling.average_pooled(jnp, x, (2, 1), strides, "valid", LAST)
        np.testing.assert_array_equal(found, mean(x, (2, 1), strides, "valid"))


@pytest.mark.parametrize("shape", [(0, 12, 13, 1), (1, 12, 13, 0)], ids=str)
def test_of_nothing(shape):
    for kernel in (pooling.max_pooled, pooling.average_pooled):
        forms = FORMS[:1] + FORMS[6:8]
        found, _ = together(lambda x, *form, kernel=kernel: kernel(jnp, x, *form, LAST), forms, np.zeros(shape))
        for form, out in zip(forms, found, strict=True):
            assert out.shape == mean(np.ones(shape), *form).shape and out.size == 0


# ------------------------------------------------------------------------------------------------------ windows as axes


def test_whether_windows_share_elements():
    dims = (1, 12, 13, 2)
    assert [pooling.disjoint(dims, *form, LAST) for form in FORMS] == [
        False, False, True, True, True, True, True, False, True,
    ]  # fmt: skip
    assert pooling.disjoint((1, 2, 12, 13), (6, 5), (6, 5), "same", FIRST)
    assert not pooling.disjoint((1, 2, 12, 13), (6, 5), (6, 4), "same", FIRST)


def test_views_hold_the_windows():
    x = R.randn(2, 12, 13, 3).astype("float32")
    apart = [form for form in FORMS if pooling.disjoint(x.shape, *form, LAST)]
    for view_of, forms in ((pooling.gathered, FORMS), (pooling.as_axes, apart)):
        found, _ = together(lambda x, *form, of=view_of: of(x, *form, LAST, np.float32(-7))[0], forms, x)
        for form, view in zip(forms, found, strict=True):
            expected = windowed(x, *form, filler=-7)
            np.testing.assert_array_equal(view, np.moveaxis(expected, (3, 4), (2, 4)))


@pytest.mark.parametrize(
    ("dims", "sizes", "data_format"),
    [
        ((4, 64, 63, 9), (2, 3), LAST),
        ((3, 6, 60, 128), (3, 2), FIRST),
        ((2, 20, 20, 20, 3), (2, 2, 2), LAST),
    ],
)
def test_averages_of_a_few_neighbours_are_sums_of_slices(dims, sizes, data_format):
    x = jnp.asarray(R.randn(*dims), "float32")

    def average(x):
        return pooling.average_pooled(jnp, x, sizes, sizes, "same", data_format)

    def results():
        slopes = jax.grad(lambda x: (average(x) ** 2).sum())
        return average(x), slopes(x), jax.jvp(average, (x,), (x,))[1]

    assert "custom_jvp" in str(jax.make_jaxpr(average)(x))
    found = results()
    with config.plainly():
        expected = results()
    for one, two in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, two, 1e-5, 1e-5)
