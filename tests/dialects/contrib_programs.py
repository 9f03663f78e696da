"""Programs on `tf.contrib.layers`, run by TensorFlow 1.15 (`record_contrib.py`) and by kjax."""

import numpy as np


def programs(tf):
    """The name of each, and a function of a placeholder, its shape and its value."""
    layers, half = tf.contrib.layers, tf.constant_initializer(0.5)
    images = np.arange(12.0, dtype="float32").reshape(2, 2, 3, 1) / 4
    matrix = np.arange(6.0, dtype="float32").reshape(2, 3) / 4

    def normalized(x):
        options = {"activation_fn": None, "normalizer_fn": layers.batch_norm, "normalizer_params": {"decay": 0.5}}
        return layers.fully_connected(x, 2, weights_initializer=half, scope="fc", **options)

    def linear(x):
        return layers.linear(x, 2, weights_initializer=half, biases_initializer=tf.constant_initializer(-3.0))

    of_matrix = {
        "fully_connected": lambda x: layers.fully_connected(x, 2, weights_initializer=half),
        "layer_norm": layers.layer_norm,
        "linear": linear,
        "normalized": normalized,
        "one_hot_encoding": lambda x: layers.one_hot_encoding(tf.cast(x[:, 0], tf.int32), 3),
    }
    of_images = {
        "avg_pool2d": lambda x: layers.avg_pool2d(x, [2, 2], 1, "SAME"),
        "batch_norm": lambda x: layers.batch_norm(x, decay=0.9, scale=True),
        "batch_norm_by_averages": lambda x: layers.batch_norm(x, is_training=False, activation_fn=tf.nn.tanh),
        "batch_norm_unfused": lambda x: layers.batch_norm(x, decay=0.9, fused=False),
        "conv2d": lambda x: layers.conv2d(x, 2, [2, 2], stride=1, weights_initializer=half),
        "dropout": lambda x: layers.dropout(x, 0.5, is_training=False),
        "flatten": layers.flatten,
        "max_pool2d": lambda x: layers.max_pool2d(x, 2),
    }
    return {
        **{name: (make, [None, 3], matrix) for name, make in of_matrix.items()},
        **{name: (make, [None, 2, 3, 1], images) for name, make in of_images.items()},
    }


def penalties(tf):
    """Regularizers, called on a matrix."""
    layers, w = tf.contrib.layers, tf.constant([[1.0, -2.0], [3.0, -4.0]])
    both = layers.apply_regularization(layers.sum_regularizer([layers.l2_regularizer(0.5), None]), [w, w])
    made = [layers.l1_regularizer(0.1), layers.l2_regularizer(0.1), layers.l1_l2_regularizer(0.1, 0.2)]
    return [*(regularizer(w) for regularizer in made), both]


def answers(tf):
    """What the programs compute: the output, the names of the variables, and the averages after their update."""
    found = {}
    for name, (make, shape, value) in programs(tf).items():
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.placeholder(tf.float32, shape)
            y = make(x)
            session.run(tf.global_variables_initializer())
            output = session.run(y, {x: value})
            for update in tf.get_collection(tf.GraphKeys.UPDATE_OPS):
                session.run(update, {x: value})
            variables = tf.global_variables()
            averages = [session.run(v).tolist() for v in variables if "moving" in v.name]
            found[name] = [output.tolist(), [v.name for v in variables], averages]
    with tf.Graph().as_default(), tf.Session() as session:
        found["penalties"] = [float(session.run(penalty)) for penalty in penalties(tf)]
    return found
