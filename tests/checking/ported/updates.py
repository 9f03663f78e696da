"""The steps of optimizers, by updates of variables."""

import numpy as np
from tensorflow.keras import backend as K


class Adam(object):
    def __init__(self, lr=0.01, beta_1=0.9, beta_2=0.999, decay=0.1, amsgrad=False):
        self.iterations = K.variable(0, dtype="float32", name="iterations")
        self.lr, self.beta_1, self.beta_2, self.decay, self.amsgrad = lr, beta_1, beta_2, decay, amsgrad

    def get_updates(self, params, grads):
        t = K.get_value(self.iterations) + 1
        lr = self.lr * (1.0 / (1.0 + self.decay * t))
        lr_t = lr * (K.sqrt(1.0 - K.pow(self.beta_2, t)) / (1.0 - K.pow(self.beta_1, t)))
        if not hasattr(self, "ms"):
            self.ms = [K.variable(np.zeros(K.int_shape(p)), dtype=K.dtype(p)) for p in params]
            self.vs = [K.zeros(K.int_shape(p), dtype=K.dtype(p)) for p in params]
        for p, g, m, v in zip(params, grads, self.ms, self.vs):
            m_t = (self.beta_1 * m) + (1.0 - self.beta_1) * g
            v_t = (self.beta_2 * v) + (1.0 - self.beta_2) * K.square(g)
            p_t = p - lr_t * m_t / (K.sqrt(v_t) + K.epsilon())
            K.update(m, m_t)
            K.update(v, v_t)
            K.update(p, p_t)
        K.update_add(self.iterations, 1)


def clip_norm(g, c, n):
    return K.switch(K.greater_equal(n, c), g * c / n, g)


def get_global_norm(grads):
    return K.sqrt(sum([K.sum(K.square(g)) for g in grads]))


def by_values():
    """What variables hold."""
    random = np.random.RandomState(10)
    params = [K.variable(random.normal(size=size)) for size in ((3, 2), (2,))]
    optimizer = Adam()
    for step in range(3):
        grads = [K.constant(random.normal(size=K.int_shape(p))) for p in params]
        norm = get_global_norm(grads)
        optimizer.get_updates(params, [clip_norm(g, 1.0, norm) for g in grads])
    slow = K.variable(np.zeros((2,)))
    K.moving_average_update(slow, params[1], 0.9)
    K.set_value(params[1], np.ones((2,)))
    return [K.get_value(p) for p in params] + [K.get_value(slow), K.batch_get_value(optimizer.ms)[0]]
