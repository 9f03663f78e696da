# What stands at the top of many a train.py of 2018, on the compatibility module.
import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.compat.v1.keras import backend as K

tf.disable_v2_behavior()

config = tf.ConfigProto()
config.gpu_options.allow_growth = True
sess = tf.Session(config=config)
K.set_session(sess)
tf.set_random_seed(0)

inputs = tf.placeholder(tf.float32, shape=(None, 3), name='inputs')
with tf.name_scope('scores'):
    weights = tf.Variable(np.eye(3, 2), dtype=tf.float32, name='weights')
    scores = tf.matmul(inputs, weights)
probabilities = tf.nn.softmax(scores)
total = tf.reduce_sum(scores, axis=1, keep_dims=True)
gradients = tf.gradients(total, [inputs, weights])

sess.run(tf.global_variables_initializer())
batch = np.arange(6).reshape(2, 3)
print(sess.run(total, feed_dict={inputs: batch}).tolist())
p, g = sess.run([probabilities, gradients[1]], {inputs: batch})
print(np.round(p.astype(float), 3).tolist(), g.tolist())
print(inputs.get_shape().as_list(), total.shape.as_list(), weights.name, tf.executing_eagerly())
