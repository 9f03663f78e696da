"""A small classifier, trained by a loop of its own, which is saved, stopped and taken up again."""

import json
import os

import numpy as np
import tensorflow as tf
from tensorflow.keras import Model, layers, regularizers

CHECKPOINT_DIR = os.path.join(os.getcwd(), "training_checkpoints")
BATCH_SIZE = 16
NUM_CLASSES = 3
EPOCHS = 3

rng = np.random.RandomState(42)


def make_blobs(n):
    centers = np.array([[1.0, 0.0, -1.0, 0.5], [-1.0, 1.0, 0.0, 0.5], [0.0, -1.0, 1.0, -0.5]])
    labels = rng.randint(0, NUM_CLASSES, size=n)
    points = centers[labels] + 0.6 * rng.randn(n, 4)
    return (points * 50 + 100).astype("float32"), labels.astype("int64")


def normalize(x, y):
    return (tf.cast(x, tf.float32) - 100.0) / 50.0, y


def make_dataset(x, y, training=False):
    ds = tf.data.Dataset.from_tensor_slices((x, y))
    ds = ds.map(normalize, num_parallel_calls=tf.data.experimental.AUTOTUNE)
    ds = ds.batch(BATCH_SIZE, drop_remainder=training)
    return ds.prefetch(tf.data.experimental.AUTOTUNE)


class Classifier(Model):
    def __init__(self, hidden, num_classes, weight_decay=1e-3):
        super(Classifier, self).__init__(name="classifier")
        self.hidden = layers.Dense(
            hidden,
            activation="relu",
            kernel_regularizer=regularizers.l2(weight_decay),
            activity_regularizer=regularizers.l1(1e-3),
        )
        self.bn = layers.BatchNormalization(momentum=0.9)
        self.logits = layers.Dense(num_classes, kernel_regularizer=regularizers.l1_l2(1e-4, weight_decay))

    def call(self, x, training=False):
        x = self.hidden(x)
        x = self.bn(x, training=training)
        return self.logits(x)


x_train, y_train = make_blobs(104)
x_test, y_test = make_blobs(40)
train_ds = make_dataset(x_train, y_train, training=True)
test_ds = make_dataset(x_test, y_test)

loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_loss = tf.keras.metrics.Mean(name="train_loss")
train_accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="train_accuracy")
test_loss = tf.keras.metrics.Mean(name="test_loss")
test_accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="test_accuracy")


def build_model():
    model = Classifier(8, NUM_CLASSES)
    model(tf.zeros([1, 4]))
    weights_rng = np.random.RandomState(7)
    for v in model.trainable_variables:
        v.assign((0.3 * weights_rng.randn(*v.shape.as_list()) + (1.0 if "gamma" in v.name else 0.0)).astype("float32"))
    return model


def build_optimizer():
    schedule = tf.keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=4, decay_rate=0.9, staircase=True)
    return tf.keras.optimizers.SGD(learning_rate=schedule, momentum=0.9, nesterov=True)


model = build_model()
optimizer = build_optimizer()


@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        predictions = model(images, training=True)
        data_loss = loss_object(labels, predictions)
        reg_loss = sum(model.losses)
        loss = data_loss + reg_loss
    gradients = tape.gradient(loss, model.trainable_variables)
    gradients, norm = tf.clip_by_global_norm(gradients, 1.0)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    train_loss(loss)
    train_accuracy(labels, predictions)
    return data_loss, reg_loss, norm


@tf.function
def test_step(images, labels):
    predictions = model(images, training=False)
    test_loss(loss_object(labels, predictions) + tf.add_n(model.losses))
    test_accuracy.update_state(labels, predictions)


step = tf.Variable(0, dtype=tf.int64, name="global_step")
ckpt = tf.train.Checkpoint(step=step, model=model, optimizer=optimizer)
manager = tf.train.CheckpointManager(ckpt, CHECKPOINT_DIR, max_to_keep=2)
ckpt.restore(manager.latest_checkpoint)

history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": [], "reg": [], "norm": [], "lr": []}
for epoch in range(EPOCHS):
    for metric in (train_loss, train_accuracy, test_loss, test_accuracy):
        metric.reset_states()
    for images, labels in train_ds:
        data_loss, reg_loss, norm = train_step(images, labels)
        step.assign_add(1)
        if int(step) % 3 == 0:
            history["reg"].append(float(reg_loss))
            history["norm"].append(norm.numpy().item())
    for images, labels in test_ds:
        test_step(images, labels)
    save_path = manager.save()
    history["loss"].append(train_loss.result().numpy().item())
    history["accuracy"].append(float(train_accuracy.result()))
    history["val_loss"].append(float(test_loss.result()))
    history["val_accuracy"].append(float(test_accuracy.result()))
    history["lr"].append(float(optimizer.lr(optimizer.iterations)))
    print("Epoch {}: loss {:.4f}, saved {}".format(epoch + 1, history["loss"][-1], os.path.basename(save_path)))

# A fresh model and optimizer go on where the last epoch ended.
fresh = build_model()
fresh_optimizer = build_optimizer()
fresh_ckpt = tf.train.Checkpoint(step=tf.Variable(0, dtype=tf.int64), model=fresh, optimizer=fresh_optimizer)
status = fresh_ckpt.restore(tf.train.latest_checkpoint(CHECKPOINT_DIR))
status.assert_existing_objects_matched()

x, y = normalize(x_train[:BATCH_SIZE], y_train[:BATCH_SIZE])
resumed = []
for _ in range(3):
    # This time eagerly.
    with tf.GradientTape() as tape:
        logits = fresh(x, training=True)
        losses = fresh.losses
        total = loss_object(y, logits) + tf.add_n(losses)
    grads = tape.gradient(total, fresh.trainable_variables)
    fresh_optimizer.apply_gradients(zip(grads, fresh.trainable_variables))
    resumed.append([float(total)] + [float(loss) for loss in losses])

history["resumed"] = resumed
history["step"] = int(fresh_ckpt.step.numpy())
history["iterations"] = int(fresh_optimizer.iterations.numpy())
history["checkpoints"] = [os.path.basename(path) for path in manager.checkpoints]
history["weights"] = [float(tf.reduce_sum(v)) for v in fresh.variables]
print(json.dumps(history))
