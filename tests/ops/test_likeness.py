import numpy as np
import pytest

from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops import likeness

A, B = np.random.RandomState(0).rand(2, 2, 8, 9, 3)


def test_psnr():
    (found,) = agreed(lambda a, b: likeness.psnr(a, b, 1.0), A.astype("float32"), B.astype("float32"), rtol=1e-5)
    np.testing.assert_allclose(found, -10 * np.log10(((A - B) ** 2).mean((1, 2, 3))), rtol=1e-4)
    assert np.isinf(likeness.psnr(A, A, 1.0).numpy()).all()


def test_structural_similarity():
    def both(a, b):
        return [likeness.ssim(a, b, 1.0, 5), likeness.ssim_multiscale(a, b, 1.0, (0.4, 0.6), 3)]

    a, b = A.astype("float32"), (0.9 * A + 0.1 * B).astype("float32")
    results = agreed(both, a, b, rtol=1e-4)
    assert all((r > 0.5).all() and (r < 1).all() for r in results)
    np.testing.assert_allclose([r.numpy() for r in both(a, a)], 1, rtol=1e-5)
    np.testing.assert_allclose(likeness.ssim(a[:, None], b[:, None], 1.0, 5).numpy()[:, 0], results[0], rtol=1e-5)
    with pytest.raises(ValueError, match="smaller than the filter"):
        likeness.ssim(a, b, 1.0)
    with pytest.raises(ValueError, match="the same shape"):
        likeness.ssim(a, b[:, 1:], 1.0, 3)
    with pytest.raises(ValueError, match="rank 3 at least"):
        likeness.psnr(a[0, 0], b[0, 0], 1.0)


def test_similarity_by_its_definition():
    size, sigma = 3, 0.8
    weights = np.exp(-((np.arange(3) - 1.0) ** 2) / (2 * sigma**2))
    window = np.outer(weights, weights) / weights.sum() ** 2
    a, b = A[0, :, :, 0], B[0, :, :, 0]
    found = []
    for i in range(6):
        for j in range(7):
            x, y = a[i : i + 3, j : j + 3], b[i : i + 3, j : j + 3]
            mean_x, mean_y = (window * x).sum(), (window * y).sum()
            spread = (window * x * x).sum() - mean_x**2 + (window * y * y).sum() - mean_y**2
            shared = (window * x * y).sum() - mean_x * mean_y
            light = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
            found.append(light * (2 * shared + 0.03**2) / (spread + 0.03**2))
    result = likeness.ssim(a[..., None], b[..., None], 1.0, size, sigma)
    assert result.numpy() == pytest.approx(np.mean(found), rel=1e-4)


def test_slopes():
    total, down, right, edges = agreed(
        lambda x: [likeness.total_variation(x), *likeness.image_gradients(x), likeness.sobel_edges(x)], A
    )
    np.testing.assert_allclose(total, abs(np.diff(A, axis=1)).sum((1, 2, 3)) + abs(np.diff(A, axis=2)).sum((1, 2, 3)))
    np.testing.assert_allclose(down[:, :-1], np.diff(A, axis=1))
    np.testing.assert_allclose(right[:, :, :-1], np.diff(A, axis=2))
    assert not down[:, -1].any() and not right[:, :, -1].any()
    ramp = np.broadcast_to(np.arange(9.0)[:, None], (1, 8, 9, 1))
    inner = likeness.sobel_edges(ramp).numpy()[0, 1:-1, 1:-1, 0]
    assert (inner == [0, 8]).all() and edges.shape == (2, 8, 9, 3, 2)
    assert_gradients(
        lambda x: [likeness.total_variation(x), *likeness.image_gradients(x), likeness.sobel_edges(x)], A[:1, :3, :3]
    )


@pytest.mark.parametrize("function", [likeness.total_variation, likeness.image_gradients, likeness.sobel_edges])
def test_ranks(function):
    for image in (np.ones((2, 2)), K.placeholder((2, 2))):
        with pytest.raises(ValueError, match="rank"):
            function(image)
