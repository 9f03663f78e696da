"""`tf.Module` beyond its recorded answers."""

from kjax import backend as K
from kjax.dialects.tensorflow_objects import Module


class Net(Module):
    def __init__(self, name=None):
        super().__init__(name)
        self.weights = [K.variable(1.0, name="w")]
        self.inner = None


def test_modules_that_hold_each_other():
    first, second = Net("first"), Net("second")
    first.inner, second.inner = second, first
    assert len(first.variables) == len(first.trainable_variables) == 2
    assert set(first.submodules) == {first, second}


def test_what_is_added_later_is_found():
    net = Net()
    net.more = {"bias": K.variable(2.0, name="b"), "frozen": K.variable(3.0)}
    net.more["frozen"].trainable = False
    assert net.name == "net" and len(net.variables) == 3 and len(net.trainable_variables) == 2
