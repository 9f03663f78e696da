# The tests and detours that code which runs on many versions is full of.
import copy
import importlib
import inspect
import pickle

import tensorflow as tf

try:
    from tensorflow.keras import premade
except ImportError as error:
    premade = None
    print(type(error).__name__, 'tensorflow.keras.premade' in str(error))

try:
    import tensorflow.python.keras.backend as K
except ImportError:
    import tensorflow.keras.backend as K

try:
    from tensorflow.keras.backend import get_session
except ImportError:
    from tensorflow.compat.v1.keras.backend import get_session

TF2 = tf.__version__ >= '2'
major, minor = tf.__version__.split('.')[:2]
print(TF2, int(major), int(minor), tf.__version__.startswith('2.'), tuple(map(int, tf.__version__.split('.')[:2])) >= (2, 0))

if K.backend() == 'theano':
    print('theano')
elif K.backend() == 'tensorflow':
    import tensorflow.python.ops
else:
    print(K.backend())

if hasattr(tf, 'contrib') or not hasattr(tf, 'reduce_sum'):
    raise SystemExit('should not be there')
if hasattr(tf.compat, 'v1'):
    print('v1', hasattr(tf.compat.v1, 'placeholder'), hasattr(tf, 'placeholder'))


def scale(x: tf.Tensor, by: 'tf.Tensor' = None, dtype: tf.DType = tf.float32) -> tf.Tensor:
    return tf.cast(x, dtype) * (2 if by is None else by)


print(list(inspect.signature(scale).parameters), isinstance(scale(tf.constant([1, 2])), tf.Tensor))
print(inspect.ismodule(tf), inspect.getdoc(tf) is not None, copy.copy(tf) is tf, pickle.loads(pickle.dumps(tf)) is tf)
print(importlib.reload(tf) is tf, hasattr(tf, '__path__'), hasattr(tf, '__file__'), 'cast' in dir(tf), repr(tf))
