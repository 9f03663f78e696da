"""Conditional random fields: sums over paths by log-sum-exp."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K


def log_sum_exp(x, axis=-1, keepdims=False):
    m = K.max(x, axis=axis, keepdims=True)
    s = K.log(K.sum(K.exp(x - m), axis=axis, keepdims=True)) + m
    return s if keepdims else K.squeeze(s, axis)


def log_norm(energies, chain):
    alpha = energies[:, 0]
    for t in range(1, K.int_shape(energies)[1]):
        alpha = log_sum_exp(K.expand_dims(alpha, 2) + K.expand_dims(chain, 0), axis=1) + energies[:, t]
    return tf.reduce_logsumexp(alpha, axis=-1)


def path_energy(y, energies, chain, mask):
    one = K.one_hot(y, K.int_shape(energies)[-1])
    emitted = K.sum(one * energies, axis=2)
    moved = K.sum(K.dot(one[:, :-1, :], chain) * one[:, 1:, :], 2)
    mask = K.cast(mask, K.floatx())
    return K.sum(emitted * mask, axis=1) + K.sum(moved * mask[:, :-1] * mask[:, 1:], axis=1)


def viterbi(energies, chain):
    score, back = energies[0], []
    for t in range(1, energies.shape[0]):
        through = K.expand_dims(score, 1) + chain
        back.append(K.argmax(through, axis=0))
        score = K.max(through, axis=0) + energies[t]
    best = [K.argmax(score)]
    for pointers in reversed(back):
        best.append(K.gather(pointers, best[-1]))
    return K.stack(best[::-1])


def collapse(steps, blank=0):
    shifted = K.concatenate([K.zeros_like(steps[:, :1]) - 1, steps[:, :-1]], axis=1)
    keep = tf.logical_and(K.not_equal(steps, shifted), K.not_equal(steps, blank))
    return K.sum(K.cast(keep, "int32"), axis=1)


def label_smoothing(y, eps=0.1):
    return y * (1 - eps) + eps / K.cast(K.shape(y)[-1], K.floatx())


def masked_crossentropy(y_true, logits):
    losses = K.sparse_categorical_crossentropy(y_true, logits, from_logits=True)
    mask = K.cast(K.not_equal(K.cast(y_true, "float32"), 0.0), "float32")
    return K.sum(losses * mask) / K.sum(mask), K.exp(K.mean(losses))


def discounted(rewards, gamma=0.9):
    return K.foldl(lambda total, r: total * gamma + r, K.reverse(rewards, 0))


def values():
    random = np.random.RandomState(8)
    energies = K.constant(random.normal(size=(2, 6, 4)))
    chain = K.constant(random.normal(size=(4, 4)))
    y = K.constant(random.randint(0, 4, (2, 6)), dtype="int32")
    mask = K.constant([[1, 1, 1, 1, 0, 0], [1] * 6])
    loss, perplexity = masked_crossentropy(y, energies)
    return [
        log_norm(energies, chain),
        path_energy(y, energies, chain, mask),
        K.cast(viterbi(energies[0], chain), "int32"),
        collapse(y),
        label_smoothing(K.one_hot(y, 4)),
        loss,
        perplexity,
        discounted(energies[0]),
    ]
