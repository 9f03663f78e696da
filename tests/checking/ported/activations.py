"""Activations, as one copies them from blogs."""

import math

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K


def mish(x):
    return x * K.tanh(K.softplus(x))


def swish(x, beta=1.0):
    return x * K.sigmoid(beta * x)


def gelu(x):
    cdf = 0.5 * (1.0 + K.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * K.pow(x, 3))))
    return x * cdf


def gelu_exact(x):
    return 0.5 * x * (1.0 + tf.math.erf(x / tf.sqrt(2.0)))


def prelu(x, alpha):
    pos = K.relu(x)
    neg = -alpha * K.relu(-x)
    return pos + neg


def selu(x, scale=1.0507009873554805, alpha=1.6732632423543772):
    return scale * K.elu(x, alpha)


def hard_swish(x):
    return x * K.relu(x + 3.0, max_value=6.0) / 6.0


def relu6_from(x, threshold=0.5):
    return K.relu(x, alpha=0.1, max_value=6, threshold=threshold)


def thresholded(x, theta=1.0):
    return x * K.cast(K.greater(x, theta), K.floatx())


def crelu(x):
    return K.concatenate([K.relu(x), K.relu(-x)], axis=K.ndim(x) - 1)


def maxout(x, pieces=2):
    shape = K.int_shape(x)
    return K.max(K.reshape(x, (-1, shape[-1] // pieces, pieces)), axis=-1)


def glu(x):
    a, b = tf.split(x, 2, axis=-1)
    return a * tf.nn.sigmoid(b)


def sparsemax(z):
    z_sorted = tf.sort(z, axis=-1, direction="DESCENDING")
    k = tf.range(1, tf.shape(z)[-1] + 1, dtype=z.dtype)
    support = 1 + k * z_sorted > tf.cumsum(z_sorted, axis=-1)
    k_z = tf.reduce_sum(tf.cast(support, z.dtype), axis=-1, keepdims=True)
    tau = (tf.reduce_sum(tf.where(support, z_sorted, tf.zeros_like(z_sorted)), -1, keepdims=True) - 1) / k_z
    return tf.maximum(z - tau, 0.0)


def values():
    x = K.constant(np.linspace(-4, 8, 24).reshape((4, 6)))
    alpha = K.constant(np.linspace(0.1, 0.6, 6))
    ones = [f(x) for f in (mish, swish, gelu, gelu_exact, selu, hard_swish, relu6_from, thresholded, crelu, maxout)]
    return ones + [glu(x), sparsemax(x / 4), prelu(x, alpha), K.hard_sigmoid(x), K.softsign(x), K.softmax(x, axis=0)]
