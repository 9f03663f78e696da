"""Attention with masks."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K

NEG_INF = -1e9


def positional_encoding(position, d_model):
    angles = np.arange(position)[:, np.newaxis] / np.power(10000, (2 * (np.arange(d_model)[np.newaxis] // 2)) / d_model)
    angles[:, 0::2] = np.sin(angles[:, 0::2])
    angles[:, 1::2] = np.cos(angles[:, 1::2])
    return tf.cast(angles[np.newaxis, ...], dtype=tf.float32)


def look_ahead_mask(size):
    return 1 - tf.linalg.band_part(tf.ones((size, size)), -1, 0)


def padding_mask(seq):
    return tf.cast(tf.math.equal(seq, 0), tf.float32)[:, tf.newaxis, tf.newaxis, :]


def scaled_dot_product_attention(q, k, v, mask=None):
    matmul_qk = tf.matmul(q, k, transpose_b=True)
    dk = tf.cast(tf.shape(k)[-1], tf.float32)
    logits = matmul_qk / tf.math.sqrt(dk)
    if mask is not None:
        logits += mask * NEG_INF
    return tf.matmul(tf.nn.softmax(logits, axis=-1), v)


def split_heads(x, heads):
    x = K.reshape(x, (K.shape(x)[0], -1, heads, K.int_shape(x)[-1] // heads))
    return K.permute_dimensions(x, (0, 2, 1, 3))


def additive(x, w, u, mask=None):
    ait = K.exp(K.squeeze(K.dot(K.tanh(K.dot(x, w)), K.expand_dims(u)), axis=-1))
    if mask is not None:
        ait *= K.cast(mask, K.floatx())
    ait /= K.cast(K.sum(ait, axis=1, keepdims=True) + K.epsilon(), K.floatx())
    return K.sum(x * K.expand_dims(ait), axis=1)


def masked_mean(x, lengths):
    mask = tf.sequence_mask(lengths, maxlen=K.int_shape(x)[1], dtype=tf.float32)
    mask = K.repeat(mask, K.int_shape(x)[2])
    mask = K.permute_dimensions(mask, (0, 2, 1))
    return K.sum(x * mask, axis=1) / K.sum(mask, axis=1)


def layer_norm(x, gamma, beta):
    mean = K.mean(x, axis=-1, keepdims=True)
    std = K.std(x, axis=-1, keepdims=True)
    return gamma * (x - mean) / (std + 1e-6) + beta


def dot_attention(q, v):
    scores = K.batch_dot(q, v, axes=[2, 2])
    return K.batch_dot(K.softmax(scores), v)


def values():
    random = np.random.RandomState(3)
    tokens = np.array([[4, 2, 9, 0, 0], [7, 1, 1, 3, 0]])
    x = K.constant(random.normal(size=(2, 5, 8))) + positional_encoding(5, 8)
    heads = split_heads(x, 2)
    mask = tf.maximum(padding_mask(tokens), look_ahead_mask(5))
    w, u = K.constant(random.normal(size=(8, 4))), K.constant(random.normal(size=4))
    return [
        scaled_dot_product_attention(heads, heads, heads, mask),
        additive(x, w, u, K.not_equal(K.constant(tokens), 0)),
        masked_mean(x, K.constant([3, 4], dtype="int32")),
        layer_norm(x, K.ones((8,)), K.zeros_like(u[:1])),
        dot_attention(x, x[:, :3]),
    ]
