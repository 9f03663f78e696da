"""Capsules: squashing, routing by agreement, the margin loss."""

import numpy as np
import keras.backend as K
import tensorflow as tf


def squash(vectors, axis=-1):
    s_squared_norm = K.sum(K.square(vectors), axis, keepdims=True)
    scale = s_squared_norm / (1 + s_squared_norm) / K.sqrt(s_squared_norm + K.epsilon())
    return scale * vectors


def softmax(x, axis=-1):
    ex = K.exp(x - K.max(x, axis=axis, keepdims=True))
    return ex / K.sum(ex, axis=axis, keepdims=True)


def length(inputs):
    return K.sqrt(K.sum(K.square(inputs), -1))


def mask_longest(inputs):
    x = K.sqrt(K.sum(K.square(inputs), -1))
    mask = K.one_hot(indices=K.argmax(x, 1), num_classes=x.get_shape().as_list()[1])
    return K.batch_flatten(inputs * K.expand_dims(mask, -1))


def predictions(inputs, W):
    inputs_expand = K.expand_dims(inputs, 1)
    inputs_tiled = K.tile(inputs_expand, [1, K.int_shape(W)[0], 1, 1])
    return K.map_fn(lambda x: K.sum(K.expand_dims(x, 2) * W, axis=-1), elems=inputs_tiled)


def routing(u_hat, num_routing=3):
    b = K.zeros(shape=[K.shape(u_hat)[0], K.int_shape(u_hat)[1], K.int_shape(u_hat)[2]])
    for i in range(num_routing):
        c = softmax(b, 1)
        outputs = squash(K.sum(K.expand_dims(c) * u_hat, axis=2))
        if i < num_routing - 1:
            b += K.sum(K.expand_dims(outputs, 2) * u_hat, -1)
    return outputs


def capsule_layer(u_vecs, W, num_capsule, dim_capsule):
    u_hat_vecs = K.conv1d(u_vecs, W)
    batch_size = K.shape(u_vecs)[0]
    input_num_capsule = K.shape(u_vecs)[1]
    u_hat_vecs = K.reshape(u_hat_vecs, (batch_size, input_num_capsule, num_capsule, dim_capsule))
    u_hat_vecs = K.permute_dimensions(u_hat_vecs, (0, 2, 1, 3))
    b = K.zeros_like(u_hat_vecs[:, :, :, 0])
    c = K.permute_dimensions(K.softmax(K.permute_dimensions(b, (0, 2, 1))), (0, 2, 1))
    return squash(tf.keras.backend.sum(K.expand_dims(c) * u_hat_vecs, axis=2))


def agreement(u):
    return K.batch_dot(u, u, [2, 2])


def margin_loss(y_true, y_pred):
    L = y_true * K.square(K.maximum(0.0, 0.9 - y_pred)) + 0.5 * (1 - y_true) * K.square(K.maximum(0.0, y_pred - 0.1))
    return K.mean(K.sum(L, 1))


def values():
    random = np.random.RandomState(6)
    inputs = K.constant(random.normal(size=(2, 7, 4)))
    W = K.constant(random.normal(size=(3, 7, 5, 4)))
    capsules = routing(predictions(inputs, W))
    one = K.one_hot(K.constant([2, 0], dtype="int32"), 3)
    layer = capsule_layer(inputs, K.constant(random.normal(size=(1, 4, 15))), 3, 5)
    return [
        capsules,
        length(capsules),
        mask_longest(capsules),
        margin_loss(one, length(capsules)),
        layer,
        agreement(layer),
    ]
