"""Siamese network with contrastive loss (Hadsell et al., 2006) on pairs of small digits-like patterns."""

from __future__ import absolute_import, print_function

import json
import random

import numpy as np
from keras import backend as K
from keras.layers import Dense, Dropout, Flatten, Input, Lambda
from keras.models import Model
from keras.optimizers import RMSprop

num_classes = 4
epochs = 3
rng = np.random.RandomState(5)
random.seed(5)


def euclidean_distance(vects):
    x, y = vects
    sum_square = K.sum(K.square(x - y), axis=1, keepdims=True)
    return K.sqrt(K.maximum(sum_square, K.epsilon()))


def eucl_dist_output_shape(shapes):
    shape1, shape2 = shapes
    return (shape1[0], 1)


def contrastive_loss(y_true, y_pred):
    margin = 1
    square_pred = K.square(y_pred)
    margin_square = K.square(K.maximum(margin - y_pred, 0))
    return K.mean(y_true * square_pred + (1 - y_true) * margin_square)


def create_pairs(x, digit_indices):
    """Positive and negative pair creation, alternating."""
    pairs = []
    labels = []
    n = min([len(digit_indices[d]) for d in range(num_classes)]) - 1
    for d in range(num_classes):
        for i in range(n):
            z1, z2 = digit_indices[d][i], digit_indices[d][i + 1]
            pairs += [[x[z1], x[z2]]]
            inc = random.randrange(1, num_classes)
            dn = (d + inc) % num_classes
            z1, z2 = digit_indices[d][i], digit_indices[dn][i]
            pairs += [[x[z1], x[z2]]]
            labels += [1, 0]
    return np.array(pairs), np.array(labels)


def create_base_network(input_shape):
    input = Input(shape=input_shape)
    x = Flatten()(input)
    x = Dense(16, activation="relu", name="fc1")(x)
    x = Dropout(0.0)(x)
    x = Dense(12, activation="relu", name="fc2")(x)
    x = Dropout(0.0)(x)
    x = Dense(4, name="embedding")(x)
    return Model(input, x)


def compute_accuracy(y_true, y_pred):
    pred = y_pred.ravel() < 0.5
    return np.mean(pred == y_true)


def accuracy(y_true, y_pred):
    return K.mean(K.equal(y_true, K.cast(y_pred < 0.5, y_true.dtype)))


def load_data(n):
    prototypes = np.random.RandomState(0).uniform(0, 255, (num_classes, 5, 5))
    y = np.arange(n) % num_classes
    x = prototypes[y] + rng.normal(0, 20, (n, 5, 5))
    return x, y


x_train, y_train = load_data(40)
x_test, y_test = load_data(16)
x_train = x_train.astype("float32")
x_test = x_test.astype("float32")
x_train /= 255
x_test /= 255
input_shape = x_train.shape[1:]

digit_indices = [np.where(y_train == i)[0] for i in range(num_classes)]
tr_pairs, tr_y = create_pairs(x_train, digit_indices)
digit_indices = [np.where(y_test == i)[0] for i in range(num_classes)]
te_pairs, te_y = create_pairs(x_test, digit_indices)

base_network = create_base_network(input_shape)
for layer in base_network.layers:
    layer.set_weights([rng.normal(0, 0.3, w.shape) for w in layer.get_weights()])

input_a = Input(shape=input_shape)
input_b = Input(shape=input_shape)

# because we re-use the same instance `base_network`, the weights of the network are shared
processed_a = base_network(input_a)
processed_b = base_network(input_b)
distance = Lambda(euclidean_distance, output_shape=eucl_dist_output_shape)([processed_a, processed_b])
model = Model([input_a, input_b], distance)

rms = RMSprop(lr=0.005)
model.compile(loss=contrastive_loss, optimizer=rms, metrics=[accuracy])
history = model.fit(
    [tr_pairs[:, 0], tr_pairs[:, 1]],
    tr_y,
    batch_size=16,
    epochs=epochs,
    shuffle=False,
    verbose=0,
    validation_data=([te_pairs[:, 0], te_pairs[:, 1]], te_y),
)

y_pred = model.predict([tr_pairs[:, 0], tr_pairs[:, 1]])
tr_acc = compute_accuracy(tr_y, y_pred)
y_pred = model.predict([te_pairs[:, 0], te_pairs[:, 1]])
te_acc = compute_accuracy(te_y, y_pred)
print("* Accuracy on training set: %0.2f%%" % (100 * tr_acc))
print("* Accuracy on test set: %0.2f%%" % (100 * te_acc))

get_embedding = K.function(
    [base_network.layers[0].input, K.learning_phase()],
    [base_network.get_layer("embedding").output, base_network.get_layer("fc2").get_output_at(0)],
)
embeddings, hidden = get_embedding([x_test[:3], 0])
embeddings_train_phase = get_embedding([x_test[:3], 1])[0]
gallery = get_embedding([x_train[:num_classes], 0])[0]
nearest = np.argmin(((embeddings[:, None] - gallery[None]) ** 2).sum(axis=-1), axis=1)

print(
    json.dumps(
        {
            "history": {key: [float(v) for v in values] for key, values in history.history.items()},
            "accuracy": [float(tr_acc), float(te_acc)],
            "distances": y_pred.ravel()[:10].tolist(),
            "embeddings": embeddings.tolist(),
            "same": float(np.abs(embeddings - embeddings_train_phase).max()),
            "hidden": float(hidden.sum()),
            "nearest": nearest.tolist(),
            "weights": [float(np.abs(w).sum()) for w in base_network.get_weights()],
            "count": model.count_params(),
        }
    )
)
