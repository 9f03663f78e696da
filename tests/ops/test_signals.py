import numpy as np
import pytest

from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops import signals

R = np.random.RandomState(0)
X = R.randn(2, 3, 6)
Z = (R.randn(2, 3, 4) + 1j * R.randn(2, 3, 4)).astype("complex64")


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_there_and_back(axes):
    (there,) = agreed(lambda z: signals.fft(z, axes), Z, rtol=1e-5)
    np.testing.assert_allclose(there, np.fft.fftn(Z, axes=range(-axes, 0)), 1e-4, 1e-4)
    np.testing.assert_allclose(signals.ifft(there, axes).numpy(), Z, 1e-4, 1e-5)
    (there,) = agreed(lambda x: signals.rfft(x, axes), X.astype("float32"), rtol=1e-4)
    np.testing.assert_allclose(there, np.fft.rfftn(X, axes=range(-axes, 0)), 1e-4, 1e-4)
    np.testing.assert_allclose(signals.irfft(there, axes).numpy(), X, 1e-4, 1e-5)


def test_other_lengths():
    (there,) = agreed(lambda x: signals.rfft(x, 2, [4, 9]), X)
    np.testing.assert_allclose(there, np.fft.rfftn(X, [4, 9], [-2, -1]), 1e-9, 1e-9)
    (back,) = agreed(lambda z: signals.irfft(z, 2, [4, 9]), there)
    np.testing.assert_allclose(back, np.fft.irfftn(there, [4, 9], [-2, -1]), 1e-9, 1e-9)
    x, n = K.placeholder((2, None)), K.placeholder((1,), dtype="int32")
    there = signals.rfft(x, 1, n)
    assert there.shape == (2, None) and signals.rfft(x).shape == (2, None)
    assert signals.irfft(K.placeholder((None, 5), dtype="complex64")).shape == (None, 8)
    for wrong in ([2, 2], 3, [-1], [1.5]):
        with pytest.raises(ValueError, match="fft_length"):
            signals.rfft(X, 1, wrong)
    for function in (signals.fft, signals.ifft, signals.irfft):
        with pytest.raises(ValueError, match="rank 2"):
            function(Z[0, 0], 2)
        with pytest.raises(TypeError):
            function(X)


def test_slopes():
    def parts(z):
        return [K.square(K.abs(z))]

    assert_gradients(lambda x: parts(signals.rfft(x)), X[0])
    assert_gradients(lambda x: parts(signals.rfft(x, 2, [2, 7])), X[0])
    assert_gradients(lambda x: [signals.irfft(signals.rfft(x, 1, [7]) ** 2, 1, [5])], X[0])
    for kind in (1, 2, 3, 4):
        assert_gradients(lambda x, kind=kind: signals.dct(x, kind), X[0])
    assert_gradients(lambda x: [signals.frame(x, 3, 2, True), signals.overlap_and_add(x, 4)], X[0])


def _cosines(x, kind):
    """The definitions."""
    n = x.shape[-1]
    k, m = np.arange(n)[:, None], np.arange(n)
    if kind == 1:
        waves = 2 * np.cos(np.pi * k * m / (n - 1))
        waves[:, 0], waves[:, -1] = 1, (-1) ** k[:, 0]
    elif kind == 2:
        waves = 2 * np.cos(np.pi * k * (2 * m + 1) / (2 * n))
    elif kind == 3:
        waves = 2 * np.cos(np.pi * (2 * k + 1) * m / (2 * n))
        waves[:, 0] = 1
    else:
        waves = 2 * np.cos(np.pi * (2 * k + 1) * (2 * m + 1) / (4 * n))
    return x @ waves.T


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_cosines(kind):
    (found,) = agreed(lambda x: signals.dct(x, kind), X, rtol=1e-9)
    np.testing.assert_allclose(found, _cosines(X, kind), 1e-9, 1e-9)
    np.testing.assert_allclose(signals.dct(X, kind, 4).numpy(), _cosines(X[..., :4], kind), 1e-9, 1e-9)
    longer = np.pad(X, [(0, 0), (0, 0), (0, 3)])
    np.testing.assert_allclose(signals.dct(X, kind, 9).numpy(), _cosines(longer, kind), 1e-9, 1e-9)
    if kind > 1:
        whole = signals.dct(np.eye(5), kind, ortho=True).numpy()
        np.testing.assert_allclose(whole @ whole.T, np.eye(5), 1e-9, 1e-9)
    with pytest.raises(ValueError, match=r"dct\(\)"):
        signals.dct(K.ones((1,)) if kind == 1 else K.ones(()), kind)


@pytest.mark.parametrize("axes", [None, 0, (1, -1)])
def test_shifts(axes):
    (moved,) = agreed(lambda x: signals.fftshift(x, axes), X[:, :, :5])
    np.testing.assert_array_equal(moved, np.fft.fftshift(X[:, :, :5], axes))
    np.testing.assert_array_equal(agreed(lambda x: signals.ifftshift(x, axes), moved)[0], X[:, :, :5])


def test_frames():
    x = np.arange(14, dtype="int32").reshape(2, 7)
    for length, step, pad in ((3, 2, False), (4, 3, True), (2, 5, True), (9, 1, False), (7, 7, True)):
        (framed,) = agreed(lambda x, a=(length, step, pad): signals.frame(x, *a, -1), x)
        starts = range(0, 7 if pad else max(8 - length, 0), step)
        padded = np.pad(x, [(0, 0), (0, length)], constant_values=-1)
        expected = [[row[start : start + length] for start in starts] for row in padded]
        np.testing.assert_array_equal(framed, np.reshape(expected, (2, len(starts), length)))
    (framed,) = agreed(lambda x: signals.frame(x, 1, 1, axis=0), x)
    assert framed.shape == (2, 1, 7)
    signal = K.placeholder((None, None))
    assert signals.frame(signal, 3, 2).shape == (None, None, 3)
    for call in (lambda: signals.frame(1, 2, 1), lambda: signals.frame(x, 0, 1), lambda: signals.frame(x, 1, 0)):
        with pytest.raises(ValueError, match=r"frame\(\)"):
            call()


def test_sums_of_frames():
    frames = np.arange(12, dtype="float32").reshape(2, 2, 3)
    for step in (1, 2, 3, 4):
        (whole,) = agreed(lambda x, step=step: signals.overlap_and_add(x, step), frames)
        expected = np.zeros((2, step + 3))
        expected[:, :3] += frames[:, 0]
        expected[:, step:] += frames[:, 1]
        np.testing.assert_array_equal(whole, expected)
    with pytest.raises(ValueError, match="rank 2"):
        signals.overlap_and_add([1.0], 1)
    assert signals.overlap_and_add(K.placeholder((None, None, 4)), 2).shape == (None, None)
