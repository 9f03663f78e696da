"""Layers, models and losses of a project on TensorFlow 2.2."""
import os
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras import callbacks, initializers, layers, regularizers
from tensorflow.keras.layers import Dense, Dropout, Input, Layer
from tensorflow.keras.models import Model, Sequential, load_model
from tensorflow.keras.optimizers import Adam, SGD
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.utils import to_categorical


class Linear(Layer):
    def __init__(self, units=32, **kwargs):
        super(Linear, self).__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer='glorot_uniform', name='w',
                                 regularizer=regularizers.l2(0.01), trainable=True)
        self.b = self.add_weight('b', shape=(self.units,), initializer=initializers.Zeros())

    def call(self, inputs):
        return tf.matmul(inputs, self.w) + self.b

    def get_config(self):
        config = super(Linear, self).get_config()
        config.update({'units': self.units})
        return config


class Block(Layer):
    """Layers in a layer, and a branch for training."""

    def __init__(self, units, **kwargs):
        super(Block, self).__init__(**kwargs)
        self.linear = Linear(units)
        self.norm = layers.BatchNormalization(momentum=0.5)

    def call(self, inputs, training=None):
        x = self.norm(self.linear(inputs), training=training)
        if training:
            x = x * 1.1
        self.add_loss(1e-2 * tf.reduce_mean(tf.square(x)))
        return K.relu(x)


class Net(tf.keras.Model):
    def __init__(self):
        super(Net, self).__init__()
        self.first = Dense(8, activation='tanh')
        self.drop = Dropout(0.9)
        self.last = Dense(1)

    def call(self, inputs, training=False):
        x = self.first(inputs)
        if training:
            x = self.drop(x, training=False) * 0.5
        return self.last(x)


def fill(model):
    random = np.random.RandomState(1)
    model.set_weights([random.uniform(-.5, .5, w.shape) if w.ndim > 1 else np.round(np.abs(w)) for w in model.get_weights()])


def huber(y_true, y_pred, delta=1.0):
    error = y_true - y_pred
    small = tf.abs(error) < delta
    return K.mean(tf.where(small, 0.5 * tf.square(error), delta * (tf.abs(error) - 0.5 * delta)), axis=-1)


def within(y_true, y_pred):
    return K.mean(K.cast(K.less(K.abs(y_true - y_pred), 0.5), K.floatx()), axis=-1)


def show(title, values):
    print(title, (np.round(np.asarray(values, 'float64'), 3) + 0).tolist())


print(tf.executing_eagerly(), (K.ones((2,)) + 1).numpy().tolist())
random = np.random.RandomState(0)
x = random.uniform(-1, 1, (64, 5)).astype('float32')
y = x.dot(np.arange(5.0).reshape(5, 1)).astype('float32')

# functional, with layers of one's own
inputs = Input(shape=(5,), name='features')
hidden = Block(6, name='block')(inputs)
outputs = Linear(1, name='out')(hidden)
model = Model(inputs=inputs, outputs=outputs)
print(model.output_shape, model.count_params(), len(model.trainable_weights), len(model.losses))
fill(model)
model.compile(optimizer=SGD(0.05), loss=huber, metrics=[within])
rates = []
history = model.fit(x, y, batch_size=16, epochs=4, shuffle=False, verbose=0,
                    callbacks=[callbacks.LearningRateScheduler(lambda epoch: 0.05 / (1 + epoch)),
                               callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: rates.append(
                                   float(K.get_value(model.optimizer.lr))))])
for name in sorted(history.history):
    if name != 'lr':
        show(name, history.history[name])
show('rates', rates)
K.set_value(model.get_layer('block').norm.moving_variance, np.ones(6))
show('evaluated', model.evaluate(x, y, verbose=0))
show('moving mean', K.get_value(model.get_layer('block').norm.moving_mean))
show('called', model(x[:2]).numpy())
show('training', model(x[:4], training=True).numpy()[:2])
features = K.function([model.input], [model.get_layer('block').output])
show('features', features([x[:1]])[0])

path = os.path.join(tempfile.mkdtemp(), 'weights.h5')
model.save_weights(path)
fill(model)
model.load_weights(path)
show('loaded', model.predict(x[:2]))

# subclassed
net = Net()
net.compile(optimizer=Adam(learning_rate=0.01), loss='mse')
net.fit(x, y, epochs=1, verbose=0)
fill(net)
show('before', net.predict(x[:2]))
net.compile(optimizer=Adam(learning_rate=0.01), loss='mse')
show('subclassed', net.fit(x, y, batch_size=32, epochs=3, shuffle=False, verbose=0).history['loss'])
show('after', net(x[:2]).numpy())

# sequential, on words
words = pad_sequences([[1, 2, 3], [4, 5], [6]], maxlen=4)
labels = to_categorical([0, 1, 2], 3)
tagger = Sequential([layers.Embedding(8, 4, mask_zero=True), layers.LSTM(5), Dense(3, activation='softmax')])
tagger.build((None, 4))
fill(tagger)
tagger.compile('rmsprop', 'categorical_crossentropy', metrics=['accuracy'])
show('words', tagger.fit(words, labels, epochs=3, shuffle=False, verbose=0).history['loss'])
path = os.path.join(os.path.dirname(path), 'tagger.h5')
tagger.save(path)
show('restored', load_model(path).predict(words))
show('logits', tf.keras.losses.CategoricalCrossentropy(from_logits=True)(labels, np.eye(3, dtype='float32')).numpy())
show('at once', layers.Dense(2, kernel_initializer='ones')(tf.ones((1, 3))).numpy())
print(isinstance(tagger, tf.keras.Model), issubclass(Linear, tf.keras.layers.Layer), hasattr(tf.keras, 'nothing'))
