"""The Keras backend API: the functions that `tf.keras.backend` of TensorFlow 2.2 documents, and nothing else.

    from kjax import backend as K

Two of them, `get_session` and `set_session`, are those of `tf.compat.v1.keras.backend`.
"""


__all__ = [name for name in dir() if not name.startswith("_")]
