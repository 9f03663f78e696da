import tensorflow as tf
from tensorflow.keras import backend as K


class Attention(object):
    """Scaled dot-product attention with a mask, as layers of that time spell it."""

    def __init__(self, units, name=None):
        self.units = units
        self.name = name or 'attention_' + str(K.get_uid('attention'))

    def build(self, input_shape):
        input_dim = int(input_shape[-1])
        with K.name_scope(self.name):
            self.kernel = K.variable(K.eval(tf.random.uniform((input_dim, self.units), -1., 1., seed=1)), name='kernel')

    def call(self, inputs, mask=None):
        q = K.dot(inputs, self.kernel)
        scores = K.batch_dot(q, K.permute_dimensions(q, (0, 2, 1))) / tf.sqrt(tf.cast(tf.shape(q)[-1], tf.float32))
        if mask is not None:
            scores -= 1e9 * (1. - tf.cast(mask, K.floatx())[:, tf.newaxis, :])
        weights = K.exp(scores - K.max(scores, axis=-1, keepdims=True))
        weights /= K.cast(K.sum(weights, axis=-1, keepdims=True) + K.epsilon(), K.floatx())
        pooled = K.batch_dot(weights, q)
        batch, steps = tf.shape(pooled)[0], tf.shape(pooled)[1]
        return tf.reshape(tf.concat([pooled, q], axis=-1), tf.stack([batch, steps * 2 * self.units])), weights
