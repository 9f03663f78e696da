"""Arrays in `tf` on tensors of unknown size, in compiled functions; what is refused. Answers are in `recorded`."""

import numpy as np
import pytest

import kjax
from kjax import backend as K

X = (np.arange(24) * 7 % 24).reshape(2, 3, 4).astype("float32")

CALLS = {
    "batch_gather": lambda tf, x: tf.compat.v1.batch_gather(x, tf.cast(x, "int32") % 4),
    "batch_to_space": lambda tf, x: tf.batch_to_space(x, [2], [[1, 1]]),
    "boolean_mask_of_constants": lambda tf, x: tf.boolean_mask(x, [True, False, True], axis=1),
    "clip_by_average_norm": lambda tf, x: tf.compat.v1.clip_by_average_norm(x, 3.0),
    "clip_by_global_norm": lambda tf, x: tf.clip_by_global_norm([x, None], 3.0)[0][0],
    "clip_by_norm": lambda tf, x: tf.clip_by_norm(x, 3.0, axes=[1]),
    "dynamic_stitch": lambda tf, x: tf.dynamic_stitch([[0, 2], [3, 2]], [x, x + 1]),
    "einsum": lambda tf, x: tf.einsum("abc,adc->bd", x, x),
    "histogram": lambda tf, x: tf.histogram_fixed_width(x, [0.0, 20.0], 5),
    "meshgrid": lambda tf, x: tf.meshgrid(x[0, 0], x[1, :, 0])[1],
    "repeat": lambda tf, x: tf.repeat(x, 2, axis=1),
    "repeat_flat": lambda tf, x: tf.repeat(x, 2),
    "required_space_to_batch_paddings": lambda tf, x: tf.required_space_to_batch_paddings(tf.shape(x), [4, 5, 6])[0],
    "scatter_nd": lambda tf, x: tf.scatter_nd([[1], [0]], x, [5, 3, 4]),
    "sequence_mask": lambda tf, x: tf.sequence_mask(x, 20, tf.float64),
    "space_to_batch": lambda tf, x: tf.space_to_batch(x, [2], [[0, 1]]),
    "strided_slice": lambda tf, x: tf.strided_slice(x, tf.shape(x) - 2, tf.shape(x), shrink_axis_mask=2),
    "tensor_scatter_nd_sub": lambda tf, x: tf.tensor_scatter_nd_sub(x, [[0, 1], [0, 1]], x[:, 0]),
}


def test_sizes_that_are_not_known(tf):
    known, unknown = K.placeholder(X.shape), K.placeholder((None, None, None))
    outputs = [call(tf, x) for x in (known, unknown) for call in CALLS.values()]
    results = K.function([known, unknown], outputs)([X, X])
    for i, (tensor, result) in enumerate(zip(outputs, results, strict=True)):
        name = [*CALLS][i % len(CALLS)]
        expected = CALLS[name](tf, tf.constant(X)).numpy()
        assert result.dtype == expected.dtype == tensor.dtype and result.shape == expected.shape, name
        assert tensor.shape.is_compatible_with(result.shape), name
        np.testing.assert_allclose(result, expected, 1e-5, err_msg=name)


DEPENDENT = {
    "boolean_mask": lambda tf, x: tf.boolean_mask(x, x > 4.0) ** 2,
    "boolean_mask_along_an_axis": lambda tf, x: tf.boolean_mask(x, x[0, :, 0] > 4.0, axis=1) ** 2,
    "dynamic_partition": lambda tf, x: tf.dynamic_partition(x, tf.cast(x[:, 0, 0], "int32") % 5, 5)[2] ** 2,
    "repeat": lambda tf, x: tf.repeat(x, tf.cast(x[0, 0], "int32"), axis=2) ** 2,
    "segment_max": lambda tf, x: tf.math.segment_max(x[0], tf.cast(x[0, :, 0], "int32") // 10) ** 2,
    "sequence_mask": lambda tf, x: tf.sequence_mask(x, dtype=tf.float32) * x[..., None],
    "unique": lambda tf, x: tf.gather(x, tf.unique(tf.constant([1, 0, 1]) * tf.cast(x[0, 0, 1] > 0, "int32")).y) ** 2,
}


def test_sizes_that_depend_on_data(tf):
    x = K.placeholder((None, None, None))
    outputs = [call(tf, x) for call in DEPENDENT.values()]
    slopes = [K.gradients(K.sum(output), [x])[0] for output in outputs]
    with pytest.warns(kjax.NotCompiledWarning):
        found = K.function([x], [*outputs, *slopes])([X])
    for name, tensor, result, slope in zip(DEPENDENT, outputs, found, found[len(outputs) :], strict=False):
        expected = DEPENDENT[name](tf, tf.constant(X)).numpy()
        assert tensor.shape.is_compatible_with(result.shape), name
        np.testing.assert_allclose(result, expected, err_msg=name)
        assert slope.shape == X.shape and slope.any(), name


def test_masks_of_many_elements(tf):
    x = np.arange(300_000, dtype="float32")
    np.testing.assert_array_equal(tf.boolean_mask(x, x % 2 == 0).numpy(), x[::2])
    assert tf.where(x % 2 == 0).shape == (150_000, 1)


def test_changes_of_variables_in_functions(tf):
    v, i, x = K.variable(np.ones((3, 2))), K.placeholder((None,), dtype="int32"), K.placeholder((None, 2))
    more = [tf.compat.v1.scatter_add(v, i, x), tf.compat.v1.scatter_add(v, i, x)]
    K.function([i, x], [], more)([[0, 2, 0], [[1, 2], [3, 4], [5, 6]]])
    assert K.get_value(v).tolist() == [[13, 17], [1, 1], [7, 9]]
    K.function([i], [], [tf.compat.v1.scatter_update(v, i, 0.0)])([[1]])
    assert K.get_value(v).tolist() == [[13, 17], [0, 0], [7, 9]]
    before = K.get_value(v)
    with pytest.raises(IndexError, match="must lie within"):
        K.function([i], [], [tf.compat.v1.scatter_mul(v, i, 2.0)])([[3]])
    np.testing.assert_array_equal(K.get_value(v), before)


def test_what_is_refused(tf):
    x, unknown = K.placeholder((None, 2)), K.placeholder(None)
    for error, call in (
        (ValueError, lambda: tf.boolean_mask(x, unknown)),
        (ValueError, lambda: tf.boolean_mask(unknown, [True], axis=1)),
        (ValueError, lambda: tf.boolean_mask(x, [True], axis=2)),
        (ValueError, lambda: tf.strided_slice(x, [0], [1, 2])),
        (ValueError, lambda: tf.strided_slice(x, unknown, [1, 2])),
        (ValueError, lambda: tf.gather(x, unknown, batch_dims=-1)),
        (ValueError, lambda: tf.compat.v1.batch_gather(x, 0)),
        (ValueError, lambda: tf.compat.v1.batch_scatter_update(K.variable([1.0]), unknown, x)),
        (ValueError, lambda: tf.compat.v1.space_to_batch(x, [[0, 0]])),
        (TypeError, lambda: tf.compat.v1.space_to_batch(x, [[0, 0]], [2, 2])),
        (ValueError, lambda: tf.dynamic_stitch([[0]], [])),
        (ValueError, lambda: tf.dynamic_stitch([unknown], [x])),
        (TypeError, lambda: tf.einsum("ij->i", x, precision=1)),
        (TypeError, lambda: tf.meshgrid(x, sparse=True)),
        (TypeError, lambda: tf.clip_by_global_norm(x, 1.0)),
        (ValueError, lambda: tf.clip_by_norm(x, [[[1.0]]])),
        (ValueError, lambda: tf.sequence_mask([1], [1, 2])),
        (ValueError, lambda: tf.searchsorted([1.0], [1.0], side="middle")),
        (ValueError, lambda: tf.reverse_sequence(x, [1, 1])),
        (TypeError, lambda: tf.compat.v1.scatter_add(tf.constant([1.0]), [0], [1.0])),
    ):
        with pytest.raises(error, match=r"^tf\.|\w+\(\)"):
            call()


def test_shapes_that_are_asserted(tf):
    x, y = K.placeholder((None, 3)), K.placeholder((None,))
    assert tf.debugging.assert_shapes([(x, (None, 3)), (y, ("*",))]) is None
    with kjax.graph_mode():
        checks = tf.debugging.assert_shapes([(x, ("N", 3)), (y, "N")], message="too short:")
        with tf.control_dependencies(checks):
            total = K.sum(x) + K.sum(y)
    function = K.function([x, y], [total])
    assert function([np.ones((2, 3)), np.ones(2)])[0] == 8
    with pytest.raises(ValueError, match="too short: dim 0"):
        function([np.ones((2, 3)), np.ones(3)])
    for wrong in ([(x, (None, 4))], [(x, ("N",))], [(x, 3)], [(K.placeholder(None), ("N",))]):
        with pytest.raises(ValueError, match=r"assert_shapes\(\)"):
            tf.debugging.assert_shapes(wrong)
