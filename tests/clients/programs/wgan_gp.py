"""Wasserstein GAN with gradient penalty (Gulrajani et al., 2017) on rings of points drawn as small images."""

import json

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

IMG_SHAPE = (8, 8, 1)
BATCH_SIZE = 4
NOISE_DIM = 6
N_CRITIC = 3
LAMBDA = 10.0
EPOCHS = 2

rng = np.random.RandomState(11)


def make_images(n):
    yy, xx = np.mgrid[0:8, 0:8]
    cy, cx, radius = rng.uniform(2.5, 4.5, (3, n, 1, 1))
    distance = np.sqrt((yy - cy) ** 2 + (xx - cx) ** 2)
    images = np.exp(-((distance - radius / 2) ** 2)) * 2.0 - 1.0
    return images[..., np.newaxis].astype("float32")


def conv_block(x, filters, activation, kernel_size=(3, 3), strides=(1, 1), padding="same", use_bias=True):
    x = layers.Conv2D(filters, kernel_size, strides=strides, padding=padding, use_bias=use_bias)(x)
    return activation(x)


def get_critic():
    img_input = layers.Input(shape=IMG_SHAPE)
    x = layers.ZeroPadding2D((1, 1))(img_input)
    x = conv_block(x, 6, layers.LeakyReLU(0.2), kernel_size=(5, 5), strides=(2, 2))
    x = conv_block(x, 8, layers.LeakyReLU(0.2), strides=(2, 2))
    x = layers.Flatten()(x)
    x = layers.Dropout(0.0)(x)
    x = layers.Dense(1)(x)
    return keras.models.Model(img_input, x, name="critic")


def get_generator():
    model = keras.Sequential(name="generator")
    model.add(layers.Dense(2 * 2 * 8, use_bias=False, input_shape=(NOISE_DIM,)))
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU(0.2))
    model.add(layers.Reshape((2, 2, 8)))
    model.add(layers.UpSampling2D((2, 2)))
    model.add(layers.Conv2D(6, (3, 3), padding="same", use_bias=False))
    model.add(layers.BatchNormalization(momentum=0.8))
    model.add(layers.LeakyReLU(0.2))
    model.add(layers.Conv2DTranspose(1, (4, 4), strides=(2, 2), padding="same", activation="tanh"))
    assert model.output_shape == (None, 8, 8, 1)
    return model


class WGAN(object):
    def __init__(self, critic, generator):
        self.critic = critic
        self.generator = generator
        self.c_optimizer = tf.keras.optimizers.Adam(learning_rate=0.002, beta_1=0.5, beta_2=0.9)
        self.g_optimizer = tf.keras.optimizers.Adam(learning_rate=0.002, beta_1=0.5, beta_2=0.9)
        self.gp_metric = tf.keras.metrics.Mean(name="gp")

    @staticmethod
    def critic_loss(real_logits, fake_logits):
        return tf.reduce_mean(fake_logits) - tf.reduce_mean(real_logits)

    def gradient_penalty(self, real, fake, alpha):
        diff = fake - real
        interpolated = real + alpha * diff
        with tf.GradientTape() as gp_tape:
            gp_tape.watch(interpolated)
            pred = self.critic(interpolated, training=True)
        grads = gp_tape.gradient(pred, [interpolated])[0]
        norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1, 2, 3]) + 1e-12)
        return tf.reduce_mean((norm - 1.0) ** 2)

    @tf.function
    def train_critic(self, real_images, noise, alpha):
        with tf.GradientTape() as tape:
            fake_images = self.generator(noise, training=True)
            loss = self.critic_loss(self.critic(real_images, training=True), self.critic(fake_images, training=True))
            gp = self.gradient_penalty(real_images, fake_images, alpha)
            total = loss + LAMBDA * gp
        grads = tape.gradient(total, self.critic.trainable_variables)
        self.c_optimizer.apply_gradients(zip(grads, self.critic.trainable_variables))
        self.gp_metric.update_state(gp)
        return total

    @tf.function
    def train_generator(self, noise):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(self.critic(self.generator(noise, training=True), training=True))
        variables = self.generator.trainable_variables
        grads = tape.gradient(loss, variables)
        self.g_optimizer.apply_gradients(zip(grads, variables))
        return loss

    def train_step(self, real_images):
        batch_size = tf.shape(real_images)[0]
        for _ in range(N_CRITIC):
            noise = rng.normal(size=(batch_size, NOISE_DIM)).astype(np.float32)
            alpha = rng.uniform(size=(batch_size, 1, 1, 1)).astype(np.float32)
            c_loss = self.train_critic(real_images, tf.constant(noise), tf.constant(alpha))
        g_loss = self.train_generator(tf.constant(rng.normal(size=(batch_size, NOISE_DIM)), dtype=tf.float32))
        return c_loss, g_loss


if __name__ == "__main__":
    wgan = WGAN(get_critic(), get_generator())
    for network in (wgan.critic, wgan.generator):
        for variable in network.trainable_variables:
            if "kernel" in variable.name:
                variable.assign(rng.normal(0.0, 0.2, variable.shape))

    dataset = tf.data.Dataset.from_tensor_slices(make_images(12)).batch(BATCH_SIZE, drop_remainder=True)
    history = {"critic": [], "generator": [], "gp": []}
    for epoch in range(EPOCHS):
        wgan.gp_metric.reset_states()
        for real_images in dataset:
            c_loss, g_loss = wgan.train_step(real_images)
            history["critic"].append(float(c_loss))
            history["generator"].append(float(g_loss.numpy()))
        history["gp"].append(float(wgan.gp_metric.result()))
        tf.print("epoch", epoch, "gp", wgan.gp_metric.result())

    seed = rng.normal(size=(2, NOISE_DIM)).astype(np.float32)
    samples = wgan.generator(seed, training=False)
    history["samples"] = samples.numpy()[:, 3, :, 0].ravel().tolist()
    history["scores"] = wgan.critic.predict(samples).ravel().tolist()
    history["weights"] = [float(tf.reduce_sum(tf.abs(v))) for v in wgan.critic.trainable_weights]
    history["moving"] = [float(v.numpy().sum()) for v in wgan.generator.non_trainable_weights]
    history["steps"] = [int(wgan.c_optimizer.iterations), int(wgan.g_optimizer.iterations)]
    print(json.dumps(history))
