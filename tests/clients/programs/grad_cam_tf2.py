"""Grad-CAM (Selvaraju et al., 2017) and guided backpropagation for a small convnet, with tf.GradientTape."""

import json

import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
)
from tensorflow.keras.models import Model
from tensorflow.keras.preprocessing.image import array_to_img, img_to_array

CLASS_NAMES = ["left", "right", "centre"]
rng = np.random.RandomState(17)


def build_model(input_shape=(16, 16, 3), classes=3):
    inputs = Input(shape=input_shape)
    x = Conv2D(6, 3, padding="same", name="conv1")(inputs)
    x = BatchNormalization(name="bn1")(x)
    x = Activation("relu", name="relu1")(x)
    x = MaxPooling2D(name="pool1")(x)
    x = Conv2D(8, 3, padding="same", activation="relu", name="conv2")(x)
    x = GlobalAveragePooling2D(name="gap")(x)
    outputs = Dense(classes, activation="softmax", name="predictions")(x)
    return Model(inputs=inputs, outputs=outputs)


@tf.custom_gradient
def guided_relu(x):
    def grad(dy):
        return tf.cast(dy > 0, tf.float32) * tf.cast(x > 0, tf.float32) * dy

    return tf.nn.relu(x), grad


class GradCAM:
    def __init__(self, model, class_idx, layer_name=None):
        self.model = model
        self.class_idx = class_idx
        self.layer_name = layer_name
        if self.layer_name is None:
            self.layer_name = self.find_target_layer()

    def find_target_layer(self):
        for layer in reversed(self.model.layers):
            if len(layer.output_shape) == 4:
                return layer.name
        raise ValueError("Could not find 4D layer. Cannot apply GradCAM.")

    def compute_heatmap(self, image, eps=1e-8):
        grad_model = Model(
            inputs=[self.model.inputs], outputs=[self.model.get_layer(self.layer_name).output, self.model.output]
        )
        with tf.GradientTape() as tape:
            inputs = tf.cast(image, tf.float32)
            conv_outputs, predictions = grad_model(inputs)
            loss = predictions[:, self.class_idx]
        grads = tape.gradient(loss, conv_outputs)
        cast_conv_outputs = tf.cast(conv_outputs > 0, "float32")
        cast_grads = tf.cast(grads > 0, "float32")
        guided_grads = cast_conv_outputs * cast_grads * grads
        conv_outputs = conv_outputs[0]
        guided_grads = guided_grads[0]
        weights = tf.reduce_mean(guided_grads, axis=(0, 1))
        cam = tf.reduce_sum(tf.multiply(weights, conv_outputs), axis=-1)
        (w, h) = (image.shape[2], image.shape[1])
        heatmap = tf.image.resize(cam[..., tf.newaxis], (h, w)).numpy()[..., 0]
        numer = heatmap - np.min(heatmap)
        denom = (heatmap.max() - heatmap.min()) + eps
        return numer / denom


def guided_backprop(model, image, layer_name):
    gb_model = tf.keras.models.clone_model(model)
    gb_model.set_weights(model.get_weights())
    gb_model = Model(gb_model.inputs, gb_model.get_layer(layer_name).output)
    for layer in gb_model.layers[1:]:
        if hasattr(layer, "activation") and layer.activation == tf.keras.activations.relu:
            layer.activation = guided_relu
    with tf.GradientTape() as tape:
        inputs = tf.Variable(image, dtype=tf.float32)
        outputs = gb_model(inputs, training=False)
        score = tf.reduce_max(outputs, axis=[1, 2, 3])
    return tape.gradient(score, inputs)


def smooth_grad(model, images, class_idx):
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        expected = tf.one_hot([class_idx] * images.shape[0], model.output_shape[-1])
        loss = tf.keras.losses.categorical_crossentropy(expected, model(images))
    grads = tape.gradient(loss, images)
    return tf.reduce_max(tf.abs(tf.reduce_mean(grads, axis=0)), axis=-1)


model = build_model()
for layer in model.layers:
    if layer.weights:
        layer.set_weights([np.abs(rng.normal(0.1, 0.4, w.shape)) if "bn" in layer.name else
                           rng.normal(0.02, 0.4, w.shape) for w in layer.get_weights()])  # fmt: skip

picture = rng.uniform(0, 0.2, (16, 16, 3))
picture[4:9, 2:8, 0] += 0.8
image = np.expand_dims(img_to_array(array_to_img(picture, scale=True)) / 255.0, axis=0)

preds = model.predict(image)
class_idx = int(np.argmax(preds[0]))
cam = GradCAM(model, class_idx)
heatmap = cam.compute_heatmap(image)
early = GradCAM(model, class_idx, layer_name="pool1").compute_heatmap(image)
guided = guided_backprop(model, image, "conv2")
noisy = np.stack([image[0] + rng.normal(0, 0.1, image[0].shape) for _ in range(4)]).astype(np.float32)
saliency = smooth_grad(model, noisy, class_idx)
overlay = tf.clip_by_value(tf.constant(heatmap)[..., None] * 0.6 + tf.cast(image[0], tf.float32), 0.0, 1.0)
print(CLASS_NAMES[class_idx], cam.layer_name)
print(
    json.dumps(
        {
            "predictions": preds.ravel().tolist(),
            "class": [class_idx, CLASS_NAMES[class_idx], cam.layer_name],
            "heatmap": heatmap[::5, ::5].ravel().tolist(),
            "early": early[7, ::4].tolist(),
            "guided": [float(v) for v in tf.reduce_sum(guided, axis=[0, 1, 2])],
            "saliency": saliency.numpy()[8, ::3].tolist(),
            "overlay": float(tf.reduce_mean(overlay)),
            "peak": [int(i) for i in np.unravel_index(np.argmax(heatmap), heatmap.shape)],
        }
    )
)
