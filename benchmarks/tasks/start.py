"""From nothing to a first result, in a new process."""

from tasks import Row, Task

_IMPORTS = {
    "kjax": "from kjax import backend as K",
    "tf22": "from tensorflow.keras import backend as K",
    "tf-keras": "from tf_keras import backend as K",
}
_ONES = "\nassert K.eval(K.ones((3, 4))).sum() == 12"
_FUNCTION = """
import numpy as np
x = K.placeholder((None, 4))
function = K.function([x], [K.sum(K.square(x), axis=-1)])
assert np.asarray(function([np.ones((2, 4), "float32")])[0]).tolist() == [4, 4]
"""
_KERAS3 = "import keras, numpy as np"
_KERAS3_ONES = "\nassert np.asarray(keras.ops.ones((3, 4))).sum() == 12"
_KERAS3_FUNCTION = """
x = keras.KerasTensor((None, 4))
function = keras.Function([x], [keras.ops.sum(keras.ops.square(x), axis=-1)])
assert np.asarray(function([np.ones((2, 4), "float32")])[0]).tolist() == [4, 4]
"""

TASKS = {
    "start: ones": Task(scripts={**{k: v + _ONES for k, v in _IMPORTS.items()}, "keras3": _KERAS3 + _KERAS3_ONES}),
    "start: function": Task(
        scripts={**{k: v + _FUNCTION for k, v in _IMPORTS.items()}, "keras3": _KERAS3 + _KERAS3_FUNCTION}
    ),
}

_NUMPY = "import numpy as np\nassert np.asarray(np.ones((3, 4))).sum() == 12"
TASKS["start: ones"].scripts["numpy"] = _NUMPY

ROWS = [
    Row("cold start to the first result of " + what, [task], peer, target)
    for what, task, target in (("`K.ones`", "start: ones", 20), ("a `K.function`", "start: function", 3))
    for peer in ("tf22", "tf-keras", "keras3")
] + [Row("cold start to the first result of `K.ones`, beside NumPy's", ["start: ones"], "numpy")]
