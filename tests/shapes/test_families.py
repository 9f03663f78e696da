import numpy as np
import pytest

from kjax import backend as K
from kjax import shapes
from kjax.core.shape import Shape


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((2, 3), (3,), (2, 3)),
        ((None, 3), (1, 3), (None, 3)),
        ((None,), (None,), (None,)),
        ((None,), (4,), (4,)),
        ((None,), (1,), (None,)),
        ((), (2,), (2,)),
        ((0, 1), (1, 5), (0, 5)),
    ],
)
def test_broadcasting(a, b, expected):
    assert shapes.broadcast("f()", Shape(a), Shape(b)) == expected == shapes.broadcast("f()", Shape(b), Shape(a))


def test_broadcasting_that_fails_or_is_unknown():
    with pytest.raises(ValueError, match=r"f\(\): shapes \(2,\) and \(3,\) don't broadcast"):
        shapes.broadcast("f()", Shape((2,)), Shape((3,)))
    assert shapes.broadcast("f()", Shape((2,)), Shape.UNKNOWN) is Shape.UNKNOWN


@pytest.mark.parametrize(
    ("x", "wanted", "expected"),
    [
        ((2, 6), (3, 4), (3, 4)),
        ((2, 6), (-1, 4), (3, 4)),
        ((None, 6), (-1, 4), (None, 4)),
        ((None, 6), (3, 4), (3, 4)),
        (None, (-1, 2), (None, 2)),
        ((0, 3), (0, 5), (0, 5)),
        ((0, 3), (-1, 5), (0, 5)),
    ],
)
def test_reshaping(x, wanted, expected):
    assert shapes.reshaped("f()", K.placeholder(shape=x), wanted) == expected


@pytest.mark.parametrize("wanted", [(5, 2), (-1, 5), (-1, -1), (-2, 6)])
def test_reshaping_that_fails(wanted):
    with pytest.raises(ValueError, match=r"f\(\)"):
        shapes.reshaped("f()", K.placeholder(shape=(2, 6)), wanted)


def test_reductions():
    x = K.placeholder(shape=(2, None, 4))
    assert shapes.reduction("f()", x, None) == () and shapes.reduction("f()", x, None, True) == (1, 1, 1)
    assert shapes.reduction("f()", x, -1) == (2, None) and shapes.reduction("f()", x, (0, 2), True) == (1, None, 1)
    assert shapes.reduction("f()", K.placeholder(), 0) is Shape.UNKNOWN
    assert shapes.reduction("f()", K.placeholder(), None) == ()
    with pytest.raises(ValueError, match=r"f\(\): axis 3 is out of range"):
        shapes.reduction("f()", x, 3)
    with pytest.raises(TypeError, match="must be an integer"):
        shapes.axis_in("f()", "a", 2)


def test_probing_a_kernel_that_fits_no_family():
    rule = shapes.probe(lambda xp, x, n: (xp.concatenate([x] * n, 0), xp.sum(x, 0)))
    assert rule("f()", K.placeholder(shape=(None, 3)), 2) == [(None, 3), (3,)]
    assert rule("f()", K.placeholder(), 2) is Shape.UNKNOWN
    single = shapes.probe(lambda xp, x: xp.transpose(x))
    assert single("f()", K.placeholder(shape=(None, 3))) == (3, None)


@pytest.mark.parametrize("shape", [(2, 3), (None, 3), (None, None), None])
def test_a_static_shape_never_contradicts_what_comes_out(shape):
    x = K.placeholder(shape=shape)
    outs = [
        K.square(x),
        x[0],
        x[:, None],
        x[..., 1:],
        K.shape(x),
        K.ones_like(x),
        K.cast(x, "int32"),
        x @ K.ones((3, 5)),
    ]
    results = K.function([x], outs)([np.ones((2, 3))])
    for out, result in zip(outs, results, strict=True):
        assert out.shape.is_compatible_with(result.shape), out
