"""What layers add to the loss, as a program asks for it: at once, under a tape, in a `tf.function`, in a step."""

from programs import check_on_keras as check

MODEL = """
from tensorflow.keras import layers, regularizers

class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(
            2, kernel_initializer="ones", kernel_regularizer=regularizers.l2(0.5),
            activity_regularizer=regularizers.l1(0.1),
        )
    def call(self, x):
        y = self.dense(x)
        self.add_loss(tf.reduce_sum(y))
        return y

x = tf.constant([[1.0, 2.0], [0.0, 1.0]])
net = Net()
"""


def test_losses_are_those_of_the_last_call_and_of_the_weights_now():
    check(
        MODEL
        + """
net(x)
# The model's own come first, then those of the layer: of its call, and of its weights.
assert np.allclose([loss.numpy() for loss in net.losses], [8, 0.4, 2])
net(x[:1])
assert np.allclose([loss.numpy() for loss in net.losses], [6, 0.6, 2])
net.dense.kernel.assign(2 * tf.ones((2, 2)))
assert np.isclose(net.losses[2].numpy(), 8) and np.isclose(net.losses[1].numpy(), 0.6)
net.dense(x)
assert np.allclose([loss.numpy() for loss in net.dense.losses], [0.8, 8])
with tf.GradientTape() as tape:
    net(x)
    total = tf.add_n(net.losses)
slope = tape.gradient(total, net.dense.kernel).numpy()
assert np.allclose(slope, 2 + np.array([[1.0], [3.0]]) * (1 + 0.1 / 2))
"""
    )


def test_losses_in_a_function():
    check(
        MODEL
        + """
@tf.function
def step(x):
    with tf.GradientTape() as tape:
        net(x)
        total = sum(net.losses)
    slope = tape.gradient(total, net.dense.kernel)
    net.dense.kernel.assign_sub(slope)
    return total, slope, net.losses[2]

for _ in range(2):
    kernel = net.dense.kernel.numpy() if net.weights else np.ones((2, 2))
    total, slope, after = step(x)
    y = x.numpy() @ kernel
    assert np.isclose(total, y.sum() + 0.1 * np.abs(y).sum() / 2 + 0.5 * (kernel ** 2).sum())
    assert np.allclose(slope, kernel + (x.numpy().T @ (1 + 0.05 * np.sign(y))))
    assert np.isclose(after, 0.5 * ((kernel - slope.numpy()) ** 2).sum())
"""
    )


def test_functions_that_give_losses_and_losses_of_steps():
    check(
        MODEL
        + """
inputs = tf.keras.Input((2,))
model = tf.keras.Model(inputs, layers.Dense(1, kernel_regularizer=regularizers.l2(1.0))(inputs))
kernel = model.layers[1].kernel
model.layers[1].add_loss(lambda: tf.reduce_sum(kernel))
kernel.assign([[1.0], [2.0]])
assert [loss.numpy() for loss in model.losses] == [5, 3]
# Keras's own steps compute them anew, too.
model.compile(tf.keras.optimizers.SGD(0.1), lambda t, p: 0.0 * p)
data = np.ones((4, 2)), np.zeros((4, 1))
assert np.isclose(model.train_on_batch(*data), 8)
after = np.array([1 - 0.1 * 3, 2 - 0.1 * 5])
assert np.allclose(kernel.numpy()[:, 0], after)
assert np.isclose(model.train_on_batch(*data), (after ** 2).sum() + after.sum())
"""
    )
