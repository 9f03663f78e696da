"""A variational autoencoder and a distilled classifier, as models with training steps of their own."""

import json

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

np_rng = np.random.RandomState(11)
ORIGINAL_DIM, INTERMEDIATE_DIM, LATENT_DIM = 10, 8, 2


class Sampling(layers.Layer):
    """Uses (z_mean, z_log_var) and given noise to sample z."""

    def call(self, inputs):
        z_mean, z_log_var, epsilon = inputs
        return z_mean + tf.exp(0.5 * z_log_var) * epsilon


class Encoder(layers.Layer):
    def __init__(self, latent_dim, intermediate_dim, name="encoder", **kwargs):
        super(Encoder, self).__init__(name=name, **kwargs)
        self.dense_proj = layers.Dense(intermediate_dim, activation="relu", kernel_regularizer="l2")
        self.dense_mean = layers.Dense(latent_dim)
        self.dense_log_var = layers.Dense(latent_dim)
        self.sampling = Sampling()

    def call(self, inputs, noise):
        x = self.dense_proj(inputs)
        z_mean = self.dense_mean(x)
        z_log_var = self.dense_log_var(x)
        return z_mean, z_log_var, self.sampling((z_mean, z_log_var, noise))


class VAE(keras.Model):
    """Adds the divergence from the prior as a loss of its `call`."""

    def __init__(self, original_dim, intermediate_dim, latent_dim, beta=0.1, **kwargs):
        super(VAE, self).__init__(**kwargs)
        self.beta = beta
        self.encoder = Encoder(latent_dim, intermediate_dim)
        self.decoder = keras.Sequential(
            [layers.Dense(intermediate_dim, activation="relu"), layers.Dense(original_dim, activation="sigmoid")]
        )
        self.kl_tracker = keras.metrics.Mean(name="kl")
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")

    @property
    def metrics(self):
        return [self.kl_tracker, self.reconstruction_tracker]

    def call(self, inputs):
        x, noise = inputs
        z_mean, z_log_var, z = self.encoder(x, noise)
        kl = -0.5 * tf.reduce_mean(z_log_var - tf.square(z_mean) - tf.exp(z_log_var) + 1)
        self.add_loss(self.beta * kl)
        return self.decoder(z)

    def _losses_of(self, data, training):
        x, noise = data[0]
        reconstruction = self((x, noise), training=training)
        mse = tf.reduce_mean(tf.reduce_sum(tf.square(x - reconstruction), axis=-1))
        return mse, tf.add_n(self.losses)

    def train_step(self, data):
        with tf.GradientTape() as tape:
            mse, extra = self._losses_of(data, training=True)
            total = mse + extra
        grads = tape.gradient(total, self.trainable_weights)
        self.optimizer.apply_gradients(zip(grads, self.trainable_weights))
        self.kl_tracker.update_state(extra)
        self.reconstruction_tracker.update_state(mse)
        return {"loss": total, "kl": self.kl_tracker.result(), "reconstruction": self.reconstruction_tracker.result()}

    def test_step(self, data):
        mse, extra = self._losses_of(data, training=False)
        self.kl_tracker.update_state(extra)
        self.reconstruction_tracker.update_state(mse)
        return {m.name: m.result() for m in self.metrics}


class CustomModel(keras.Model):
    """A functional model with weights for samples, and the losses and metrics of `compile`."""

    def train_step(self, data):
        x, y, sample_weight = data if len(data) == 3 else (data[0], data[1], None)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compiled_loss(y, y_pred, sample_weight=sample_weight, regularization_losses=self.losses)
        trainable_vars = self.trainable_variables
        gradients = tape.gradient(loss, trainable_vars)
        gradients = [tf.clip_by_norm(g, 1.0) for g in gradients]
        self.optimizer.apply_gradients(zip(gradients, trainable_vars))
        self.compiled_metrics.update_state(y, y_pred, sample_weight)
        return {m.name: m.result() for m in self.metrics}

    def test_step(self, data):
        x, y = data
        y_pred = self(x, training=False)
        self.compiled_loss(y, y_pred, regularization_losses=self.losses)
        self.compiled_metrics.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


class LossHistory(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.batch_losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.batch_losses.append(float(logs["loss"]))


def set_weights(model, seed):
    rng = np.random.RandomState(seed)
    for variable in model.trainable_variables:
        variable.assign(0.5 * rng.randn(*variable.shape))


x = (np_rng.rand(96, ORIGINAL_DIM) > 0.5).astype("float32")
noise = np_rng.randn(96, LATENT_DIM).astype("float32")
vae = VAE(ORIGINAL_DIM, INTERMEDIATE_DIM, LATENT_DIM)
vae([x[:1], noise[:1]])
set_weights(vae, 1)
vae.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01))
batches = LossHistory()
vae_history = vae.fit(
    [x[:64], noise[:64]],
    epochs=3,
    batch_size=16,
    shuffle=False,
    verbose=0,
    validation_data=([x[64:], noise[64:]],),
    callbacks=[batches],
)

inputs = keras.Input(shape=(ORIGINAL_DIM,))
h = layers.Dense(6, activation="tanh", kernel_regularizer=keras.regularizers.l2(0.01))(inputs)
outputs = layers.Dense(1, activity_regularizer=keras.regularizers.l2(0.001))(h)
model = CustomModel(inputs, outputs)
set_weights(model, 2)
model.compile(optimizer=keras.optimizers.RMSprop(0.02), loss="mse", metrics=["mae"])
y = x.sum(axis=1, keepdims=True) / ORIGINAL_DIM
weights = np.where(y[:64, 0] > 0.5, 2.0, 1.0).astype("float32")
plateau = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=1, min_delta=0.3)
history = model.fit(
    x[:64],
    y[:64],
    sample_weight=weights,
    batch_size=32,
    epochs=4,
    shuffle=False,
    verbose=0,
    validation_data=(x[64:], y[64:]),
    callbacks=[plateau],
)

results = {name: [float(v) for v in values] for name, values in history.history.items()}
results.update({"vae_" + name: [float(v) for v in values] for name, values in vae_history.history.items()})
results["batches"] = batches.batch_losses
results["evaluate"] = [float(v) for v in model.evaluate(x, y, verbose=0)]
results["names"] = [m.name for m in model.metrics]
results["predict"] = model.predict(x[:4]).ravel().tolist()
results["sums"] = [float(tf.reduce_sum(w)) for w in vae.trainable_variables]
print(json.dumps(results))
