"""Losses and metrics for segmentation, in the manner of a utils/losses.py."""
from __future__ import print_function

import numpy as np
import tensorflow as tf
import tensorflow.keras.backend as K
from tensorflow.keras.backend import epsilon, flatten

smooth = 1.


def dice_coef(y_true, y_pred):
    y_true_f = K.flatten(y_true)
    y_pred_f = K.flatten(y_pred)
    intersection = K.sum(y_true_f * y_pred_f)
    return (2. * intersection + smooth) / (K.sum(y_true_f) + K.sum(y_pred_f) + smooth)


def dice_coef_loss(y_true, y_pred):
    return 1 - dice_coef(y_true, y_pred)


def focal_loss(gamma=2., alpha=.25):
    def focal_loss_fixed(y_true, y_pred):
        pt_1 = tf.where(tf.equal(y_true, 1), y_pred, tf.ones_like(y_pred))
        pt_0 = tf.where(tf.equal(y_true, 0), y_pred, tf.zeros_like(y_pred))
        pt_1 = K.clip(pt_1, 1e-3, .999)
        pt_0 = tf.clip_by_value(pt_0, 1e-3, .999)
        return -K.mean(alpha * K.pow(1. - pt_1, gamma) * K.log(pt_1)) \
            - K.mean((1 - alpha) * K.pow(pt_0, gamma) * tf.math.log(1. - pt_0))
    return focal_loss_fixed


def tversky(y_true, y_pred, alpha=0.7):
    y_true_pos = flatten(y_true)
    y_pred_pos = flatten(y_pred)
    true_pos = tf.reduce_sum(y_true_pos * y_pred_pos)
    false_neg = tf.reduce_sum(y_true_pos * (1 - y_pred_pos))
    false_pos = tf.reduce_sum((1 - y_true_pos) * y_pred_pos)
    return (true_pos + smooth) / (true_pos + alpha * false_neg + (1 - alpha) * false_pos + smooth)


def f1(y_true, y_pred):
    y_pred = K.round(y_pred)
    tp = K.sum(K.cast(y_true * y_pred, 'float'), axis=0)
    fp = K.sum(K.cast((1 - y_true) * y_pred, 'float'), axis=0)
    fn = K.sum(K.cast(y_true * (1 - y_pred), 'float'), axis=0)
    p = tp / (tp + fp + epsilon())
    r = tp / (tp + fn + K.epsilon())
    score = 2 * p * r / (p + r + K.epsilon())
    score = tf.where(tf.math.is_nan(score), tf.zeros_like(score), score)
    return K.mean(score)


def huber_loss(y_true, y_pred, clip_delta=1.0):
    error = y_true - y_pred
    cond = tf.abs(error) < clip_delta
    squared_loss = 0.5 * tf.square(error)
    linear_loss = clip_delta * (tf.abs(error) - 0.5 * clip_delta)
    return tf.reduce_mean(tf.where(cond, squared_loss, linear_loss))


def masked_mse(y_true, y_pred, mask_value=-1.):
    mask = tf.cast(tf.not_equal(y_true, mask_value), tf.float32)
    return tf.reduce_sum(mask * tf.square(y_true - y_pred), axis=-1) / tf.maximum(tf.reduce_sum(mask, axis=-1), 1.)


if __name__ == '__main__':
    y_true = K.constant(np.array([[1, 0, 1, 1], [0, 0, 1, 0]]))
    y_pred = K.constant([[.9, .2, .7, .6], [.1, .4, .8, .3]])
    for loss in (dice_coef_loss, focal_loss(), tversky, f1, huber_loss, masked_mse):
        print(loss.__name__, np.round(K.eval(loss(y_true, y_pred)), 4))
