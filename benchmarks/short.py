"""One of Keras's example programs, unedited but for its length: made-up data of the same kind, one short epoch.

python benchmarks/short.py PROGRAM.py
"""

import os
import re
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ["MPLBACKEND"] = "Agg"

import numpy as np  # noqa: E402

# Numbers that say how long a program trains, searches or writes.
_SHORTER = [
    (r"epochs\s*=\s*\d+", "epochs=1"),
    (r"'epochs': \[3, 6\]", "'epochs': [1]"),
    (r"range\(1, 200\)", "range(1, 2)"),  # rounds of training
    (r"TRAINING_SIZE = \d+", "TRAINING_SIZE = 5000"),
    (r"filter_range=\(0, None\)", "filter_range=(0, 4)"),
    (r"upscaling_steps=\d+", "upscaling_steps=2"),
    (r"range\(400\)", "range(40)"),  # characters to write
    (r"seq_index in range\(\d+\)", "seq_index in range(5)"),
    (r"num_samples = \d+", "num_samples = 500"),
    (r"n_samples=\d+", "n_samples=40"),
    (r"weights=.imagenet.", "weights=None"),
    (r"which = 1004", "which = 4"),
    (r"reshape\(60000", "reshape(4000"),
    (r"reshape\(10000", "reshape(500"),
    (r"n = 6\b", "n = 3"),  # depth of the residual network
]
_LETTERS = "abcdefghijklmnopqrstuvwxyz     .,\n"


def _images(*dims, labels):
    def load_data(*_, **__):
        random = np.random.RandomState(0)

        def part(count):
            y = random.randint(0, 10, (count, *labels))
            x = random.randint(0, 256, (count, *dims)).astype("uint8")
            return x, y.astype("uint8")

        return part(4000), part(500)

    return load_data


def _texts(classes):
    def load_data(*_, **options):
        random = np.random.RandomState(0)
        words = options.get("num_words") or 20000

        def part(count):
            # Lengths as of reviews; word 1 is the start.
            texts = [[1, *random.randint(4, words, random.randint(50, 400)).tolist()] for _ in range(count)]
            x = np.empty(count, object)
            x[:] = texts
            return x, random.randint(0, classes, count)

        return part(1000), part(500)

    return load_data


def _text_file(*_, **__):
    random = np.random.RandomState(0)
    with open("text.txt", "w", encoding="utf-8") as file:
        file.write("".join(random.choice(list(_LETTERS), 20000)))
    return "text.txt"


def _sentence_pairs():
    random = np.random.RandomState(0)
    os.makedirs("fra-eng")
    with open("fra-eng/fra.txt", "w", encoding="utf-8") as file:
        for _ in range(1001):
            one, other = ("".join(random.choice(list(_LETTERS[:-1]), random.randint(5, 20))) for _ in range(2))
            file.write(one + "\t" + other + "\n")


def main(path):
    """Run the program in the current folder, which should be an empty one."""
    with open(path, encoding="utf-8") as file:
        source = file.read()
    for pattern, shorter in _SHORTER:
        source = re.sub(pattern, shorter, source)
    from keras import datasets, utils

    datasets.mnist.load_data = _images(28, 28, labels=())
    datasets.cifar10.load_data = _images(32, 32, 3, labels=(1,))
    datasets.imdb.load_data = _texts(2)
    datasets.reuters.load_data = _texts(46)
    datasets.reuters.get_word_index = datasets.imdb.get_word_index = lambda *_: {}
    utils.get_file = utils.data_utils.get_file = _text_file
    utils.plot_model = lambda *_, **__: None  # (it needs pydot and Graphviz)
    _sentence_pairs()
    sys.argv = [path]
    exec(compile(source, path, "exec"), {"__name__": "__main__", "__file__": path})


if __name__ == "__main__":
    main(sys.argv[1])
