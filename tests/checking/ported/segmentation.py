"""Losses for segmentation."""

import numpy as np
import tensorflow as tf
from keras import backend as K

SMOOTH = 1e-5


def dice_per_class(y_true, y_pred, smooth=SMOOTH):
    axes = tuple(range(1, K.ndim(y_pred) - 1))
    intersection = K.sum(y_true * y_pred, axis=axes)
    union = K.sum(y_true, axis=axes) + K.sum(y_pred, axis=axes)
    return K.mean((2.0 * intersection + smooth) / (union + smooth), axis=0)


def jaccard_distance(y_true, y_pred, smooth=100):
    intersection = K.sum(K.abs(y_true * y_pred), axis=-1)
    sum_ = K.sum(K.abs(y_true) + K.abs(y_pred), axis=-1)
    return (1 - (intersection + smooth) / (sum_ - intersection + smooth)) * smooth


def categorical_focal_loss(gamma=2.0, alpha=0.25):
    def loss(y_true, y_pred):
        y_pred /= K.sum(y_pred, axis=-1, keepdims=True)
        y_pred = K.clip(y_pred, K.epsilon(), 1.0 - K.epsilon())
        cross_entropy = -y_true * K.log(y_pred)
        return K.sum(alpha * K.pow(1 - y_pred, gamma) * cross_entropy, axis=-1)

    return loss


def weighted_bce(y_true, y_pred):
    count_pos = tf.reduce_sum(y_true)
    beta = 1.0 - count_pos / tf.cast(tf.size(y_true), tf.float32)
    logits = tf.math.log(tf.clip_by_value(y_pred, 1e-7, 1 - 1e-7) / tf.clip_by_value(1 - y_pred, 1e-7, 1.0))
    weighted = tf.nn.weighted_cross_entropy_with_logits(labels=y_true, logits=logits, pos_weight=beta / (1 - beta))
    return tf.reduce_mean(weighted * (1 - beta), axis=[1, 2, 3])


def lovasz_grad(gt_sorted):
    gts = tf.reduce_sum(gt_sorted)
    intersection = gts - tf.cumsum(gt_sorted)
    union = gts + tf.cumsum(1.0 - gt_sorted)
    jaccard = 1.0 - intersection / union
    return tf.concat((jaccard[0:1], jaccard[1:] - jaccard[:-1]), 0)


def lovasz_hinge(labels, logits):
    labels, logits = K.flatten(labels), K.flatten(logits)
    errors = 1.0 - logits * (2.0 * labels - 1.0)
    errors_sorted, perm = tf.nn.top_k(errors, k=tf.shape(errors)[0])
    grad = lovasz_grad(tf.gather(labels, perm))
    return tf.tensordot(tf.nn.relu(errors_sorted), tf.stop_gradient(grad), 1)


def values():
    random = np.random.RandomState(1)
    y_true = K.constant(np.eye(3)[random.randint(0, 3, (2, 6, 5))])
    y_pred = K.softmax(K.constant(random.normal(size=(2, 6, 5, 3))))
    return [
        dice_per_class(y_true, y_pred),
        jaccard_distance(y_true, y_pred),
        categorical_focal_loss()(y_true, y_pred),
        weighted_bce(y_true, y_pred),
        lovasz_hinge(y_true, y_pred * 4 - 2),
    ]
