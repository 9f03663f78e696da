"""A two-layer classifier with a session: trained, saved, restored into a new graph, and trained on (TensorFlow 1)."""

import json
import os

import numpy as np
import tensorflow as tf

NUM_CLASSES = 4
NUM_FEATURES = 10
HIDDEN = 16
BATCH_SIZE = 20
LOG_DIR = "logs"
CKPT_DIR = "checkpoints"


def make_data(n, seed):
    rng = np.random.RandomState(seed)
    labels = rng.randint(0, NUM_CLASSES, size=n)
    centers = np.random.RandomState(1).randn(NUM_CLASSES, NUM_FEATURES)
    features = centers[labels] + 0.8 * rng.randn(n, NUM_FEATURES)
    return features.astype(np.float32), labels.astype(np.int64)


def weight_variable(name, shape, seed, wd=None):
    value = np.random.RandomState(seed).randn(*shape).astype(np.float32) / np.sqrt(shape[0])
    var = tf.get_variable(name, shape=shape, initializer=tf.constant_initializer(value))
    if wd is not None:
        weight_decay = tf.multiply(tf.nn.l2_loss(var), wd, name="weight_loss")
        tf.add_to_collection("losses", weight_decay)
    return var


def fully_connected(x, num_outputs, scope, seed, activation=None, reuse=None):
    num_inputs = x.get_shape()[1].value
    with tf.variable_scope(scope, reuse=reuse):
        weights = weight_variable("weights", [num_inputs, num_outputs], seed, wd=1e-3)
        biases = tf.get_variable("biases", [num_outputs], initializer=tf.constant_initializer(0.1))
        outputs = tf.nn.xw_plus_b(x, weights, biases)
        return activation(outputs) if activation is not None else outputs


class Classifier:
    def __init__(self):
        self.inputs = tf.placeholder(tf.float32, [None, NUM_FEATURES], name="inputs")
        self.labels = tf.placeholder(tf.int64, [None], name="labels")
        self.keep_prob = tf.placeholder_with_default(1.0, shape=(), name="keep_prob")
        self.global_step = tf.train.get_or_create_global_step()

        with tf.variable_scope("model"):
            net = fully_connected(self.inputs, HIDDEN, "fc1", seed=10, activation=tf.nn.relu)
            net = tf.nn.dropout(net, keep_prob=self.keep_prob)
            self.logits = fully_connected(net, NUM_CLASSES, "fc2", seed=11)
        self.probabilities = tf.nn.softmax(self.logits, name="probabilities")

        with tf.name_scope("loss"):
            cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.labels, logits=self.logits)
            self.xent = tf.reduce_mean(cross_entropy, name="cross_entropy")
            tf.add_to_collection("losses", self.xent)
            self.loss = tf.add_n(tf.get_collection("losses"), name="total_loss")

        with tf.name_scope("accuracy"):
            correct = tf.equal(tf.argmax(self.logits, 1), self.labels)
            self.accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

        self.learning_rate = tf.train.exponential_decay(0.05, self.global_step, 4, 0.7, staircase=True)
        optimizer = tf.train.AdamOptimizer(self.learning_rate)
        grads_and_vars = optimizer.compute_gradients(self.loss, var_list=tf.trainable_variables())
        gradients, variables = zip(*grads_and_vars, strict=False)
        gradients, self.grad_norm = tf.clip_by_global_norm(gradients, 1.0)
        apply_op = optimizer.apply_gradients(zip(gradients, variables, strict=False), global_step=self.global_step)

        ema = tf.train.ExponentialMovingAverage(0.9, num_updates=self.global_step)
        with tf.control_dependencies([apply_op]):
            self.train_op = ema.apply(tf.trainable_variables())
        self.averages = [ema.average(v) for v in tf.trainable_variables()]

        tf.summary.scalar("loss", self.loss)
        tf.summary.scalar("accuracy", self.accuracy)
        tf.summary.scalar("learning_rate", self.learning_rate)
        for var in tf.trainable_variables():
            tf.summary.histogram(var.op.name, var)
        self.summary_op = tf.summary.merge_all()
        self.saver = tf.train.Saver(tf.global_variables(), max_to_keep=2)


def run_epoch(sess, model, data, labels, writer=None):
    history = []
    for start in range(0, len(data), BATCH_SIZE):
        feed_dict = {
            model.inputs: data[start : start + BATCH_SIZE],
            model.labels: labels[start : start + BATCH_SIZE],
        }
        fetches = [model.train_op, model.loss, model.learning_rate, model.grad_norm, model.summary_op]
        _, loss, lr, norm, summary = sess.run(fetches, feed_dict=feed_dict)
        step = tf.train.global_step(sess, model.global_step)
        if writer is not None:
            writer.add_summary(summary, step)
        history.append([float(loss), float(lr), float(norm)])
    return history


def main(_):
    x_train, y_train = make_data(100, seed=2)
    x_test, y_test = make_data(40, seed=3)
    results = {}

    config = tf.ConfigProto(allow_soft_placement=True)
    config.gpu_options.allow_growth = True
    with tf.Graph().as_default():
        model = Classifier()
        num_params = int(sum(np.prod(v.get_shape().as_list()) for v in tf.trainable_variables()))
        results["names"] = [v.name for v in tf.trainable_variables()]
        results["num_params"] = num_params
        with tf.Session(config=config) as sess:
            sess.run(tf.global_variables_initializer())
            writer = tf.summary.FileWriter(LOG_DIR, sess.graph)
            results["first"] = run_epoch(sess, model, x_train, y_train, writer)
            writer.close()
            path = model.saver.save(sess, os.path.join(CKPT_DIR, "model.ckpt"), global_step=model.global_step)
            results["path"] = os.path.basename(path)
            accuracy = sess.run(model.accuracy, {model.inputs: x_test, model.labels: y_test})
            results["accuracy_before"] = float(accuracy)

    tf.reset_default_graph()
    with tf.Session(config=config) as sess:
        model = Classifier()
        ckpt = tf.train.get_checkpoint_state(CKPT_DIR)
        sess.run(tf.global_variables_initializer())
        if ckpt and ckpt.model_checkpoint_path:
            model.saver.restore(sess, ckpt.model_checkpoint_path)
        results["restored_step"] = int(model.global_step.eval())
        results["accuracy_after"] = float(model.accuracy.eval({model.inputs: x_test, model.labels: y_test}))
        results["second"] = run_epoch(sess, model, x_train, y_train)
        probabilities = sess.run(model.probabilities, feed_dict={model.inputs: x_test[:2]})
        results["probabilities"] = probabilities.tolist()
        results["averages"] = [float(a.sum()) for a in sess.run(model.averages)]
    results["events"] = len([f for f in os.listdir(LOG_DIR) if "tfevents" in f])
    reader = tf.train.NewCheckpointReader(tf.train.latest_checkpoint(CKPT_DIR))
    results["saved"] = sorted(k for k in reader.get_variable_to_shape_map() if k.startswith("model/fc1/weights"))
    print(json.dumps(results))


if __name__ == "__main__":
    tf.app.run()
