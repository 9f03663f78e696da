# The examples of the pages on ones, ones_like and zeros_like, as they stand there; the lines with print show what they give.
import numpy as np
import tensorflow as tf

kvar = tf.keras.backend.ones((3,4))
tf.keras.backend.eval(kvar)
print(repr(tf.keras.backend.eval(kvar)))

kvar = tf.keras.backend.variable(np.random.random((2,3)))
kvar_ones = tf.keras.backend.ones_like(kvar)
tf.keras.backend.eval(kvar_ones)
print(repr(tf.keras.backend.eval(kvar_ones)))

from tensorflow.keras import backend as K
kvar = K.variable(np.random.random((2,3)))
kvar_zeros = K.zeros_like(kvar)
K.eval(kvar_zeros)
print(repr(K.eval(kvar_zeros)))
