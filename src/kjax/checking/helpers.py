"""Functions that `kjax port` writes into a file, where a pattern of `kjax.checking.ports` names them."""

from __future__ import annotations

# `np` is the module of the target.
HELPERS: dict[str, str] = {
    "_average_pool": '''
def _average_pool(x, pool_size, strides, padding):
    """The mean of each window, as K.pool2d has it."""
    window = ((1, *pool_size, 1), (1, *strides, 1), padding)
    counts = jax.lax.reduce_window(np.ones_like(x), 0.0, jax.lax.add, *window)
    return jax.lax.reduce_window(x, 0.0, jax.lax.add, *window) / counts
''',
    "_band_part": '''
def _band_part(x, lower, upper):
    """A band around the diagonal, as tf.linalg.band_part has it."""
    above = np.arange(x.shape[-1]) - np.arange(x.shape[-2])[:, None]
    most, least = (upper if upper >= 0 else x.shape[-1]), (-lower if lower >= 0 else -x.shape[-2])
    kept = np.logical_and(above <= most, above >= least)
    return np.where(kept, x, np.zeros_like(x))
''',
    "_batch_dot": '''
def _batch_dot(x, y, axes=None):
    """Products within a batch, as K.batch_dot has them."""
    n, m = len(x.shape), len(y.shape)
    if axes is None:
        axes = (n - 1, m - 1 if m == 2 else m - 2)
    a, b = (axes, axes) if isinstance(axes, int) else axes
    left = "abcdefgh"[:n]
    right = list("aijklmno"[:m])
    right[b] = left[a]
    summed = "".join(letter for letter in left[1:] + "".join(right[1:]) if letter != left[a])
    product = np.einsum(f"{left},{''.join(right)}->a{summed}", x, y)
    return product[:, None] if summed == "" else product
''',
    "_batch_flatten": '''
def _batch_flatten(x):
    """One row for each sample, as K.batch_flatten has them."""
    return np.reshape(x, (np.shape(x)[0], -1))
''',
    "_binary_crossentropy": '''
def _binary_crossentropy(target, output, from_logits=False):
    """The cross entropy of each element, as K.binary_crossentropy has it."""
    if from_logits:
        return np.maximum(output, 0) - output * target + np.log1p(np.exp(-np.abs(output)))
    output = np.clip(output, 1e-07, 1 - 1e-07)
    return -target * np.log(output) - (1 - target) * np.log(1 - output)
''',
    "_boolean_mask": '''
def _boolean_mask(x, mask):
    """What a mask keeps, as tf.boolean_mask has it."""
    kept = np.nonzero(np.reshape(mask, (-1,)))[0]
    return np.take(np.reshape(x, (-1, *x.shape[len(mask.shape) :])), kept, axis=0)
''',
    "_categorical_crossentropy": '''
def _categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """The cross entropy of each sample, as K.categorical_crossentropy has it."""
    if from_logits:
        return -np.sum(target * jax.nn.log_softmax(output, axis=axis), axis=axis)
    output = np.clip(output / np.sum(output, axis=axis, keepdims=True), 1e-07, 1 - 1e-07)
    return -np.sum(target * np.log(output), axis=axis)
''',
    "_depthwise_conv": '''
def _depthwise_conv(x, kernel, strides, padding, dilation_rate):
    """A convolution of each channel, as K.depthwise_conv2d has it."""
    kernel = np.reshape(kernel, (*kernel.shape[:2], 1, -1))
    return jax.lax.conv_general_dilated(
        x, kernel, strides, padding, rhs_dilation=dilation_rate, dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=x.shape[-1],
    )
''',
    "_divide_no_nan": '''
def _divide_no_nan(x, y):
    """Quotients, and 0 where the divisor is 0, as tf.math.divide_no_nan has them."""
    return np.where(y == 0, 0, x / np.where(y == 0, 1, y))
''',
    "_dropout": '''
def _dropout(x, level, seed):
    """Features left out at random, the others scaled up, as K.dropout has it."""
    kept = jax.random.bernoulli(jax.random.key(seed), 1 - level, x.shape)
    return np.where(kept, x / (1 - level), 0)
''',
    "_gather_nd": '''
def _gather_nd(x, indices):
    """Elements or slices by their full indices, as tf.gather_nd has them."""
    count, place = indices.shape[-1], 0
    for axis in range(count):
        place = place * x.shape[axis] + indices[..., axis]
    return np.take(np.reshape(x, (-1, *x.shape[count:])), place, axis=0)
''',
    "_l2_normalize": '''
def _l2_normalize(x, axis=None):
    """Vectors of length 1, as K.l2_normalize has them."""
    return x / np.sqrt(np.maximum(np.sum(np.square(x), axis=axis, keepdims=True), 1e-12))
''',
    "_max_pool": '''
def _max_pool(x, pool_size, strides, padding):
    """The largest element of each window, as K.pool2d has it."""
    return jax.lax.reduce_window(x, -np.inf, jax.lax.max, (1, *pool_size, 1), (1, *strides, 1), padding)
''',
    "_moments": '''
def _moments(x, axes, keepdims=False):
    """Mean and variance, as tf.nn.moments has them."""
    axes = tuple(axes)
    return np.mean(x, axis=axes, keepdims=keepdims), np.var(x, axis=axes, keepdims=keepdims)
''',
    "_split": '''
def _split(x, parts, axis):
    """Parts of equal or of given sizes, as tf.split has them."""
    if not isinstance(parts, int):
        parts = [sum(parts[:number]) for number in range(1, len(parts))]
    return np.split(x, parts, axis=axis)
''',
    "_sparse_categorical_crossentropy": '''
def _sparse_categorical_crossentropy(target, output, from_logits=False):
    """The cross entropy of each sample, as K.sparse_categorical_crossentropy has it."""
    if not from_logits:
        output = np.log(np.clip(output, 1e-07, 1 - 1e-07))
    target = np.reshape(np.asarray(target, "int32"), output.shape[:-1])
    return -np.take_along_axis(jax.nn.log_softmax(output), target[..., None], axis=-1)[..., 0]
''',
    "_weighted_crossentropy": '''
def _weighted_crossentropy(labels, logits, weight):
    """The cross entropy with a weight for ones, as tf.nn.weighted_cross_entropy_with_logits has it."""
    softplus = np.log1p(np.exp(-np.abs(logits))) + np.maximum(-logits, 0)
    return (1 - labels) * logits + (1 + (weight - 1) * labels) * softplus
''',
}
