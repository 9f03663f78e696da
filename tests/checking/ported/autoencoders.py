"""Variational autoencoders: sampling, divergences, reconstructions."""

import numpy as np
import tensorflow as tf
from keras import backend as K


def sampling(args):
    z_mean, z_log_var = args
    batch = K.shape(z_mean)[0]
    dim = K.int_shape(z_mean)[1]
    epsilon = K.random_normal(shape=(batch, dim), mean=0.0, stddev=1.0)
    return z_mean + K.exp(0.5 * z_log_var) * epsilon


def kl_loss(z_mean, z_log_var):
    kl = 1 + z_log_var - K.square(z_mean) - K.exp(z_log_var)
    kl = K.sum(kl, axis=-1)
    kl *= -0.5
    return K.mean(kl)


def reconstruction_loss(x, x_decoded, dim=12):
    return dim * K.mean(K.binary_crossentropy(K.flatten(x), K.flatten(x_decoded)), axis=-1)


def gaussian_nll(x, mu, log_sigma):
    return 0.5 * K.sum(K.square((x - mu) / K.exp(log_sigma)) + 2 * log_sigma + np.log(2 * np.pi), axis=-1)


def compute_kernel(x, y):
    x_size, y_size, dim = K.shape(x)[0], K.shape(y)[0], K.shape(x)[1]
    tiled_x = K.tile(K.reshape(x, K.stack([x_size, 1, dim])), K.stack([1, y_size, 1]))
    tiled_y = K.tile(K.reshape(y, K.stack([1, y_size, dim])), K.stack([x_size, 1, 1]))
    return K.exp(-K.mean(K.square(tiled_x - tiled_y), axis=2) / K.cast(dim, "float32"))


def mmd(x, y):
    return K.mean(compute_kernel(x, x)) + K.mean(compute_kernel(y, y)) - 2 * K.mean(compute_kernel(x, y))


def log_normal_pdf(sample, mean, logvar, raxis=1):
    log2pi = tf.math.log(2.0 * np.pi)
    return tf.reduce_sum(-0.5 * ((sample - mean) ** 2.0 * tf.exp(-logvar) + logvar + log2pi), axis=raxis)


def gumbel_softmax(logits, noise, tau):
    y = K.softmax((logits - K.log(-K.log(noise + 1e-20) + 1e-20)) / tau)
    hard = K.cast(K.equal(y, K.max(y, axis=-1, keepdims=True)), y.dtype)
    return K.stop_gradient(hard - y) + y


def categorical_kl(logits):
    q = K.softmax(logits)
    return K.sum(q * (K.log(q + K.epsilon()) - K.log(1.0 / K.int_shape(q)[-1])), axis=-1)


def quantized(inputs, embeddings):
    flat = K.reshape(inputs, (-1, K.int_shape(inputs)[-1]))
    distances = (
        K.sum(flat**2, axis=1, keepdims=True)
        - 2 * K.dot(flat, embeddings)
        + K.sum(embeddings**2, axis=0, keepdims=True)
    )
    indices = K.reshape(K.argmax(-distances, axis=1), K.shape(inputs)[:-1])
    return K.gather(K.transpose(embeddings), indices)


def by_values():
    """What draws without a key, and so can't be compiled."""
    return [sampling([K.ones((3, 2)), K.constant([[-80.0, -80.0]] * 3)])]


def values():
    random = np.random.RandomState(5)
    mean, log_var, other = (K.constant(random.normal(size=(5, 4))) for _ in range(3))
    x = K.constant(random.randint(0, 2, (5, 12)))
    decoded = K.sigmoid(K.constant(random.normal(size=(5, 12))))
    return [
        kl_loss(mean, log_var),
        reconstruction_loss(x, decoded),
        gaussian_nll(other, mean, log_var),
        mmd(mean, other),
        log_normal_pdf(other, mean, log_var),
        gumbel_softmax(mean, K.constant(random.uniform(size=(5, 4))), 0.5),
        categorical_kl(mean),
        quantized(K.reshape(mean, (5, 2, 2)), other[:2]),
    ]
