"""Metrics that Keras took out, and those of images."""

from __future__ import division

import numpy as np
import keras.backend as K


def recall(y_true, y_pred):
    true_positives = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    possible_positives = K.sum(K.round(K.clip(y_true, 0, 1)))
    return true_positives / (possible_positives + K.epsilon())


def precision(y_true, y_pred):
    true_positives = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    predicted_positives = K.sum(K.round(K.clip(y_pred, 0, 1)))
    return true_positives / (predicted_positives + K.epsilon())


def fbeta_score(y_true, y_pred, beta=1):
    if beta < 0:
        raise ValueError("The lowest choosable beta is zero (only precision).")
    if K.sum(K.round(K.clip(y_true, 0, 1))) == 0:
        return 0
    p, r, bb = precision(y_true, y_pred), recall(y_true, y_pred), beta**2
    return (1 + bb) * (p * r) / (bb * p + r + K.epsilon())


def matthews_correlation(y_true, y_pred):
    y_pred_pos = K.round(K.clip(y_pred, 0, 1))
    y_pred_neg = 1 - y_pred_pos
    y_pos = K.round(K.clip(y_true, 0, 1))
    y_neg = 1 - y_pos
    tp, tn = K.sum(y_pos * y_pred_pos), K.sum(y_neg * y_pred_neg)
    fp, fn = K.sum(y_neg * y_pred_pos), K.sum(y_pos * y_pred_neg)
    return (tp * tn - fp * fn) / (K.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) + K.epsilon())


def sparse_accuracy(y_true, y_pred):
    return K.cast(K.equal(K.max(y_true, axis=-1), K.cast(K.argmax(y_pred, axis=-1), K.floatx())), K.floatx())


def top_2(y_true, y_pred):
    return K.mean(K.cast(K.in_top_k(y_pred, K.cast(K.flatten(y_true), "int32"), 2), K.floatx()))


def psnr(y_true, y_pred, max_pixel=1.0):
    mse = K.mean(K.square(y_true - y_pred), axis=(-3, -2, -1))
    return 10.0 * K.log((max_pixel**2) / mse) / K.log(K.constant(10, dtype=K.dtype(mse)))


def ssim(y_true, y_pred, c1=0.01**2, c2=0.03**2):
    def mean(x):
        return K.pool2d(x, (3, 3), strides=(1, 1), padding="valid", pool_mode="avg")

    ux, uy = mean(y_true), mean(y_pred)
    vx, vy = mean(K.square(y_true)) - K.square(ux), mean(K.square(y_pred)) - K.square(uy)
    cov = mean(y_true * y_pred) - ux * uy
    s = (2 * ux * uy + c1) * (2 * cov + c2) / ((K.square(ux) + K.square(uy) + c1) * (vx + vy + c2))
    return K.mean(s, axis=[1, 2, 3])


def r_square(y_true, y_pred):
    SS_res = K.sum(K.square(y_true - y_pred))
    SS_tot = K.sum(K.square(y_true - K.mean(y_true)))
    return 1 - SS_res / (SS_tot + K.epsilon())


def by_values():
    """What looks at values, and so can't be compiled."""
    y = K.constant([[0.0, 1.0], [1.0, 1.0]])
    return [fbeta_score(y, y * 0.8), fbeta_score(K.zeros((2, 2)), y)]


def values():
    random = np.random.RandomState(2)
    y_true = K.variable(random.randint(0, 2, (8, 4)), "float32", name="y_true")
    y_pred = K.constant(random.uniform(size=(8, 4)))
    found = [f(y_true, y_pred) for f in (recall, precision, matthews_correlation, r_square)]
    labels = K.constant(random.randint(0, 4, (8, 1)), dtype="float32")
    images = K.constant(random.uniform(size=(2, 7, 8, 3)))
    noisy = K.clip(images + 0.1 * K.constant(random.normal(size=(2, 7, 8, 3))), 0.0, 1.0)
    found += [f(labels, y_pred) for f in (sparse_accuracy, top_2)]
    return found + [f(images, noisy) for f in (psnr, ssim)]
