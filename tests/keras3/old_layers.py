"""Six layers in the manner of Keras 2, and a model of them, for any Keras: the modules are arguments.

Attention, capsule routing, sampling with `add_loss`, instance normalisation, a ConvLSTM cell by `K.rnn`, and the
gradients of Grad-CAM. Only what Keras itself changed from 2 to 3 differs: how a layer names the shape of a weight.
"""


def layers_of(keras, K):
    """The classes of the layers."""
    Layer, glorot = keras.layers.Layer, "glorot_uniform"

    class Attention(Layer):
        """Weights the steps of a sequence by how important a small network finds them."""

        def build(self, input_shape):
            self.W = self.add_weight(name="W", shape=(input_shape[-1], input_shape[-1]), initializer=glorot)
            self.b = self.add_weight(name="b", shape=(input_shape[-1],), initializer="zeros")
            self.u = self.add_weight(name="u", shape=(input_shape[-1], 1), initializer=glorot)
            super().build(input_shape)

        def call(self, x):
            uit = K.tanh(K.bias_add(K.dot(x, self.W), self.b))
            ait = K.exp(K.squeeze(K.dot(uit, self.u), axis=-1))
            ait /= K.sum(ait, axis=1, keepdims=True) + K.epsilon()
            return K.sum(x * K.expand_dims(ait), axis=1)

        def compute_output_shape(self, input_shape):
            return input_shape[0], input_shape[-1]

    def squash(x, axis=-1):
        s = K.sum(K.square(x), axis, keepdims=True) + K.epsilon()
        return K.sqrt(s) / (0.5 + s) * x

    class Capsule(Layer):
        """Capsules with dynamic routing."""

        def __init__(self, num_capsule, dim_capsule, routings=3, **kwargs):
            super().__init__(**kwargs)
            self.num_capsule, self.dim_capsule, self.routings = num_capsule, dim_capsule, routings

        def build(self, input_shape):
            self.W = self.add_weight(
                name="capsule_kernel",
                shape=(1, input_shape[-1], self.num_capsule * self.dim_capsule),
                initializer=glorot,
            )
            super().build(input_shape)

        def call(self, u_vecs):
            u_hat_vecs = K.conv1d(u_vecs, self.W)
            batch_size, input_num_capsule = K.shape(u_vecs)[0], K.int_shape(u_vecs)[1]
            u_hat_vecs = K.reshape(u_hat_vecs, (batch_size, input_num_capsule, self.num_capsule, self.dim_capsule))
            u_hat_vecs = K.permute_dimensions(u_hat_vecs, (0, 2, 1, 3))
            b = K.zeros_like(u_hat_vecs[:, :, :, 0])
            for i in range(self.routings):
                c = K.softmax(b, 1)
                outputs = squash(K.sum(K.expand_dims(c) * u_hat_vecs, axis=2))
                if i < self.routings - 1:
                    b += K.sum(K.expand_dims(outputs, 2) * u_hat_vecs, axis=-1)
            return outputs

        def compute_output_shape(self, input_shape):
            return input_shape[0], self.num_capsule, self.dim_capsule

        def get_config(self):
            own = {"num_capsule": self.num_capsule, "dim_capsule": self.dim_capsule, "routings": self.routings}
            return {**super().get_config(), **own}

    class Sampling(Layer):
        """Draws codes of a distribution, and adds the divergence from the normal one to the loss."""

        def call(self, inputs, training=None):
            z_mean, z_log_var = inputs
            kl = -0.5 * K.sum(1 + z_log_var - K.square(z_mean) - K.exp(z_log_var), axis=-1)
            if keras.__version__.startswith("2"):
                self.add_loss(0.01 * K.mean(kl), inputs=inputs)
            else:
                self.add_loss(0.01 * K.mean(kl))
            epsilon = K.random_normal(shape=(K.shape(z_mean)[0], K.int_shape(z_mean)[1]))
            return K.in_train_phase(z_mean + K.exp(0.5 * z_log_var) * epsilon, z_mean, training=training)

        def compute_output_shape(self, input_shape):
            return input_shape[0]

    class InstanceNormalization(Layer):
        """Normalises each channel of each image."""

        def build(self, input_shape):
            self.gamma = self.add_weight(name="gamma", shape=(input_shape[-1],), initializer="ones")
            self.beta = self.add_weight(name="beta", shape=(input_shape[-1],), initializer="zeros")
            super().build(input_shape)

        def call(self, x):
            reduction_axes = [1, 2]
            mean = K.mean(x, reduction_axes, keepdims=True)
            stddev = K.std(x, reduction_axes, keepdims=True) + 1e-3
            broadcast_shape = [1, 1, 1, K.int_shape(x)[-1]]
            normed = (x - mean) / stddev * K.reshape(self.gamma, broadcast_shape)
            return normed + K.reshape(self.beta, broadcast_shape)

    class ConvLSTM(Layer):
        """A recurrent layer of images, its cell written out, its steps made by `K.rnn`."""

        def __init__(self, filters, **kwargs):
            super().__init__(**kwargs)
            self.filters = filters

        def build(self, input_shape):
            self.kernel = self.add_weight(
                name="kernel", shape=(3, 3, input_shape[-1], 4 * self.filters), initializer=glorot
            )
            self.recurrent_kernel = self.add_weight(
                name="recurrent_kernel", shape=(3, 3, self.filters, 4 * self.filters), initializer=glorot
            )
            self.bias = self.add_weight(name="bias", shape=(4 * self.filters,), initializer="zeros")
            super().build(input_shape)

        def step(self, x, states):
            h, c = states[:2]
            f = self.filters
            z = K.conv2d(x, self.kernel, padding="same") + K.conv2d(h, self.recurrent_kernel, padding="same")
            z = K.bias_add(z, self.bias)
            i, forget = K.hard_sigmoid(z[..., :f]), K.hard_sigmoid(z[..., f : 2 * f])
            c = forget * c + i * K.tanh(z[..., 2 * f : 3 * f])
            h = K.hard_sigmoid(z[..., 3 * f :]) * K.tanh(c)
            return h, [h, c]

        def call(self, x):
            zeros = K.zeros_like(K.sum(x, axis=1))[..., :1]
            start = K.tile(zeros, [1, 1, 1, self.filters])
            last, _, _ = K.rnn(self.step, x, [start, start])
            return last

        def compute_output_shape(self, input_shape):
            return (*input_shape[:1], *input_shape[2:4], self.filters)

        def get_config(self):
            return {**super().get_config(), "filters": self.filters}

    return {cls.__name__: cls for cls in (Attention, Capsule, Sampling, InstanceNormalization, ConvLSTM)}


def model_of(keras, K):
    """A model of all of them, for videos of 3 pictures of 6 x 6 pixels with one channel."""
    own, layers = layers_of(keras, K), keras.layers
    video = layers.Input((3, 6, 6, 1), name="video")
    x = own["ConvLSTM"](3, name="recurrent")(video)
    x = own["InstanceNormalization"](name="normalised")(x)
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="last_conv")(x)
    x = layers.Reshape((36, 4))(x)
    capsules = own["Capsule"](3, 4, name="capsules")(x)
    code = own["Attention"](name="attention")(capsules)
    mean, log_var = layers.Dense(3, name="mean")(code), layers.Dense(3, name="log_var")(code)
    z = own["Sampling"](name="sampling")([mean, log_var])
    return keras.models.Model(video, layers.Dense(2, activation="softmax", name="classes")(z))


def grad_cam(model, K, images, category=0):
    """Where the last convolution sees what speaks for a category, one map for each video."""
    conv = model.get_layer("last_conv").output
    grads = K.gradients(K.sum(model.output[:, category]), conv)[0]
    weights = K.mean(grads, axis=(1, 2), keepdims=True)
    cam = K.relu(K.sum(weights * conv, axis=-1))
    return K.function([model.input], [cam])([images])[0]
