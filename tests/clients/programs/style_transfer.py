"""Neural style transfer (Gatys et al., 2015) with L-BFGS, on a small network of fixed filters."""

from __future__ import print_function

import json
import time

import numpy as np
from keras import backend as K
from keras.layers import AveragePooling2D, Conv2D, Input
from keras.models import Model
from scipy.optimize import fmin_l_bfgs_b

total_variation_weight = 0.05
style_weight = 1.0
content_weight = 0.5
iterations = 3
img_nrows, img_ncols = 12, 16

rng = np.random.RandomState(23)


def make_picture(frequency):
    rows, cols = np.mgrid[0:img_nrows, 0:img_ncols]
    waves = [np.sin(frequency * (rows * np.cos(a) + cols * np.sin(a))) for a in (0.3, 1.1, 2.0)]
    return np.uint8(127.5 + 100 * np.stack(waves, axis=-1))


def preprocess_image(picture):
    img = np.expand_dims(picture.astype("float64"), axis=0)
    img = img[:, :, :, ::-1] - np.array([103.939, 116.779, 123.68])
    if K.image_data_format() == "channels_first":
        img = img.transpose((0, 3, 1, 2))
    return img / 64.0


def deprocess_image(x):
    x = x.reshape((img_nrows, img_ncols, 3)) * 64.0
    x = x + np.array([103.939, 116.779, 123.68])
    return np.clip(x[:, :, ::-1], 0, 255).astype("uint8")


content = make_picture(0.4)
base_image = K.variable(preprocess_image(content))
style_reference_image = K.variable(preprocess_image(make_picture(1.7)))

if K.image_data_format() == "channels_first":
    combination_image = K.placeholder((1, 3, img_nrows, img_ncols))
else:
    combination_image = K.placeholder((1, img_nrows, img_ncols, 3))

input_tensor = K.concatenate([base_image, style_reference_image, combination_image], axis=0)


def small_vgg(input_tensor):
    """Two blocks of convolutions, as VGG begins."""
    inputs = Input(tensor=input_tensor, shape=(img_nrows, img_ncols, 3))
    x = inputs
    for block, filters in enumerate((6, 8), 1):
        for conv in (1, 2):
            name = "block%d_conv%d" % (block, conv)
            x = Conv2D(filters, (3, 3), activation="relu", padding="same", name=name)(x)
        x = AveragePooling2D((2, 2), strides=(2, 2), name="block%d_pool" % block)(x)
    model = Model(inputs, x, name="small_vgg")
    model.trainable = False
    for layer in model.layers:
        layer.set_weights([rng.normal(0.02, 0.25, w.shape) for w in layer.get_weights()])
    return model


model = small_vgg(input_tensor)
outputs_dict = dict([(layer.name, layer.output) for layer in model.layers])


def gram_matrix(x):
    assert K.ndim(x) == 3
    if K.image_data_format() == "channels_first":
        features = K.batch_flatten(x)
    else:
        features = K.batch_flatten(K.permute_dimensions(x, (2, 0, 1)))
    return K.dot(features, K.transpose(features))


def style_loss(style, combination):
    size = img_nrows * img_ncols
    return K.sum(K.square(gram_matrix(style) - gram_matrix(combination))) / (4.0 * (3**2) * (size**2))


def content_loss(base, combination):
    return K.sum(K.square(combination - base))


def total_variation_loss(x):
    assert K.ndim(x) == 4
    a = K.square(x[:, : img_nrows - 1, : img_ncols - 1, :] - x[:, 1:, : img_ncols - 1, :])
    b = K.square(x[:, : img_nrows - 1, : img_ncols - 1, :] - x[:, : img_nrows - 1, 1:, :])
    return K.sum(K.pow(a + b, 1.25))


loss = K.variable(0.0)
layer_features = outputs_dict["block2_conv2"]
loss = loss + content_weight * content_loss(layer_features[0, :, :, :], layer_features[2, :, :, :])
feature_layers = ["block1_conv1", "block1_conv2", "block2_conv1"]
for layer_name in feature_layers:
    layer_features = outputs_dict[layer_name]
    sl = style_loss(layer_features[1, :, :, :], layer_features[2, :, :, :])
    loss = loss + (style_weight / len(feature_layers)) * sl
loss = loss + total_variation_weight * total_variation_loss(combination_image)

grads = K.gradients(loss, combination_image)
outputs = [loss]
if isinstance(grads, (list, tuple)):
    outputs += grads
else:
    outputs.append(grads)
f_outputs = K.function([combination_image], outputs)


def eval_loss_and_grads(x):
    outs = f_outputs([x.reshape((1, img_nrows, img_ncols, 3))])
    loss_value = outs[0]
    if len(outs[1:]) == 1:
        grad_values = outs[1].flatten().astype("float64")
    else:
        grad_values = np.array(outs[1:]).flatten().astype("float64")
    return loss_value, grad_values


class Evaluator(object):
    """One pass gives loss and gradients; the optimiser asks for them one by one."""

    def __init__(self):
        self.loss_value = None
        self.grads_values = None

    def loss(self, x):
        assert self.loss_value is None
        self.loss_value, self.grad_values = eval_loss_and_grads(x)
        return self.loss_value

    def grads(self, x):
        assert self.loss_value is not None
        grad_values = np.copy(self.grad_values)
        self.loss_value = self.grad_values = None
        return grad_values


evaluator = Evaluator()
x = preprocess_image(content)
first_loss, first_grads = eval_loss_and_grads(x)
losses = []
for i in range(iterations):
    start_time = time.time()
    x, min_val, info = fmin_l_bfgs_b(evaluator.loss, x.flatten(), fprime=evaluator.grads, maxfun=4)
    print("Iteration %d completed, loss %s" % (i, min_val))
    losses.append(round(float(min_val), 2))
img = deprocess_image(x.copy())
get_gram = K.function([combination_image], [gram_matrix(outputs_dict["block2_conv1"][1])])
print(
    json.dumps(
        {
            "first": float(first_loss),
            "gradients": first_grads[:12].tolist() + [float(np.abs(first_grads).sum())],
            "losses": losses,
            "variation": float(K.eval(total_variation_loss(base_image))),
            "gram": get_gram([x.reshape(combination_image._keras_shape)])[0].ravel()[:8].tolist(),
            "shape": list(img.shape),
            "x": [round(float(v), 2) for v in x[:6]],
        }
    )
)
