"""A network that has learned handwritten digits, taken elsewhere: to StableHLO, to ONNX, and into pictures.

Trains the network of `keras2/digits_convnet.py` (Keras 2.3.1) for a few epochs, writes its predictions as a StableHLO
program, which runs where only JAX is installed, and as a file of ONNX (with `pip install "kjax[onnx]"`), tries both
beside the network itself, and draws the function that trains it.

    kjax run examples/digits_export.py [--epochs 3] [--folder exported]
"""

import argparse
import pathlib
import sys

import jax
import numpy as np
from keras import backend as K
from keras.utils import to_categorical
from sklearn.datasets import load_digits

import kjax

sys.path.append(str(pathlib.Path(__file__).parent / "keras2"))
from digits_convnet import network


def by_stablehlo(path, images):
    """What the StableHLO program predicts. Nothing of it needs kjax."""
    return np.asarray(jax.export.deserialize(path.read_bytes()).call(images)[0])


def by_onnx(path, images):
    """What ONNX Runtime predicts."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: images})[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=3, help="passes over the images (default: 3)")
    parser.add_argument("--folder", default="exported", help="where to write the files")
    options = parser.parse_args()
    folder = pathlib.Path(options.folder)
    folder.mkdir(exist_ok=True)

    digits = load_digits()
    images = (digits.images[..., None] / 16).astype("float32")
    model = network()
    model.fit(images, to_categorical(digits.target, 10), batch_size=64, epochs=options.epochs, verbose=2)

    predict = K.function([model.input], [model.output])
    (probabilities,) = predict([images])
    kjax.export(predict, folder / "digits.stablehlo")
    difference = abs(by_stablehlo(folder / "digits.stablehlo", images) - probabilities).max()
    print(f"{folder / 'digits.stablehlo'}: predictions differ by {difference:.1e} at most")
    try:
        kjax.export(predict, folder / "digits.onnx")
        difference = abs(by_onnx(folder / "digits.onnx", images) - probabilities).max()
        print(f"{folder / 'digits.onnx'}: predictions differ by {difference:.1e} at most")
    except (ImportError, NotImplementedError) as error:
        print(f"no file of ONNX: {error}")

    train = model.train_function
    batch = [images[:64], to_categorical(digits.target[:64], 10), np.ones(64)]
    cost = train.cost(*batch, learning_phase=1)
    flops, memory = cost.flops / 1e6, cost.peak_memory / 2**20
    print(f"a training step of 64 images: {flops:.0f} million operations on floats, {memory:.1f} MB of memory")
    for form in ("txt", "mmd", "svg"):
        try:
            kjax.draw(train, folder / f"training.{form}")
            print(f"{folder / f'training.{form}'}: the function that trains it")
        except NotImplementedError as error:
            print(f"no picture: {error}")


if __name__ == "__main__":
    main()
