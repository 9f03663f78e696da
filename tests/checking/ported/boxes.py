"""Boxes: overlaps, decoding of grids, losses of detectors."""

import numpy as np
import tensorflow as tf
from keras import backend as K


def bbox_overlap(a, b):
    inter_min = K.maximum(a[..., :2], b[..., :2])
    inter_wh = K.maximum(K.minimum(a[..., 2:], b[..., 2:]) - inter_min, 0.0)
    inter = inter_wh[..., 0] * inter_wh[..., 1]
    area = (a[..., 2] - a[..., 0]) * (a[..., 3] - a[..., 1])
    return inter / (area + (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1]) - inter + K.epsilon())


def all_overlaps(b1, b2):
    return bbox_overlap(K.expand_dims(b1, -2), K.expand_dims(b2, 0))


def giou_loss(b1, b2):
    zero = 0.0
    b1_ymin, b1_xmin, b1_ymax, b1_xmax = tf.unstack(b1, 4, axis=-1)
    b2_ymin, b2_xmin, b2_ymax, b2_xmax = tf.unstack(b2, 4, axis=-1)
    h = tf.maximum(zero, tf.maximum(b1_ymax, b2_ymax) - tf.minimum(b1_ymin, b2_ymin))
    w = tf.maximum(zero, tf.maximum(b1_xmax, b2_xmax) - tf.minimum(b1_xmin, b2_xmin))
    overlap = bbox_overlap(b1, b2)
    return 1 - overlap + tf.math.divide_no_nan(h * w, h * w + 1.0)


def yolo_head(feats, anchors, num_classes):
    num_anchors = len(anchors)
    anchors_tensor = K.reshape(K.constant(anchors), [1, 1, 1, num_anchors, 2])
    grid_shape = K.shape(feats)[1:3]
    grid_y = K.tile(K.reshape(K.arange(0, stop=grid_shape[0]), [-1, 1, 1, 1]), [1, grid_shape[1], 1, 1])
    grid_x = K.tile(K.reshape(K.arange(0, stop=grid_shape[1]), [1, -1, 1, 1]), [grid_shape[0], 1, 1, 1])
    grid = K.concatenate([grid_x, grid_y])
    grid = K.cast(grid, K.dtype(feats))
    feats = K.reshape(feats, [-1, grid_shape[0], grid_shape[1], num_anchors, num_classes + 5])
    box_xy = (K.sigmoid(feats[..., :2]) + grid) / K.cast(grid_shape[::-1], K.dtype(feats))
    box_wh = K.exp(feats[..., 2:4]) * anchors_tensor / K.cast(grid_shape[::-1], K.dtype(feats))
    box_confidence = K.sigmoid(feats[..., 4:5])
    return box_xy, box_wh, box_confidence, K.softmax(feats[..., 5:])


def smooth_l1(y_true, y_pred, sigma=3.0):
    diff = K.abs(y_true - y_pred)
    less = K.cast(K.less(diff, 1.0 / sigma**2), "float32")
    return K.switch(K.equal(less, 1), 0.5 * sigma**2 * diff**2, diff - 0.5 / sigma**2)


def positive_only(y_true, losses):
    indices = tf.where(K.equal(y_true, 1))
    return K.sum(tf.gather_nd(losses, indices)) / K.maximum(1.0, K.cast(K.shape(indices)[0], K.floatx()))


def best_boxes(scores, boxes, threshold=0.5):
    box_classes = K.argmax(scores, axis=-1)
    box_class_scores = K.max(scores, axis=-1, keepdims=False)
    mask = box_class_scores >= threshold
    return tf.boolean_mask(boxes, mask), tf.boolean_mask(box_classes, mask)


def by_values():
    """Results whose sizes depend on values, and that so can't be compiled."""
    scores = K.constant([[0.1, 0.9, 0.3], [0.2, 0.1, 0.4], [0.8, 0.7, 0.1]])
    kept, classes = best_boxes(scores, scores + 1)
    return [kept, K.cast(classes, "int32"), positive_only(K.constant([0, 1, 1]), scores)]


def values():
    random = np.random.RandomState(7)
    low = random.uniform(size=(5, 2))
    a = K.constant(np.concatenate([low, low + random.uniform(size=(5, 2))], 1))
    b = K.constant(np.concatenate([low + 0.1, low + 0.7], 1))
    head = yolo_head(K.constant(random.normal(size=(2, 3, 4, 16))), [[1.0, 2.0], [0.5, 0.5]], 3)
    return [all_overlaps(a, b[:3]), giou_loss(a, b), *head, smooth_l1(a, b)]
