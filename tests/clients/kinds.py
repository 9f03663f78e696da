"""Models of many kinds: every layer class of Keras 2.3.1, and the classic architectures.

A builder gets a Keras (2.3.1 or tf-keras) and gives a compiled model. Like `models`, this runs in the environments of
the benchmarks' peers, Python 3.7 included:

    model = kinds.build("unet", keras)
    model.train_on_batch(*kinds.batch("unet", model))
"""

from collections import namedtuple

import numpy as np

from clients import models

# build: `build(keras)`; size: of a batch; words: how many words inputs of ints have, else None; random: whether
# predictions differ from call to call; only: the frameworks that can run it, or None for all.
Kind = namedtuple("Kind", "build size words random only")
KINDS = {}


def _kind(size, words=None, random=False, only=None):
    def declare(build):
        KINDS[build.__name__] = Kind(build, size, words, random, only)
        return build

    return declare


def build(name, keras):
    """The compiled model of that name, with its weights drawn anew, always the same."""
    model = KINDS[name].build(keras)
    model.set_weights(models.weights(model))
    return model


def batch(name, model):
    """Inputs and targets of one batch; targets are None where the model has its own loss."""
    kind, random = KINDS[name], np.random.RandomState(7)

    def drawn(shape):
        if kind.words and shape in inputs:
            return random.randint(1, kind.words, (kind.size, *shape[1:]))
        return random.uniform(0, 1, (kind.size, *shape[1:])).astype("float32")

    several = isinstance(model.input_shape, list)
    inputs = model.input_shape if several else [model.input_shape]
    x = [drawn(shape) for shape in inputs]
    return (x if several else x[0]), (drawn(model.output_shape) if model.loss else None)


def _compiled(keras, model, loss="mse"):
    model.compile(keras.optimizers.Adam(0.001), loss)
    return model


def _sequence(keras, *parts, **how):
    return _compiled(keras, keras.models.Sequential(list(parts)), **how)


# --------------------------------------------------------------------------------------------------------------- images


@_kind(32)
def generator(keras):
    """A generator: transposed convolutions, stride 2."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.Dense(7 * 7 * 128, input_shape=(100,)),
        layers.BatchNormalization(),
        layers.LeakyReLU(),
        layers.Reshape((7, 7, 128)),
        layers.Conv2DTranspose(64, 5, strides=2, padding="same"),
        layers.BatchNormalization(),
        layers.LeakyReLU(),
        layers.Conv2DTranspose(32, 5, strides=2, padding="same", activation="relu"),
        layers.Conv2D(1, 3, padding="same", activation="tanh"),
    )


@_kind(64)
def discriminator(keras):
    """A discriminator: strided convolutions, noise, spatial dropout."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.GaussianNoise(0.1, input_shape=(28, 28, 1)),
        layers.Conv2D(64, 5, strides=2, padding="same"),
        layers.LeakyReLU(0.2),
        layers.SpatialDropout2D(0.3),
        layers.Conv2D(128, 5, strides=2, padding="same"),
        layers.LeakyReLU(0.2),
        layers.Flatten(),
        layers.GaussianDropout(0.2),
        layers.Dense(1, activation="sigmoid"),
        loss="binary_crossentropy",
    )


@_kind(32)
def separable(keras):
    """Separable convolutions, 3x3 and 5x5."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.SeparableConv2D(32, 3, padding="same", activation="relu", input_shape=(32, 32, 3)),
        layers.SeparableConv2D(64, 5, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.SeparableConv2D(64, 3, depth_multiplier=2, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(10),
    )


@_kind(32)
def depthwise(keras):
    """Depthwise convolutions, batch normalisation, ReLU6, 1x1."""
    layers = keras.layers
    parts = [layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False, input_shape=(64, 64, 3))]
    for channels, stride in ((64, 1), (64, 2), (128, 1)):
        parts += [
            layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
        ]
    return _sequence(keras, *parts, layers.GlobalAveragePooling2D(), layers.Dense(10))


@_kind(16)
def convolutional_lstm(keras):
    """ConvLSTM2D."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.ConvLSTM2D(16, 3, padding="same", return_sequences=True, input_shape=(8, 24, 24, 1)),
        layers.BatchNormalization(),
        layers.ConvLSTM2D(16, 3, padding="same"),
        layers.Conv2D(1, 3, padding="same"),
    )


@_kind(8)
def volumes(keras):
    """3-D convolutions."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.Conv3D(16, 3, activation="relu", padding="same", input_shape=(16, 24, 24, 3)),
        layers.MaxPooling3D(),
        layers.Conv3D(32, 3, activation="relu", padding="same"),
        layers.AveragePooling3D(),
        layers.Conv3D(32, 3, activation="relu"),
        layers.GlobalAveragePooling3D(),
        layers.Dense(10),
    )


@_kind(8)
def volumes_and_back(keras):
    """3-D up and down: transposed, padded, cropped, upsampled volumes."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.ZeroPadding3D(1, input_shape=(10, 10, 10, 4)),
        layers.Conv3D(16, 3, strides=2, padding="same", activation="relu"),
        layers.SpatialDropout3D(0.0),
        layers.UpSampling3D(),
        layers.Cropping3D(1),
        layers.Conv3D(16, 3, padding="same", activation="relu"),
        layers.MaxPooling3D(),
        layers.Conv3DTranspose(8, 3, strides=2, padding="same"),
    )


@_kind(8)
def unet(keras):
    """U-Net."""
    layers = keras.layers

    def twice(x, channels):
        for _ in range(2):
            x = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
        return x

    image = x = layers.Input((64, 64, 1))
    passed = []
    for channels in (16, 32):
        x = twice(x, channels)
        passed.append(x)
        x = layers.MaxPooling2D()(x)
    x = twice(x, 64)
    x = layers.concatenate([layers.Conv2DTranspose(32, 2, strides=2)(x), passed[1]])
    x = twice(x, 32)
    x = layers.concatenate([layers.Conv2D(16, 2, padding="same")(layers.UpSampling2D()(x)), passed[0]])
    x = layers.Conv2D(1, 1, activation="sigmoid")(twice(x, 16))
    return _compiled(keras, keras.models.Model(image, x), "binary_crossentropy")


@_kind(16)
def resized(keras):
    """Bilinear upsampling, overlapping pools, padding and cropping."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.Conv2D(16, 3, activation="relu", input_shape=(32, 32, 3)),
        layers.MaxPooling2D(3, strides=2),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.Conv2D(16, 3, activation="relu"),
        layers.AveragePooling2D(3, strides=2, padding="same"),
        layers.ZeroPadding2D(2),
        layers.Conv2D(32, 3, dilation_rate=2, activation="relu"),
        layers.Cropping2D(1),
        layers.GlobalMaxPooling2D(),
        layers.Dense(10),
    )


@_kind(16)
def vgg(keras):
    """VGG's block: 3x3 convolutions of 64 and 128 channels."""
    layers = keras.layers
    parts = [layers.Conv2D(64, 3, padding="same", activation="relu", input_shape=(32, 32, 3))]
    parts += [layers.Conv2D(64, 3, padding="same", activation="relu"), layers.MaxPooling2D()]
    parts += [layers.Conv2D(128, 3, padding="same", activation="relu") for _ in range(2)]
    return _sequence(
        keras, *parts, layers.MaxPooling2D(), layers.Flatten(), layers.Dense(256, activation="relu"), layers.Dense(10)
    )


@_kind(16)
def capsules(keras):
    """Capsules with dynamic routing."""
    layers, K = keras.layers, keras.backend
    classes, size, parts, part = 10, 8, 6 * 6 * 8, 4

    class Routing(layers.Layer):
        def build(self, shape):
            self.kernel = self.add_weight(
                name="kernel", shape=(1, parts, classes, size, part), initializer="glorot_uniform"
            )
            super().build(shape)

        def call(self, x):
            votes = K.sum(self.kernel * K.expand_dims(K.expand_dims(x, 2), 2), -1)
            logits = K.sum(votes * 0, -1)
            for turn in range(3):
                joined = squash(K.sum(K.expand_dims(K.softmax(logits), -1) * votes, 1))
                if turn < 2:
                    logits = logits + K.sum(votes * K.expand_dims(joined, 1), -1)
            return joined

        def compute_output_shape(self, shape):
            return (shape[0], classes, size)

    def squash(x):
        square = K.sum(K.square(x), -1, keepdims=True)
        return x * square / (1 + square) / K.sqrt(square + K.epsilon())

    image = layers.Input((28, 28, 1))
    x = layers.Conv2D(64, 9, activation="relu")(image)
    x = layers.Reshape((parts, part))(layers.Conv2D(32, 9, strides=2)(x))
    x = Routing()(layers.Lambda(squash)(x))
    x = layers.Lambda(lambda v: K.sqrt(K.sum(K.square(v), -1) + K.epsilon()))(x)
    return _compiled(keras, keras.models.Model(image, x))


@_kind(32)
def siamese(keras):
    """A Siamese network: shared convolutions, a distance."""
    layers, K = keras.layers, keras.backend
    shared = keras.models.Sequential(
        [
            layers.Conv2D(32, 5, activation="relu", input_shape=(28, 28, 1)),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(64),
        ]
    )
    one, other = layers.Input((28, 28, 1)), layers.Input((28, 28, 1))
    apart = layers.Lambda(lambda both: K.sqrt(K.sum(K.square(both[0] - both[1]), -1, keepdims=True) + 1e-7))
    distance = apart([shared(one), shared(other)])

    def contrastive(true, said):
        return K.mean(true * K.square(said) + (1 - true) * K.square(K.maximum(1 - said, 0)))

    return _compiled(keras, keras.models.Model([one, other], distance), contrastive)


# --------------------------------------------------------------------------------------------------------- plain layers


@_kind(128)
def wide(keras):
    """MLP 784-2048-2048-10 with dropout."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.Dense(2048, activation="relu", input_shape=(784,)),
        layers.Dropout(0.5),
        layers.Dense(2048, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
        loss="categorical_crossentropy",
    )


@_kind(128)
def activations(keras):
    """Activations, merges and penalties."""
    layers = keras.layers
    x = layers.Input((64,))
    parts = [
        layers.PReLU()(layers.Dense(128)(x)),
        layers.ELU()(layers.Dense(128)(x)),
        layers.Dense(128, activation="selu", kernel_regularizer="l2")(layers.AlphaDropout(0.1)(x)),
        layers.ThresholdedReLU(0.1)(layers.Dense(128)(x)),
        layers.Dense(128, activation="softplus", kernel_constraint="max_norm")(x),
        layers.Softmax()(layers.Dense(128)(x)),
    ]
    merged = [f(parts) for f in (layers.add, layers.multiply, layers.average, layers.maximum)]
    merged += [layers.subtract(parts[:2]), layers.minimum(parts), layers.dot(parts[:2], -1)]
    out = layers.Dense(10)(layers.ActivityRegularization(0.001)(layers.concatenate(merged)))
    return _compiled(keras, keras.models.Model(x, out))


@_kind(128, random=True)
def autoencoder(keras):
    """Variational autoencoder, its loss by add_loss."""
    layers, K = keras.layers, keras.backend
    x = layers.Input((784,))
    hidden = layers.Dense(256, activation="relu")(x)
    mean, spread = layers.Dense(16)(hidden), layers.Dense(16)(hidden)
    drawn = layers.Lambda(lambda m: m[0] + K.exp(m[1] / 2) * K.random_normal(K.shape(m[0])))([mean, spread])
    out = layers.Dense(784, activation="sigmoid")(layers.Dense(256, activation="relu")(drawn))
    model = keras.models.Model(x, out)
    likelihood = K.sum(K.binary_crossentropy(x, out), -1)
    model.add_loss(K.mean(likelihood - 0.5 * K.sum(1 + spread - K.square(mean) - K.exp(spread), -1)))
    return _compiled(keras, model, None)


@_kind(64, only=("keras2", "keras2-kjax"))
def critic(keras):
    """WGAN's critic with a gradient penalty."""
    layers, K = keras.layers, keras.backend
    judge = keras.models.Sequential(
        [
            layers.Conv2D(32, 5, strides=2, padding="same", input_shape=(28, 28, 1)),
            layers.LeakyReLU(0.2),
            layers.Conv2D(64, 5, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    true, made = layers.Input((28, 28, 1)), layers.Input((28, 28, 1))
    between = layers.average([true, made])
    said = judge(between)
    slopes = layers.Lambda(lambda s: K.gradients(s[0], s[1])[0], output_shape=(28, 28, 1))([said, between])
    length = layers.Lambda(lambda g: K.sqrt(K.sum(K.square(g), [1, 2, 3], keepdims=True) + 1e-8))(slopes)
    out = layers.concatenate([judge(true), judge(made), layers.Flatten()(length)])
    return _compiled(keras, keras.models.Model([true, made], out))


@_kind(32)
def local(keras):
    """Locally connected layers."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.LocallyConnected1D(32, 5, activation="relu", input_shape=(64, 8)),
        layers.AveragePooling1D(),
        layers.Reshape((6, 5, 32)),
        layers.LocallyConnected2D(16, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(10),
    )


# ------------------------------------------------------------------------------------------------------------ sequences


@_kind(32, words=2000)
def gru(keras):
    """GRU over masked words."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.Embedding(2000, 64, mask_zero=True, input_length=40),
        layers.GRU(64, reset_after=False),
        layers.Dense(1),
    )


@_kind(32)
def bidirectional(keras):
    """Bidirectional LSTM, stacked."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.Masking(input_shape=(40, 16)),
        layers.Bidirectional(layers.LSTM(64, return_sequences=True)),
        layers.Bidirectional(layers.LSTM(32)),
        layers.Dense(10),
    )


@_kind(32)
def recurrent(keras):
    """SimpleRNN, stacked cells, TimeDistributed."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.Permute((2, 1), input_shape=(16, 30)),
        layers.TimeDistributed(layers.Dense(32, activation="relu")),
        layers.RNN([layers.LSTMCell(32), layers.GRUCell(32, reset_after=False)], return_sequences=True),
        layers.SimpleRNN(32),
        layers.Dense(10),
    )


@_kind(32, words=500)
def attention(keras):
    """Sequence to sequence with attention."""
    layers = keras.layers
    words = layers.Input((20,))
    embedded = layers.Embedding(500, 64)(words)
    read, state, cell = layers.LSTM(64, return_sequences=True, return_state=True)(embedded)
    written = layers.LSTM(64, return_sequences=True)(layers.RepeatVector(20)(state), initial_state=[state, cell])
    weights = layers.Activation("softmax")(layers.dot([written, read], [2, 2]))
    context = layers.dot([weights, read], [2, 1])
    out = layers.TimeDistributed(layers.Dense(500, activation="softmax"))(layers.concatenate([context, written]))
    return _compiled(keras, keras.models.Model(words, out), "categorical_crossentropy")


@_kind(16, words=1000)
def transformer(keras):
    """A Transformer's block."""
    layers, K = keras.layers, keras.backend
    heads, size = 4, 16

    class Norm(layers.Layer):
        def build(self, shape):
            self.gamma = self.add_weight(name="gamma", shape=(int(shape[-1]),), initializer="ones")
            self.beta = self.add_weight(name="beta", shape=(int(shape[-1]),), initializer="zeros")
            super().build(shape)

        def call(self, x):
            mean = K.mean(x, -1, keepdims=True)
            spread = K.mean(K.square(x - mean), -1, keepdims=True)
            return self.gamma * (x - mean) / K.sqrt(spread + 1e-6) + self.beta

    def apart(x):
        return K.reshape(K.permute_dimensions(K.reshape(x, (-1, 48, heads, size)), (0, 2, 1, 3)), (-1, 48, size))

    def attended(parts):
        q, k, v = map(apart, parts)
        joined = K.batch_dot(K.softmax(K.batch_dot(q, k, (2, 2)) / size**0.5), v, (2, 1))
        together = K.permute_dimensions(K.reshape(joined, (-1, heads, 48, size)), (0, 2, 1, 3))
        return K.reshape(together, (-1, 48, heads * size))

    def attend(x):
        parts = [layers.Dense(heads * size)(x) for _ in range(3)]
        return layers.Dense(heads * size)(layers.Lambda(attended, output_shape=(48, heads * size))(parts))

    words = layers.Input((48,))
    x = layers.Embedding(1000, heads * size)(words)
    for _ in range(2):
        x = Norm()(layers.add([x, attend(x)]))
        x = Norm()(layers.add([x, layers.Dense(heads * size)(layers.Dense(256, activation="relu")(x))]))
    return _compiled(keras, keras.models.Model(words, layers.Dense(10)(layers.GlobalAveragePooling1D()(x))))


@_kind(16)
def wavenet(keras):
    """Dilated causal 1-D convolutions with gates."""
    layers = keras.layers
    x = sound = layers.Input((256, 8))
    x = layers.Conv1D(32, 2, padding="causal")(x)
    for rate in (1, 2, 4, 8):
        gate = layers.Conv1D(32, 2, padding="causal", dilation_rate=rate, activation="sigmoid")(x)
        change = layers.Conv1D(32, 2, padding="causal", dilation_rate=rate, activation="tanh")(x)
        x = layers.add([x, layers.Conv1D(32, 1)(layers.multiply([gate, change]))])
    return _compiled(keras, keras.models.Model(sound, layers.Conv1D(8, 1)(x)))


@_kind(32)
def signals(keras):
    """1-D: separable, strided, pooled, upsampled, padded."""
    layers = keras.layers
    return _sequence(
        keras,
        layers.ZeroPadding1D(2, input_shape=(128, 8)),
        layers.SeparableConv1D(32, 5, activation="relu"),
        layers.MaxPooling1D(),
        layers.SpatialDropout1D(0.0),
        layers.Conv1D(64, 3, strides=2, activation="relu"),
        layers.UpSampling1D(),
        layers.Cropping1D(1),
        layers.Conv1D(32, 3, activation="relu"),
        layers.GlobalMaxPooling1D(),
        layers.Dense(10),
    )


# -------------------------------------------------------------------------------------------------------- architectures


def _application(name):
    def make(keras):
        model = getattr(keras.applications, name)(weights=None, input_shape=(96, 96, 3), classes=10)
        return _compiled(keras, model, "categorical_crossentropy")

    make.__name__, make.__doc__ = name.lower(), name + ", 96x96x3."
    _kind(8)(make)


for _name in ("MobileNetV2", "ResNet50", "DenseNet121", "InceptionV3"):
    _application(_name)
