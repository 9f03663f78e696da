"""The interface of tasks to each peer: its function namespace, and four functions that differ.

Runs in the environments of the peers, Python 3.7 included.
"""

import importlib
import os
import tempfile

import numpy as np


class Framework:
    """One library under test.

    Attributes:
        name: as in the table.
        K: its namespace of functions.
        module: the library.
    """

    variables = {}  # of the environment
    modules = ()  # to import; the first one is the library
    namespace = ""  # where in it the functions are

    def __init__(self, name):
        self.name = name
        self.module, *_ = map(importlib.import_module, self.modules)
        self.K = self.module
        for part in filter(None, self.namespace.split(".")):
            self.K = getattr(self.K, part, None) or importlib.import_module(self.K.__name__ + "." + part)

    @property
    def versions(self):
        """The versions of the libraries that compute."""
        return {module: importlib.import_module(module).__version__ for module in (*self.modules, "numpy")}

    def tensor(self, array):
        """A tensor that holds `array`."""
        return self.K.constant(array, dtype=str(array.dtype))

    def numpy(self, value):
        """A result as a NumPy array."""
        return np.asarray(value.numpy() if hasattr(value, "numpy") else value)

    def wait(self, value):
        """Come back when `value` is there."""


class Kjax(Framework):
    """kjax: a result that JAX computes is waited for."""

    modules, namespace = ("kjax",), "backend"

    @property
    def versions(self):
        """With JAX's, without loading it before a task does."""
        from importlib.metadata import version

        return {**super().versions, "jax": version("jax")}

    def wait(self, value):
        """JAX computes in the background."""
        ready = getattr(getattr(value, "_value", None), "block_until_ready", None)
        if ready is not None:
            ready()


class TensorFlow(Framework):
    """`tf.keras` of an old TensorFlow."""

    modules, namespace = ("tensorflow",), "keras.backend"

    def tensor(self, array):
        """An eager tensor."""
        return self.module.constant(array)


class TfKeras(Framework):
    """tf-keras, the Keras 2 that a current TensorFlow has."""

    modules, namespace = ("tf_keras", "tensorflow"), "backend"


class Keras2(Framework):
    """Multi-backend Keras on TensorFlow 1; only its models are run."""

    modules, namespace = ("keras", "tensorflow"), "backend"
    variables = {"KERAS_BACKEND": "tensorflow"}


class Keras2OnKjax(Keras2):
    """Multi-backend Keras on kjax, with the settings of the process that `kjax run` makes."""

    modules = ("keras", "kjax")
    variables = {"KERAS_BACKEND": "kjax.keras2"}

    def __init__(self, name):
        importlib.import_module("kjax.machine.device").compute_in_calling_thread()
        super().__init__(name)
        importlib.import_module("kjax").keep_memory()


class Keras2OnKjaxWarm(Keras2OnKjax):
    """The same, with compiled programs on disk."""

    def __init__(self, name):
        self.folder = tempfile.TemporaryDirectory()
        os.environ["JAX_COMPILATION_CACHE_DIR"] = self.folder.name
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        super().__init__(name)


class Keras3(Framework):
    """Keras 3 on JAX."""

    modules, namespace = ("keras", "jax"), "ops"
    variables = {"KERAS_BACKEND": "jax"}

    def tensor(self, array):
        """A JAX array."""
        return self.K.convert_to_tensor(array)

    def wait(self, value):
        """JAX computes in the background."""
        value.block_until_ready()


class Torch(Framework):
    """PyTorch."""

    modules = ("torch",)

    def tensor(self, array):
        """A tensor with memory of its own."""
        return self.module.tensor(array)


class Jax(Framework):
    """JAX as one would write it by hand; in the environment of kjax."""

    modules, namespace = ("jax",), "numpy"

    def tensor(self, array):
        """A JAX array."""
        return self.K.asarray(array)

    def wait(self, value):
        """JAX computes in the background."""
        if hasattr(value, "block_until_ready"):
            value.block_until_ready()


class Numpy(Framework):
    """NumPy; in the environment of kjax."""

    modules = ("numpy",)

    def tensor(self, array):
        """A copy."""
        return array.copy()


FRAMEWORKS = {
    "kjax": Kjax,
    "jax": Jax,
    "numpy": Numpy,
    "tf22": TensorFlow,
    "tf-keras": TfKeras,
    "keras3": Keras3,
    "keras2": Keras2,
    "keras2-kjax": Keras2OnKjax,
    "keras2-kjax-warm": Keras2OnKjaxWarm,
    "torch": Torch,
}


def load(name):
    """The framework of that name, imported, with its log switched off."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    framework = FRAMEWORKS[name]
    os.environ.update(framework.variables)
    return framework(name)
