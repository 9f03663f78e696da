"""What notebooks show of tensors, functions and sessions."""

import base64
import io
import re

import jax
import numpy as np
import pytest

import kjax
from kjax import backend as K


def images(shown):
    """The pictures in a piece of HTML, as arrays."""
    read = pytest.importorskip("PIL.Image")
    files = re.findall(r'src="data:image/png;base64,([^"]*)"', shown)
    return [np.asarray(read.open(io.BytesIO(base64.b64decode(file)))) for file in files]


def test_values():
    shown = K.constant([[1.0, 2.0]])._repr_html_()
    assert "kjax.Tensor shape=(1, 2) dtype=float32 device=cpu" in shown and "<pre>[[1. 2.]]</pre>" in shown
    assert "kjax.Variable &#x27;&lt;w&gt;:0&#x27; shape=()" in K.variable(1.0, name="<w>")._repr_html_()
    large = K.zeros((3000, 3000))._repr_html_()
    assert len(large) < 5000 and "..." in large
    assert "<pre>[]</pre>" in K.constant(np.zeros((0, 28, 28, 1)))._repr_html_()


def test_promises():
    x = K.placeholder((None, 3), name="<x>")
    assert "&lt;x&gt;:0&#x27; shape=(None, 3) dtype=float32" in x._repr_html_()
    assert "Exp(&lt;x&gt;:0)" in K.exp(x)._repr_html_()


def test_what_jax_traces():
    told = []
    jax.jit(lambda x: told.append(kjax.as_tensor(x)._repr_html_()))(np.ones((16, 16), np.float32))
    assert "device=traced" in told[0] and "<img" not in told[0]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.eye(16, dtype=np.float32), np.eye(16) * 255),
        (np.full((9, 8, 1), 0.2, np.float32), np.full((9, 8), 51)),
        (np.full((8, 9, 3), 7, np.uint8), np.full((8, 9, 3), 7)),
        (np.full((8, 8, 3), 200, np.int64), np.full((8, 8, 3), 200)),
        (np.ones((8, 8, 1), bool), np.full((8, 8), 255)),
        (np.eye(16, dtype=np.float32) * -3, 255 - np.eye(16) * 255),
        (np.full((16, 16), np.nan, np.float32), np.zeros((16, 16))),
        (np.repeat(np.eye(2, dtype=np.uint8), 200, 1)[:, :, None].repeat(100, 0), None),
    ],
)
def test_pictures_of_images(array, expected):
    (picture,) = images(K.constant(array, dtype=array.dtype.name)._repr_html_())
    if expected is None:
        assert picture.shape == (50, 100)  # thinned out
    else:
        assert np.array_equal(picture, expected)


@pytest.mark.parametrize("shape", [(7, 28), (4, 4), (28,), (8, 8, 2), (8, 100), (2, 3, 8, 8, 1)])
def test_other_arrays_have_no_picture(shape):
    assert "<img" not in K.zeros(shape)._repr_html_()


def test_batches():
    assert len(images(K.zeros((20, 8, 8, 3))._repr_html_())) == 8
    K.set_image_data_format("channels_first")
    assert [picture.shape for picture in images(K.zeros((2, 3, 8, 10))._repr_html_())] == [(8, 10, 3)] * 2


def test_functions_and_sessions():
    x, w = K.placeholder((None, 3), name="x"), K.variable(np.ones((3, 2)), name="w")
    f = K.function([x], [K.dot(x, w), None], updates=[(w, w + K.sum(x))], name="step")
    assert re.fullmatch(
        r"<kjax function 'step': \(x \(None, 3\) float32\) -> \(MatMul\w* \(None, 2\) float32, None\), updates w:0>",
        repr(f),
    )
    rows = re.findall(r"<tr><td><code>(\w+)</code></td><td><code>(\w+)</code>", f._repr_html_())
    assert ("input", "x") in rows and ("updates", "w") in rows and "kjax function &#x27;step&#x27;" in f._repr_html_()
    assert "<code>state</code>" in kjax.pure(f)._repr_html_()
    session = K.get_session()
    session.run(K.exp(w))
    assert repr(session) == "<kjax session with 1 compiled function>"
    assert "<code>computes</code>" in session._repr_html_()
    many = K.function([K.placeholder((), name=f"x{i}") for i in range(40)], [w])
    assert "... and 12 more" in many._repr_html_()
