"""The callbacks `TensorBoard`: their files are read as TensorBoard reads them, which needs nothing of TensorFlow."""

import numpy as np

from kjax import backend as K
from kjax.dialects import tensorboard
from programs import check_on_keras

READ = """
import os, tempfile, keras

def read(*folder):
    "The values of a folder of events, by their tags: pairs of a step and a number, a picture or a histogram."
    found = {}
    folder = os.path.join(*folder)
    for name in sorted(os.listdir(folder)):
        for event in tf.compat.v1.train.summary_iterator(os.path.join(folder, name)) if "tfevents" in name else ():
            if event.graph_def:
                found.setdefault("graph", []).append((event.step, event.graph_def))
            for value in event.summary.value:
                kind = next((name for name in ("image", "histo") if value.HasField(name)), "simple_value")
                found.setdefault(value.tag, []).append((event.step, getattr(value, kind)))
    return found

x, y = np.random.randint(0, 9, (8, 6)), np.random.randint(0, 2, 8)

def model(layers):
    made = layers.Embedding(9, 4, input_length=6, name="words"), layers.Conv1D(3, 2, name="conv"), layers.Flatten()
    return [*made, layers.Dropout(0.3), layers.Dense(2, activation="softmax", name="out")]
"""

KERAS_2 = """
folder = tempfile.mkdtemp()
one = keras.models.Sequential(model(keras.layers))
one.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

class Mine(keras.callbacks.TensorBoard):  # as programs of the time have it
    def on_epoch_end(self, epoch, logs=None):
        summary = tf.compat.v1.Summary()
        summary.value.add(tag="mine", simple_value=7.0)
        self.writer.add_summary(summary, epoch)
        super().on_epoch_end(epoch, logs)

callback = Mine(folder, 1, batch_size=4, write_grads=True, write_images=True, update_freq="batch", embeddings_freq=1,
                embeddings_data=x, embeddings_metadata="names.tsv")
history = one.fit(x, y, 4, 2, 0, validation_data=(x, y), callbacks=[callback]).history
found = read(folder)
assert [step for step, _ in found["loss"]] == [4, 8, 8, 12, 16, 16]
assert np.allclose([number for _, number in found["val_accuracy"]], history["val_accuracy"])
assert found["mine"] == [(0, 7.0), (1, 7.0)]
kernel, slope, out = (found[tag][-1][1] for tag in ("out/kernel_0", "out/kernel_0_grad", "words_out"))
assert (kernel.num, slope.num, out.num) == (30, 30, 4 * 6 * 4) and [s for s, _ in found["words_out"]] == [0, 0, 1, 1]
assert np.isclose(kernel.sum, one.get_layer("out").get_weights()[0].sum(), atol=1e-5)
picture = found["out/kernel_0/image"][0][1]
assert (picture.height, picture.width, picture.encoded_image_string[:4]) == (2, 15, b"\\x89PNG")
assert "conv/kernel_0/image/2" in found and len(found["graph"]) == 1
table = np.loadtxt(os.path.join(folder, "words.tsv"))
assert np.allclose(table, one.get_layer("words").get_weights()[0][x].reshape(8, 24))
with open(os.path.join(folder, "projector_config.pbtxt")) as file:
    assert file.read().split() == ["embeddings", "{", "tensor_name:", '"words"', "tensor_path:", '"words.tsv"',
                                   "metadata_path:", '"names.tsv"', "}"]
for wrong in (dict(histogram_freq=1), dict(embeddings_freq=1)):
    try:
        one.fit(x, y, 4, 1, 0, callbacks=[keras.callbacks.TensorBoard(tempfile.mkdtemp(), **wrong)])
    except ValueError as error:
        assert str(error).startswith("TensorBoard(): ")
    else:
        raise AssertionError(wrong)
"""

TF_KERAS = """
folder = tempfile.mkdtemp()
two = tf.keras.Sequential(model(tf.keras.layers))
two.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
callback = tf.keras.callbacks.TensorBoard(folder, histogram_freq=1, write_images=True, update_freq="batch",
                                          embeddings_freq=1, embeddings_metadata={"words": "names.tsv"})
history = two.fit(x, y, 4, 2, 0, validation_data=(x, y), callbacks=[callback]).history
train, validation = read(folder, "train"), read(folder, "validation")
assert [step for step, _ in train["batch_loss"]] == [1, 2, 3, 4]
for found, tag, name in ((train, "epoch_loss", "loss"), (validation, "epoch_accuracy", "val_accuracy")):
    assert np.allclose([number for _, number in found[tag]], history[name])
    assert [step for step, _ in found[tag]] == [0, 1]
kernel = two.get_layer("out").weights[0].name.replace(":", "_")
assert len(train[kernel]) == 2 and len(train["graph"]) == 1 and f"{kernel}/image" in train
table = np.loadtxt(os.path.join(folder, "train", "words.tsv"))
assert np.allclose(table, two.get_layer("words").get_weights()[0])
"""


def test_both_callbacks():
    check_on_keras(READ + KERAS_2 + TF_KERAS)


def test_pictures_of_weights():
    shapes = {
        (5,): (1, 5, 1, 1),
        (5, 2): (1, 2, 5, 1),
        (2, 5): (1, 2, 5, 1),
        (3, 4, 2): (2, 3, 4, 1),
        (1, 5, 2): (1, 2, 5, 1),
    }
    for shape, expected in shapes.items():
        made = tensorboard.weight_pictures(np.ones(shape))
        assert made.shape == expected and made.dtype == np.uint8
    assert tensorboard.weight_pictures(np.ones((2, 3, 4, 2))) is None
    K.set_image_data_format("channels_first")
    assert tensorboard.weight_pictures(np.ones((2, 3, 4))).shape == (2, 3, 4, 1)
