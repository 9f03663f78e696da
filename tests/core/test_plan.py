"""What a function's plan finds."""

import numpy as np

import kjax
from kjax import backend as K
from kjax.core.plan import Plan


def test_a_plan_finds_what_a_function_depends_on():
    x, y, phase = K.placeholder((None, 3)), K.placeholder((3,)), None
    with kjax.graph_mode():
        phase = K.learning_phase()
        read, changed = K.variable(np.ones((3, 3))), K.variable(np.ones(3))
        large = K.constant(np.ones((50, 3)))
        out = K.in_train_phase(K.dot(x, read), x) + y
        update = K.update_add(changed, K.sum(large, 0))
    plan = Plan([out, None], [out, update], [x, y, phase])
    assert plan.updated == [changed] and plan.read_only == [read] and not plan.random
    assert plan.static == [phase] and plan.fed == [x, y] and [t.shape for t in plan.large] == []
    assert plan.nodes[-1].op.updates is changed and plan.given([1]) == {phase: np.asarray(1)}


def test_large_constants_are_handed_over():
    x, large = K.placeholder((2000,)), K.constant(np.ones(2000))
    out = x + large
    assert Plan([out], [out], [x]).large == [large]


def test_random_numbers_inside_of_a_gradient_count():
    x, w = K.placeholder((None, 2)), K.variable(np.eye(2))
    loss = K.sum(K.dropout(K.dot(x, w), 0.5))
    gradients = K.gradients(loss, [w])
    assert Plan(gradients, gradients, [x]).random
    (slope,) = K.function([x], gradients)([np.ones((100, 2))])
    assert slope.shape == (2, 2) and 0 < slope[0, 0] < 200


def test_double_precision_of_images():
    def plan(*dtypes):
        images = [K.placeholder((None, 8, 8, 2), dtype=dtype) for dtype in dtypes]
        out = [K.conv2d(x, K.ones((3, 3, 2, 2), x.dtype)) for x in images]
        return Plan(out, out, images)

    assert plan("float64").doubles
    assert not plan("float32").doubles and not plan("float32", "float64").doubles
    flat = K.placeholder((None, 3), dtype="float64")
    assert not Plan([flat + 1], [flat + 1], [flat]).doubles


def test_convolutions_in_double_precision_are_exact_to_its_last_digits():
    random = np.random.RandomState(0)
    image, kernel = random.randn(3, 9, 8, 4), random.randn(3, 3, 4, 5)
    x, w = K.placeholder(image.shape, dtype="float64"), K.placeholder(kernel.shape, dtype="float64")
    y = K.conv2d(x, w, padding="valid")
    found, by_image, by_kernel = K.function([x, w], [y, *K.gradients(K.sum(K.square(y)), [x, w])])([image, kernel])
    patches = np.lib.stride_tricks.sliding_window_view(image, (3, 3), (1, 2))
    np.testing.assert_allclose(found, np.einsum("nyxcij,ijco->nyxo", patches, kernel), 1e-12, 1e-12)
    np.testing.assert_allclose(by_kernel, np.einsum("nyxcij,nyxo->ijco", patches, 2 * found), 1e-12, 1e-11)
    # Each slope meets the kernel once: the sums agree.
    np.testing.assert_allclose(by_image.sum((0, 1, 2)), np.einsum("nyxo,ijco->c", 2 * found, kernel), 1e-11)
