"""Making tensors: small ones, and some of a size that memory is the question."""

import numpy as np

from tasks import Row, Task

_ARRAY = np.arange(12, dtype="float32").reshape(3, 4)


def _filled(name):
    def make(framework):
        make_tensor = getattr(framework.K, name)
        return lambda: make_tensor((3, 4))

    return make


def _variable(framework):
    variable = framework.K.variable
    return lambda: variable(_ARRAY)


# A gigabyte of ones, of which one element in each page is read.
_GIGABYTE = """
import json, resource, time
import numpy as np
{imports}
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before, start = peak(), time.perf_counter()
array = {array}
total = np.asarray(array)[:, ::1024].sum()
seconds = time.perf_counter() - start
assert total == 2**18
print(json.dumps({{"seconds": seconds, "memory": (peak() - before) / 2**30}}))
"""

_NOTHING = """
import json, resource, time
from kjax import backend as K
K.zeros((2, 2))
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before, start = peak(), time.perf_counter()
array = K.zeros((2**14, 2**20))
seconds = time.perf_counter() - start
assert array.shape == (2**14, 2**20)
print(json.dumps({"seconds": seconds, "memory": (peak() - before) / 2**30}))
"""

TASKS = {
    "ones((3, 4))": Task(_filled("ones")),
    "zeros((3, 4))": Task(_filled("zeros")),
    "variable(array)": Task(_variable),
    "ones, 1 GiB": Task(
        scripts={
            "kjax": _GIGABYTE.format(
                imports="from kjax import backend as K; K.ones((2, 2))", array="K.ones((2**8, 2**20))"
            ),
            "numpy": _GIGABYTE.format(imports="", array="np.full((2**8, 2**20), 1, 'float32')"),
        }
    ),
    "zeros, 64 GiB": Task(scripts={"kjax": _NOTHING}),
}

ROWS = [
    *(Row("`K.%s`" % task, [task], "tf22", 50) for task in ("ones((3, 4))", "zeros((3, 4))", "variable(array)")),
    Row("`K.ones((3, 4))`", ["ones((3, 4))"], "torch", 1),
    Row("`K.ones` of 1 GiB, touched once: time", ["ones, 1 GiB"], "numpy", 0.95),
    Row("`K.ones` of 1 GiB, touched once: peak memory", ["ones, 1 GiB"], "numpy", 0.99, figure="memory", unit="GiB"),
    Row("`K.zeros` of 64 GiB, untouched: time", ["zeros, 64 GiB"], limit=0.01),
    Row("`K.zeros` of 64 GiB, untouched: memory", ["zeros, 64 GiB"], figure="memory", limit=0.01, unit="GiB"),
]
