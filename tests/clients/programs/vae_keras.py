"""Variational autoencoder (Kingma and Welling, 2014) with `add_loss`; the noise of each sample is an input."""

from __future__ import absolute_import, division, print_function

import json

import numpy as np
from keras import backend as K
from keras.callbacks import LambdaCallback
from keras.layers import Dense, Input, Lambda
from keras.losses import binary_crossentropy, mse
from keras.models import Model
from keras.optimizers import SGD

rng = np.random.RandomState(31)
use_mse = False

# network parameters
original_dim = 24
intermediate_dim = 12
latent_dim = 2
batch_size = 8
epochs = 3


def sampling(args):
    """Reparameterization trick: z = z_mean + sqrt(var) * eps."""
    z_mean, z_log_var, epsilon = args
    batch = K.shape(z_mean)[0]
    dim = K.int_shape(z_mean)[1]
    epsilon = K.reshape(epsilon, (batch, dim))
    return z_mean + K.exp(0.5 * z_log_var) * epsilon


def make_data(n):
    phase = rng.uniform(0, np.pi, (n, 1))
    grid = np.linspace(0, 2 * np.pi, original_dim)
    return (0.5 + 0.45 * np.sin(grid + phase)).astype("float32")


# VAE model = encoder + decoder
inputs = Input(shape=(original_dim,), name="encoder_input")
noise = Input(shape=(latent_dim, 1), name="noise")
x = Dense(intermediate_dim, activation="relu")(inputs)
z_mean = Dense(latent_dim, name="z_mean")(x)
z_log_var = Dense(latent_dim, name="z_log_var")(x)
z = Lambda(sampling, output_shape=(latent_dim,), name="z")([z_mean, z_log_var, noise])
encoder = Model([inputs, noise], [z_mean, z_log_var, z], name="encoder")

latent_inputs = Input(shape=(latent_dim,), name="z_sampling")
x = Dense(intermediate_dim, activation="relu")(latent_inputs)
outputs = Dense(original_dim, activation="sigmoid")(x)
decoder = Model(latent_inputs, outputs, name="decoder")

outputs = decoder(encoder([inputs, noise])[2])
vae = Model([inputs, noise], outputs, name="vae_mlp")
vae.set_weights([rng.normal(scale=0.3, size=w.shape) for w in vae.get_weights()])

beta = K.variable(0.0, name="beta")
if use_mse:
    reconstruction_loss = mse(inputs, outputs)
else:
    reconstruction_loss = binary_crossentropy(inputs, outputs)
reconstruction_loss *= original_dim
kl_loss = 1 + z_log_var - K.square(z_mean) - K.exp(z_log_var)
kl_loss = K.sum(kl_loss, axis=-1)
kl_loss *= -0.5
vae_loss = K.mean(reconstruction_loss + beta * kl_loss)
vae.add_loss(vae_loss)
vae.add_metric(K.mean(kl_loss), name="kl")
vae.compile(optimizer=SGD(lr=0.02, momentum=0.9, nesterov=True))

x_train, x_test = make_data(32), make_data(8)
eps_train = rng.normal(size=(32, latent_dim, 1))
eps_test = rng.normal(size=(8, latent_dim, 1))
anneal = LambdaCallback(on_epoch_begin=lambda epoch, logs: K.set_value(beta, min(1.0, 0.5 * epoch)))
history = vae.fit(
    [x_train, eps_train],
    None,
    epochs=epochs,
    batch_size=batch_size,
    shuffle=False,
    verbose=0,
    callbacks=[anneal],
    validation_data=([x_test, eps_test], None),
)

means, log_vars, codes = encoder.predict([x_test, eps_test], batch_size=batch_size)
n = 2
grid = np.array([[xi, yi] for yi in np.linspace(-1, 1, n) for xi in np.linspace(-1, 1, n)])
manifold = decoder.predict(grid)
evidence = K.function(vae.inputs, [K.mean(reconstruction_loss), K.mean(kl_loss), vae_loss])
print(
    json.dumps(
        {
            "history": {key: [float(v) for v in values] for key, values in sorted(history.history.items())},
            "means": means[:3].tolist(),
            "log_vars": log_vars[:3].tolist(),
            "codes": codes[:3].tolist(),
            "manifold": manifold[:, 0].tolist(),
            "evidence": [float(v) for v in evidence([x_test, eps_test])],
            "weights": [float(np.abs(w).sum()) for w in vae.get_weights()],
            "beta": float(K.get_value(beta)),
            "total": float(vae.evaluate([x_test, eps_test], None, verbose=0)[0]),
            "losses": len(vae.losses),
        }
    )
)
