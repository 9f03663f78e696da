# Logistic regression by hand, as it was written for multi-backend Keras. Run with --graph.
import numpy as np
from keras import backend as K

rng = np.random.RandomState(1337)
n, d = 200, 5
true_w = rng.randn(d, 1)
data = rng.randn(n, d).astype('float32')
labels = (data.dot(true_w) > 0).astype('float32')

x = K.placeholder(shape=(None, d), name='x')
y = K.placeholder(ndim=2, name='y')
w = K.zeros((d, 1), name='w')
b = K.variable(np.zeros(1), name='b')
lr = K.variable(0.5)
iterations = K.variable(0, dtype='int64')

prediction = K.sigmoid(K.dot(x, w) + b)
penalty = 0.001 * K.sum(K.square(w))
loss = K.mean(K.binary_crossentropy(y, prediction)) + penalty
accuracy = K.mean(K.equal(K.round(prediction), y))

params = [w, b]
grads = K.gradients(loss, params)
decayed = lr / (1. + 0.01 * K.cast(iterations, K.floatx()))
updates = [(p, p - decayed * g) for p, g in zip(params, grads)]
updates.append(K.update_add(iterations, 1))
train = K.function(inputs=[x, y], outputs=[loss, accuracy], updates=updates)
test = K.function([x, y], [accuracy])

first = train([data, labels])[0]
for _ in range(100):
    last, acc = train([data, labels])
print('loss fell', last < first / 2)
print('accuracy', test([data, labels])[0] > 0.95)
print('iterations', K.get_value(iterations))
print('penalty is evaluated anew', K.get_session().run(penalty) > 0)
print(K.int_shape(prediction), K.ndim(x), K.dtype(w))
