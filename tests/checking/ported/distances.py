"""Losses of metric learning."""

import numpy as np
import tensorflow as tf
from keras import backend as K


def euclidean_distance(vects):
    x, y = vects
    sum_square = K.sum(K.square(x - y), axis=1, keepdims=True)
    return K.sqrt(K.maximum(sum_square, K.epsilon()))


def contrastive_loss(y_true, y_pred, margin=1):
    square_pred = K.square(y_pred)
    margin_square = K.square(K.maximum(margin - y_pred, 0))
    return K.mean(y_true * square_pred + (1 - y_true) * margin_square)


def triplet_loss(y_true, y_pred, alpha=0.4):
    total = y_pred.shape.as_list()[-1]
    anchor, positive, negative = (y_pred[:, i * total // 3 : (i + 1) * total // 3] for i in range(3))
    pos_dist = K.sum(K.square(anchor - positive), axis=1)
    neg_dist = K.sum(K.square(anchor - negative), axis=1)
    return K.maximum(pos_dist - neg_dist + alpha, 0.0)


def pairwise_distances(embeddings, squared=False):
    dot_product = tf.matmul(embeddings, tf.transpose(embeddings))
    square_norm = tf.linalg.diag_part(dot_product)
    distances = tf.expand_dims(square_norm, 1) - 2.0 * dot_product + tf.expand_dims(square_norm, 0)
    distances = tf.maximum(distances, 0.0)
    if not squared:
        mask = tf.cast(tf.equal(distances, 0.0), tf.float32)
        distances = tf.sqrt(distances + mask * 1e-16) * (1.0 - mask)
    return distances


def batch_hard(labels, embeddings, margin=0.5):
    distances = pairwise_distances(embeddings)
    same = tf.equal(tf.expand_dims(labels, 0), tf.expand_dims(labels, 1))
    positive = tf.cast(tf.logical_and(same, tf.logical_not(tf.cast(tf.eye(tf.shape(labels)[0]), tf.bool))), tf.float32)
    hardest_positive = tf.reduce_max(positive * distances, axis=1, keepdims=True)
    furthest = tf.reduce_max(distances, axis=1, keepdims=True)
    hardest_negative = tf.reduce_min(distances + furthest * tf.cast(same, tf.float32), axis=1, keepdims=True)
    return tf.reduce_mean(tf.maximum(hardest_positive - hardest_negative + margin, 0.0))


def cosine_similarity(a, b):
    a = K.l2_normalize(a, axis=-1)
    return K.sum(a * K.l2_normalize(b, axis=-1), axis=-1)


def center_loss(labels, features, centers):
    return K.sum(K.square(features - K.gather(centers, labels)), axis=1) / 2


def arcface(embeddings, weights, y_true, s=30.0, m=0.5):
    cos = K.dot(K.l2_normalize(embeddings, axis=1), K.l2_normalize(weights, axis=0))
    theta = tf.acos(K.clip(cos, -1.0 + K.epsilon(), 1.0 - K.epsilon()))
    logits = cos * (1 - y_true) + tf.cos(theta + m) * y_true
    return tf.nn.softmax(logits * s)


def values():
    random = np.random.RandomState(4)
    a, b = (K.constant(random.normal(size=(6, 9))) for _ in range(2))
    labels = K.constant([0, 1, 2, 0, 1, 0], dtype="int32")
    distances = euclidean_distance([a, b])
    weights = K.constant(random.normal(size=(9, 3)))
    return [
        distances,
        contrastive_loss(K.constant(random.randint(0, 2, (6, 1))), distances),
        pairwise_distances(a, squared=True),
        batch_hard(labels, a),
        cosine_similarity(a, b),
        center_loss(labels, a, b[:3]),
        arcface(a, weights, K.one_hot(labels, 3)),
        triplet_loss(None, a),
    ]
