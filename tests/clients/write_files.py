"""Write the models of `saved` with Keras 2.3.1 on kjax: `python -m clients.write_files FOLDER`, in tests/."""

import sys

import kjax.keras2  # noqa: F401  (first, so that it is the backend)
import keras

from clients import models, saved

if __name__ == "__main__":
    saved.written(sys.argv[1], keras, models.weights)
