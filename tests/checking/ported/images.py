"""Losses on images, their edges and their textures."""

import numpy as np
import tensorflow as tf
import keras.backend as K


def gram_matrix(x):
    if K.image_data_format() == "channels_first":
        features = K.batch_flatten(x)
    else:
        features = K.batch_flatten(K.permute_dimensions(x, (2, 0, 1)))
    return K.dot(features, K.transpose(features))


def style_loss(style, combination, channels=3, size=42):
    return K.sum(K.square(gram_matrix(style) - gram_matrix(combination))) / (4.0 * (channels**2) * (size**2))


def total_variation_loss(x):
    assert K.ndim(x) == 4
    a = K.square(x[:, :-1, :-1, :] - x[:, 1:, :-1, :])
    b = K.square(x[:, :-1, :-1, :] - x[:, :-1, 1:, :])
    return K.sum(K.pow(a + b, 1.25))


def sobel(x):
    kernel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], dtype="float32").reshape((3, 3, 1, 1))
    kernels = K.constant(np.concatenate([kernel, kernel.transpose((1, 0, 2, 3))], -1))
    edges = K.conv2d(K.mean(x, axis=-1, keepdims=True), kernels, padding="same")
    return K.sqrt(K.sum(K.square(edges), axis=-1))


def blur(x, size=3):
    kernel = K.ones((size, size, K.int_shape(x)[-1], 1)) / size**2
    return K.depthwise_conv2d(K.spatial_2d_padding(x), kernel)


def gradients(x):
    dy = x[:, 1:] - x[:, :-1]
    dx = x[:, :, 1:] - x[:, :, :-1]
    return tf.pad(dy, [[0, 0], [0, 1], [0, 0], [0, 0]]), tf.pad(dx, [[0, 0], [0, 0], [0, 1], [0, 0]])


def gray(x):
    return tf.tensordot(x, tf.constant([0.2989, 0.5870, 0.1140]), axes=[[-1], [0]])


def standardized(x):
    mean, variance = tf.nn.moments(x, axes=[1, 2, 3], keepdims=True)
    return (x - mean) / tf.maximum(tf.sqrt(variance), 1.0 / np.sqrt(42 * 3))


def mixup(x, y, weight):
    order = K.reverse(K.arange(K.shape(x)[0]), 0)
    w = K.reshape(weight, (-1, 1, 1, 1))
    return x * w + K.gather(x, order) * (1 - w), K.reverse(y, 0)


def pixel_shuffle(x, scale=2):
    n, h, w, c = K.int_shape(x)
    x = K.reshape(x, (n, h, w, scale, scale, c // scale**2))
    return K.reshape(K.permute_dimensions(x, (0, 1, 3, 2, 4, 5)), (n, h * scale, w * scale, c // scale**2))


def values():
    random = np.random.RandomState(9)
    x, other = (K.constant(random.uniform(size=(2, 6, 7, 3))) for _ in range(2))
    doubled = K.resize_images(x, 2, 2, data_format="channels_last")
    shrunk = K.pool2d(doubled, (2, 2), strides=(2, 2), pool_mode="max")
    return [
        style_loss(x[0], other[0]),
        total_variation_loss(x),
        sobel(x),
        blur(x),
        *gradients(x),
        gray(x),
        standardized(x),
        *mixup(x, K.constant([1, 2]), K.constant([0.3, 0.6])),
        doubled,
        shrunk,
        pixel_shuffle(K.tile(x, [1, 1, 1, 4])),
        K.clip(x[:, ::-1] * 1.2, 0.0, 1.0),
    ]
