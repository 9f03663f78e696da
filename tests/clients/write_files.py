"""Write the models of `saved` with Keras 2.3.1 on kjax: `python -m clients.write_files FOLDER`, in tests/."""

import sys

from clients import models, saved
from clients.conftest import keras_on_kjax

if __name__ == "__main__":
    saved.written(sys.argv[1], keras_on_kjax(), models.weights)
