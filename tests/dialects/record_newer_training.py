"""Small programs on losses, metrics, optimizers and training of `tf.keras`, and what they answer.

`python record_newer_training.py ANSWERS [GROUP …]` runs them and writes their answers as JSON: under TensorFlow 2.2
those that the tests expect (`answers/newer_training.json`), under `kjax run` those that they compare.

A program has `tf`, `np`, `keras` (tf.keras) and the helpers below; it sets `answer`.
"""

import json
import os
import sys
import tempfile

import numpy as np

CASES = {}


def cases(group, *expressions, **named):
    """Note programs: expressions whose value is the answer, or whole programs by a name."""
    CASES.update({f"{group}: {expression}": f"answer = {expression}" for expression in expressions})
    CASES.update({f"{group}: {name}": program for name, program in named.items()})


# --------------------------------------------------------------------------------------------------------------- losses

Y = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
P = [[0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.1, 0.7, 0.2], [0.05, 0.9, 0.05]]
CLASSES = [1, 0, 2, 1]

LOSSES = [
    "MeanSquaredError()",
    "MeanAbsoluteError()",
    "MeanAbsolutePercentageError()",
    "MeanSquaredLogarithmicError()",
    "BinaryCrossentropy()",
    "BinaryCrossentropy(from_logits=True)",
    "BinaryCrossentropy(label_smoothing=0.2)",
    "CategoricalCrossentropy()",
    "CategoricalCrossentropy(from_logits=True)",
    "CategoricalCrossentropy(label_smoothing=0.1)",
    "Hinge()",
    "SquaredHinge()",
    "CategoricalHinge()",
    "LogCosh()",
    "KLDivergence()",
    "Poisson()",
    "CosineSimilarity()",
    "CosineSimilarity(axis=0)",
    "Huber()",
    "Huber(delta=0.3)",
]
for _loss in LOSSES:
    cases("loss", f"keras.losses.{_loss}(Y, P)")
for _reduction in ("SUM", "NONE", "AUTO", "SUM_OVER_BATCH_SIZE"):
    for _name in ("MeanSquaredError", "Huber", "CosineSimilarity", "CategoricalCrossentropy", "BinaryCrossentropy"):
        cases("loss", f"keras.losses.{_name}(reduction=keras.losses.Reduction.{_reduction})(Y, P)")
    cases(
        "loss",
        f"keras.losses.MeanAbsoluteError(reduction=keras.losses.Reduction.{_reduction})(Y, P, [1., 0., 2., 3.])",
        f"keras.losses.MeanAbsoluteError(reduction='{_reduction.lower()}')(Y, P, [[1.], [0.], [2.], [3.]])",
    )
cases(
    "loss",
    "keras.losses.SparseCategoricalCrossentropy()(CLASSES, P)",
    "keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction='none')(CLASSES, P)",
    "keras.losses.MeanSquaredError()(tf.constant([1., 2.]), tf.constant([[1.], [3.]]))",
    "keras.losses.MeanSquaredError()([1., 2.], [[1.], [3.]])",
    "keras.losses.MeanSquaredError()([1, 2], [1., 3.])",
    "keras.losses.MeanSquaredError()(Y, P, 0.5)",
    "keras.losses.mse(Y, P)",
    "keras.losses.MAE(Y, P)",
    "keras.losses.mape(Y, P)",
    "keras.losses.msle(Y, P)",
    "keras.losses.kld(Y, P)",
    "keras.losses.poisson(Y, P)",
    "keras.losses.hinge([[0, 1]], [[0.5, 0.3]])",
    "keras.losses.squared_hinge([[-1, 1]], [[0.5, 0.3]])",
    "keras.losses.categorical_hinge(Y, P)",
    "keras.losses.logcosh(Y, P)",
    "keras.losses.cosine_similarity(Y, P)",
    "keras.losses.cosine_similarity(Y, P, axis=0)",
    "keras.losses.binary_crossentropy(Y, P, from_logits=True)",
    "keras.losses.categorical_crossentropy(Y, P, from_logits=True, label_smoothing=0.1)",
    "keras.losses.sparse_categorical_crossentropy(CLASSES, tf.constant(P))",
    "keras.losses.get('mse')(Y, P)",
    "keras.losses.get('cosine_similarity')(Y, P)",
    "keras.losses.MeanSquaredError().get_config()",
    "keras.losses.Huber(0.5, name='h').get_config()",
    "keras.losses.CosineSimilarity().get_config()",
    "keras.losses.deserialize({'class_name': 'Huber', 'config': {'delta': 0.3}})(Y, P)",
    "keras.losses.MeanSquaredError('median')",
    "tf.losses.MeanSquaredError()(Y, P)",
    a_loss_of_the_program="""
class Cubic(keras.losses.Loss):
    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
    def call(self, y_true, y_pred):
        return self.scale * tf.reduce_mean(tf.abs(tf.cast(y_true, tf.float32) - y_pred) ** 3, axis=-1)
p = tf.constant(P)
answer = [Cubic()(Y, p), Cubic(2.0, reduction='none')(Y, p), Cubic(reduction='sum')(Y, p, [0., 1., 0., 1.]),
          Cubic(name='cubic').get_config()]
""",
)

# -------------------------------------------------------------------------------------------------------------- metrics

METRICS = [
    "MeanSquaredError()",
    "MeanAbsoluteError()",
    "MeanAbsolutePercentageError()",
    "MeanSquaredLogarithmicError()",
    "RootMeanSquaredError()",
    "Hinge()",
    "SquaredHinge()",
    "CategoricalHinge()",
    "LogCoshError()",
    "KLDivergence()",
    "Poisson()",
    "CosineSimilarity()",
    "CosineSimilarity(axis=0)",
    "Accuracy()",
    "BinaryAccuracy()",
    "BinaryAccuracy(threshold=0.25)",
    "CategoricalAccuracy()",
    "TopKCategoricalAccuracy(k=2)",
    "BinaryCrossentropy()",
    "BinaryCrossentropy(from_logits=True, label_smoothing=0.1)",
    "CategoricalCrossentropy()",
    "CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)",
    "MeanRelativeError(normalizer=[1., 2., 0.])",
    "TruePositives()",
    "TrueNegatives(thresholds=[0.1, 0.5])",
    "FalsePositives()",
    "FalseNegatives(0.4)",
    "Precision()",
    "Precision(thresholds=[0.25, 0.65])",
    "Precision(top_k=1)",
    "Precision(class_id=1)",
    "Recall()",
    "Recall(thresholds=[0.25, 0.65])",
    "Recall(top_k=2, class_id=1)",
    "AUC()",
    "AUC(num_thresholds=5)",
    "AUC(curve='PR')",
    "AUC(num_thresholds=10, summation_method='minoring')",
    "AUC(num_thresholds=10, curve='PR', summation_method='majoring')",
    "AUC(thresholds=[0.2, 0.6])",
    "SensitivityAtSpecificity(0.5)",
    "SensitivityAtSpecificity(0.8, num_thresholds=7)",
    "SpecificityAtSensitivity(0.6)",
    "PrecisionAtRecall(0.6)",
    "PrecisionAtRecall(0.9, num_thresholds=5)",
    "RecallAtPrecision(0.8)",
    "RecallAtPrecision(0.6, num_thresholds=9)",
    "RecallAtPrecision(1.0)",
]
for _metric in METRICS:
    CASES[f"metric: {_metric}"] = f"""
m = keras.metrics.{_metric}
answer = [m.result()]
m.update_state(tf.constant(Y), tf.constant(P))
answer += [m.result(), m(tf.constant(P) > 0.4, tf.constant(P)[::-1])]
m.reset_states()
answer += [m.result(), m(tf.constant(Y)[:2], tf.constant(P)[:2])]
"""
for _metric in ("MeanSquaredError()", "CategoricalAccuracy()", "Precision()", "AUC()", "RootMeanSquaredError()"):
    CASES[f"metric: {_metric} weighted"] = f"""
m = keras.metrics.{_metric}
answer = [m(tf.constant(Y), tf.constant(P), sample_weight=tf.constant([1., 0., 2., 3.]))]
"""
cases(
    "metric",
    "keras.metrics.binary_accuracy(tf.constant([[1., 0.]]), tf.constant([[1.7, 0.2]]))",
    "keras.metrics.categorical_accuracy(Y, P)",
    "keras.metrics.sparse_categorical_accuracy(tf.constant(CLASSES), tf.constant(P))",
    "keras.metrics.sparse_categorical_accuracy(tf.constant(CLASSES)[:, None], tf.constant(P))",
    "keras.metrics.top_k_categorical_accuracy(Y, P, k=2)",
    "keras.metrics.sparse_top_k_categorical_accuracy(CLASSES, P, k=2)",
    "keras.metrics.mse(Y, P)",
    "keras.metrics.get('mae')(Y, P)",
    "keras.metrics.get('Precision')(Y, P)",
    "[keras.metrics.Mean()([1., 2., 4.]), keras.metrics.Sum()([1., 2.], sample_weight=[0.5, 2.])]",
    "keras.metrics.Mean().get_config()",
    "keras.metrics.MeanIoU(2, name='iou').get_config()",
    "keras.metrics.PrecisionAtRecall(0.5, name='p').get_config()",
    "keras.metrics.AUC(num_thresholds=4, name='a').get_config()",
    "keras.metrics.AUC.from_config(keras.metrics.AUC(num_thresholds=4).get_config())(Y, P)",
    "keras.metrics.PrecisionAtRecall(2.)",
    "keras.metrics.RecallAtPrecision(0.5, num_thresholds=0)",
    "keras.metrics.MeanTensor().result()",
    "tf.metrics.Mean()([3.])",
    counts="""
m = keras.metrics.SparseCategoricalAccuracy()
answer = [m(tf.constant(CLASSES), tf.constant(P)), m(tf.constant([0, 1])[:, None], tf.constant(P)[:2])]
m = keras.metrics.SparseTopKCategoricalAccuracy(k=2)
answer += [m(tf.constant(CLASSES), tf.constant(P))]
m = keras.metrics.SparseCategoricalCrossentropy()
answer += [m(tf.constant(CLASSES), tf.constant(P))]
""",
    tensors="""
m = keras.metrics.MeanTensor()
m.update_state([1., 2.])
answer = [m([3., 4.], sample_weight=[1., 0.]), m.total, m.count]
m.reset_states()
answer += [m.result(), m([1., 2.])]
""",
    intersection="""
m = keras.metrics.MeanIoU(num_classes=3)
answer = [m.result(), m([0, 0, 1, 1], [0, 1, 0, 1]), m([[0, 2]], [[2, 2]], sample_weight=[[0.3, 0.4]]), m.get_weights()]
m.reset_states()
answer += [m([0, 1], [0, 1])]
""",
    labels="""
y, p = tf.constant(Y), tf.constant(P)
answer = [
    keras.metrics.AUC(multi_label=True, num_thresholds=6)(y, p),
    keras.metrics.AUC(multi_label=True, num_thresholds=6, curve='PR')(y, p),
    keras.metrics.AUC(multi_label=True, num_thresholds=6, label_weights=[1., 2., 0.])(y, p),
]
""",
    mean_of_epochs="""
loss = keras.metrics.Mean(name='loss')
answer = []
for epoch in range(2):
    for batch in range(3):
        loss(tf.constant([float(epoch), float(batch)]))
    answer.append([loss.name, loss.result().numpy()])
    loss.reset_states()
answer.append(float(loss.result()))
""",
    a_metric_of_the_program="""
class Above(keras.metrics.Metric):
    def __init__(self, bound=0.5, name='above', **kwargs):
        super().__init__(name=name, **kwargs)
        self.bound = bound
        self.count = self.add_weight(name='count', initializer='zeros')
    def update_state(self, y_true, y_pred, sample_weight=None):
        self.count.assign_add(tf.reduce_sum(tf.cast(y_pred > self.bound, tf.float32)))
    def result(self):
        return self.count
    def reset_states(self):
        self.count.assign(0.)
m = Above()
m.update_state(Y, tf.constant(P))
answer = [m.result(), m(Y, tf.constant(P))]
m.reset_states()
answer.append(m.result())
model = linear()
model.compile('sgd', 'mse', metrics=[Above(0.1), 'mae'])
answer.append(history(model))
""",
)

# ------------------------------------------------------------------------------------------- models, kept and restored

NESTED = """
a, b = keras.Input((3,), name='a'), keras.Input((3,), name='b')
s = keras.layers.Dense(2, name='s')(keras.layers.concatenate([a, b]))
t = keras.layers.Dense(1, name='t')(a)
model = keras.Model({'a': a, 'b': b}, {'s': s, 't': t})
x, y = np.arange(6.).reshape(2, 3), np.ones((2, 3))
model.set_weights([np.cos(np.arange(w.size)).reshape(w.shape) for w in model.get_weights()])

def same(copy):
    copy.set_weights(model.get_weights())
    found = copy.predict({'a': x, 'b': y})
    called = copy({'a': tf.constant(x, 'float32'), 'b': tf.constant(y, 'float32')})
    return [isinstance(found, dict), sorted(found), found['s'], found['t'], called['s'], sorted(copy.input)]
"""
OWN = """
class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = keras.layers.Dense(2), keras.layers.Dense(2)

    def call(self, x, y=None):
        found = self.first(x)
        found = found if y is None else found + self.second(y)
        self.add_loss(tf.reduce_sum(found) * 0.1)
        return found

model, other = Own(), Own()
x, y = tf.constant([[1., 2., 3.], [4., 5., 6.]]), tf.ones((2, 3))
model(x, y)
model.set_weights([np.cos(np.arange(w.size)).reshape(w.shape) for w in model.get_weights()])
"""
for _name, _program in {
    "cloned": f"{NESTED}answer = same(keras.models.clone_model(model))",
    "by JSON": f"{NESTED}answer = same(keras.models.model_from_json(model.to_json()))",
    "by its configuration": f"{NESTED}answer = same(keras.Model.from_config(model.get_config()))",
    "saved": f"{NESTED}model.save('model.h5')\nanswer = same(keras.models.load_model('model.h5'))",
    "as a function": f"{OWN}f = tf.function(model)\nanswer = [f(x, y), f(x), f(x, y=x)]",
    "restored before it is built": f"""{OWN}
path = tf.train.Checkpoint(model=model).save('kept')
tf.train.Checkpoint(model=other).restore(path)
answer = [other(x, y), model(x, y)]
""",
    "restored before it is built in a function": f"""{OWN}
path = tf.train.Checkpoint(model=model).save('kept')
tf.train.Checkpoint(model=other).restore(path)
answer = tf.function(lambda x, y: other(x, y))(x, y)
""",
    "given weights before it is built": f"""{OWN}
model.save_weights('kept')
other.load_weights('kept')
answer = [other(x, y), model(x, y)]
""",
    "called on a dict": """
class Dicts(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = keras.layers.Dense(1), keras.layers.Dense(2)

    def call(self, inputs):
        return {'p': self.first(inputs['a']), 'q': self.second(inputs['b'])}

model, opt = Dicts(), keras.optimizers.Adam(0.1)
given = {'a': tf.constant([[1., 2., 3.], [4., 5., 6.]]), 'b': tf.ones((2, 3))}
model(given)
model.set_weights([np.cos(np.arange(w.size)).reshape(w.shape) for w in model.get_weights()])

@tf.function
def step(given):
    with tf.GradientTape() as tape:
        found = model(given)
        loss = tf.reduce_mean(found['p'] ** 2) + tf.reduce_mean(found['q'])
    opt.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss

answer = [model(given)['p'], step(given), step(given), sorted(model(given)), model.get_weights()]
""",
    "with losses of layers in a step": f"""{OWN}
@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(x, y)) + tf.add_n(model.losses)
    return loss, tape.gradient(loss, model.trainable_variables)

answer = step(x, y)
""",
}.items():
    CASES[f"model: {_name}"] = _program

# ----------------------------------------------------------------------------------------------------------- optimizers

OPTIMIZERS = [
    "SGD(0.1)",
    "SGD(0.1, momentum=0.9)",
    "SGD(0.1, momentum=0.9, nesterov=True)",
    "SGD(lr=0.1, decay=0.5)",
    "SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5))",
    "Adam()",
    "Adam(0.1, beta_1=0.8, beta_2=0.9, epsilon=0.01)",
    "Adam(0.1, amsgrad=True)",
    "Adam(keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.1, 0.01]))",
    "RMSprop(0.1)",
    "RMSprop(0.1, rho=0.8, momentum=0.5, epsilon=0.01)",
    "RMSprop(0.1, centered=True)",
    "RMSprop(0.1, centered=True, momentum=0.5)",
    "Adagrad(0.1)",
    "Adagrad(0.1, initial_accumulator_value=0.5, epsilon=0.1)",
    "Adadelta(1.0)",
    "Adadelta(0.1, rho=0.8, epsilon=0.01)",
    "Adamax(0.1)",
    "Adamax(0.1, beta_1=0.5, beta_2=0.8)",
    "Nadam(0.1)",
    "Nadam(0.1, beta_1=0.8, beta_2=0.9)",
    "Ftrl(0.1)",
    "Ftrl(0.5, learning_rate_power=-0.3, l1_regularization_strength=0.1, l2_regularization_strength=0.2)",
    "Ftrl(0.5, initial_accumulator_value=0.5, l2_shrinkage_regularization_strength=0.1)",
]
for _optimizer in OPTIMIZERS:
    CASES[f"optimizer: {_optimizer}"] = f"""
opt = keras.optimizers.{_optimizer}
v, w = tf.Variable([1., -2., 3.]), tf.Variable([[0.5]])
answer = []
for step in range(4):
    opt.apply_gradients([(tf.constant([1., 0.5 * step, -2.]), v), (tf.constant([[0.1]]), w)])
    answer += [v.numpy(), w.numpy()]
answer += [opt.get_weights(), opt.get_slot_names(), opt.iterations, opt.get_config()]
"""
for _optimizer in (OPTIMIZERS[2], OPTIMIZERS[3], OPTIMIZERS[4], OPTIMIZERS[6], OPTIMIZERS[12], OPTIMIZERS[19]):
    CASES[f"fit: with {_optimizer}"] = f"""
model = linear()
model.compile(keras.optimizers.{_optimizer}, 'mse')
answer = [history(model), model.get_weights(), model.optimizer.get_weights()]
"""
ROWS = """
def picked(*rows):
    values, indices = zip(*rows)
    return tf.IndexedSlices(tf.constant(values), tf.constant(indices), tf.constant([4, 2]))

few, some = picked(([1., 1.], 1)), picked(([1., 2.], 0), ([3., 4.], 2), ([.5, -1.], 0))
v = tf.Variable(tf.reshape(tf.range(8.), (4, 2)) / 4.)
"""
for _optimizer in (
    "SGD(.1)",
    "SGD(.1, .9)",
    "SGD(.1, .9, True)",
    "RMSprop(.1)",
    "RMSprop(.1, momentum=.9)",
    "RMSprop(.1, momentum=.9, centered=True)",
    "Adagrad(.1)",
    "Adadelta(.1)",
    "Adam(.1)",
    "Adam(.1, amsgrad=True)",
    "Adamax(.1)",
    "Nadam(.1)",
    "Ftrl(.1)",
):
    CASES[f"optimizer: rows, {_optimizer}"] = f"""{ROWS}
opt = keras.optimizers.{_optimizer}
for grad in (few, some, some):
    opt.apply_gradients([(grad, v)])
answer = [v, opt.get_weights()]
"""
    CASES[f"optimizer: rows in a function, {_optimizer}"] = f"""{ROWS}
opt = keras.optimizers.{_optimizer}

@tf.function
def step(ids):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.nn.embedding_lookup(v, ids) ** 2)
    opt.apply_gradients([(tape.gradient(loss, v), v)])

for ids in ([[1, 1]], [[0, 2], [0, 0]], [[2, 3]]):
    step(tf.constant(ids))
answer = v
"""
for _limit in ("clipnorm=1.0", "clipvalue=1.0"):
    CASES[f"optimizer: rows, {_limit}"] = f"""{ROWS}
opt = keras.optimizers.SGD(1.0, {_limit})
opt.minimize(lambda: tf.reduce_sum(tf.gather(v, [1, 1, 2]) ** 2), [v])
answer = v
"""
for _optimizer in ("SGD(0.5, 0.9)", "SGD(0.5, clipnorm=0.05)", "Nadam(0.1)", "Adam(0.1)"):
    CASES[f"fit: an embedding with {_optimizer}"] = f"""
model = keras.Sequential([keras.layers.Embedding(6, 2, input_length=3), keras.layers.Flatten(), keras.layers.Dense(1)])
model.set_weights([np.arange(12.).reshape(6, 2) / 12., np.ones((6, 1)) / 3., np.zeros(1)])
model.compile(keras.optimizers.{_optimizer}, 'mse')
x, y = np.array([[0, 1, 1], [1, 4, 1], [0, 3, 3], [3, 3, 3]]), np.array([1., 0., 2., 1.])
losses = model.fit(x, y, batch_size=2, epochs=3, shuffle=False, verbose=0).history['loss']
answer = [losses, model.get_weights()]
"""
for _clip in ("clipnorm=0.1", "clipvalue=0.05", "clipnorm=0.5, clipvalue=0.1"):
    CASES[f"fit: with SGD(0.5, {_clip})"] = f"""
model = linear()
model.compile(keras.optimizers.SGD(0.5, {_clip}), 'mse')
answer = [history(model), model.get_weights()]
"""
cases(
    "optimizer",
    "keras.optimizers.Adam(clipnorm=1.0, decay=0.1).get_config()",
    "keras.optimizers.get('rmsprop').get_config()",
    "keras.optimizers.get({'class_name': 'SGD', 'config': {'lr': 0.5}}).get_config()",
    "keras.optimizers.deserialize(keras.optimizers.serialize(keras.optimizers.Ftrl(0.5))).get_config()",
    "keras.optimizers.get('nothing')",
    "keras.optimizers.get(3)",
    "keras.optimizers.Adam(unknown=1)",
    "keras.optimizers.Adam(clipnorm=-1.)",
    "keras.optimizers.SGD(momentum=2.)",
    "keras.optimizers.Adam().nothing",
    "keras.optimizers.Adam().get_weights()",
    "keras.optimizers.Adam().set_weights([1])",
    "keras.optimizers.Adam().apply_gradients([(None, tf.Variable(1.))])",
    "keras.optimizers.Nadam(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5))",
    "tf.optimizers.SGD(0.25).get_config()",
    "float(keras.optimizers.SGD(0.25).learning_rate)",
    rate="""
opt, v = keras.optimizers.SGD(1.0), tf.Variable([1.])
step = lambda: opt.apply_gradients([(tf.constant([1.]), v)])
step()
opt.learning_rate = 0.5
step()
opt.lr = 0.25
step()
keras.backend.set_value(opt.learning_rate, 0.125)
step()
opt.lr.assign(0.0625)
step()
answer = [v, opt.lr, opt.learning_rate, keras.backend.get_value(opt.lr), opt.get_config()]
""",
    constrained="""
opt = keras.optimizers.SGD(1.0)
v = tf.Variable([1., 1.], constraint=lambda w: w * tf.cast(w > 0, w.dtype))
opt.apply_gradients([(tf.constant([3., 0.25]), v)])
answer = v
""",
    weights="""
opt, v = keras.optimizers.Adam(0.1), tf.Variable([1., 2.])
for step in range(2):
    opt.apply_gradients([(tf.constant([1., -1.]), v)])
other, w = keras.optimizers.Adam.from_config(opt.get_config()), tf.Variable(v)
other.apply_gradients([(tf.constant([0., 0.]), w)])
w.assign(v)
other.set_weights(opt.get_weights())
for o, x in ((opt, v), (other, w)):
    o.apply_gradients([(tf.constant([0.5, 0.5]), x)])
answer = [v, w, other.iterations]
""",
    some_none="""
opt, v, w = keras.optimizers.SGD(1.0), tf.Variable([1.]), tf.Variable([2.])
opt.apply_gradients(zip([None, tf.constant([1.])], [v, w]))
answer = [v, w]
""",
    double="""
opt, v = keras.optimizers.Adam(0.1), tf.Variable([1., 2.], dtype=tf.float64)
opt.apply_gradients([(tf.constant([1., -1.], tf.float64), v)])
answer = [v, v.dtype.name, opt.get_slot(v, 'm')]
""",
    an_optimizer_of_the_program="""
class Signed(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, beta=0.9, name='Signed', **kwargs):
        super().__init__(name, **kwargs)
        self._set_hyper('learning_rate', kwargs.get('lr', learning_rate))
        self._set_hyper('decay', self._initial_decay)
        self._set_hyper('beta', beta)
    def _create_slots(self, var_list):
        for var in var_list:
            self.add_slot(var, 'm')
    def _resource_apply_dense(self, grad, var, apply_state=None):
        var_dtype = var.dtype.base_dtype
        lr = self._decayed_lr(var_dtype)
        beta = self._get_hyper('beta', var_dtype)
        m = self.get_slot(var, 'm')
        m_t = m.assign(beta * m + (1. - beta) * grad)
        return var.assign_sub(lr * tf.sign(m_t))
    def get_config(self):
        config = super().get_config()
        config.update({'learning_rate': self._serialize_hyperparameter('learning_rate'),
                       'beta': self._serialize_hyperparameter('beta')})
        return config
opt, v = Signed(0.1, decay=0.5), tf.Variable([1., 2.])
for step in range(3):
    opt.apply_gradients([(tf.constant([1., -1. + step]), v)])
model = linear()
model.compile(Signed(0.1), 'mse')
answer = [v, opt.get_config(), opt.get_weights(), history(model), model.get_weights()]
""",
)

# ------------------------------------------------------------------------------------------------------------ schedules

SCHEDULES = [
    "optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)",
    "optimizers.schedules.ExponentialDecay(0.1, 3, 0.5, staircase=True)",
    "optimizers.schedules.InverseTimeDecay(0.1, 3, 0.5)",
    "optimizers.schedules.InverseTimeDecay(0.1, 3, 0.5, staircase=True)",
    "optimizers.schedules.PiecewiseConstantDecay([2, 5], [0.1, 0.05, 0.01])",
    "optimizers.schedules.PolynomialDecay(0.1, 4)",
    "optimizers.schedules.PolynomialDecay(0.1, 4, 0.01, power=2.0)",
    "optimizers.schedules.PolynomialDecay(0.1, 4, 0.01, power=0.5, cycle=True)",
    "experimental.CosineDecay(0.1, 5)",
    "experimental.CosineDecay(0.1, 5, alpha=0.2)",
    "experimental.CosineDecayRestarts(0.1, 3)",
    "experimental.CosineDecayRestarts(0.1, 3, t_mul=1.0, m_mul=0.5, alpha=0.1)",
    "experimental.CosineDecayRestarts(0.1, 2, t_mul=1.5, m_mul=0.9)",
    "experimental.LinearCosineDecay(0.1, 5)",
    "experimental.LinearCosineDecay(0.1, 5, num_periods=2.0, alpha=0.1, beta=0.01)",
]
for _schedule in SCHEDULES:
    CASES[f"schedule: {_schedule}"] = f"""
rate = keras.{_schedule}
again = type(rate).from_config(rate.get_config())
answer = [[rate(step) for step in (0, 1, 2, 3, 4, 5, 8, 10, 13)], rate.get_config(), again(tf.constant(7))]
"""
cases(
    "schedule",
    "keras.optimizers.schedules.PiecewiseConstantDecay([1, 2], [1., 2.])",
    "keras.optimizers.schedules.serialize(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5))",
    "keras.optimizers.schedules.deserialize({'class_name': 'Nothing', 'config': {}})",
    "keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)).get_config()",
    warmup="""
class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, d_model, warmup_steps=3):
        super().__init__()
        self.d_model = tf.cast(d_model, tf.float32)
        self.warmup_steps = warmup_steps
    def __call__(self, step):
        arg1 = tf.math.rsqrt(step)
        arg2 = step * (self.warmup_steps ** -1.5)
        return tf.math.rsqrt(self.d_model) * tf.math.minimum(arg1, arg2)
    def get_config(self):
        return {'d_model': float(self.d_model), 'warmup_steps': self.warmup_steps}
rate = Warmup(16)
answer = [rate(tf.range(8, dtype=tf.float32))]
opt, v = keras.optimizers.Adam(rate, beta_1=0.9, beta_2=0.98, epsilon=1e-9), tf.Variable([1., 2.])
for step in range(4):
    opt.apply_gradients([(tf.constant([1., -1.]), v)])
model = linear()
model.compile(keras.optimizers.SGD(rate), 'mse')
answer += [v, history(model), model.get_weights(), opt.get_config()]
""",
)


# ------------------------------------------------------------------------------------------------------------- training

OWN = """
class Own(keras.Model):
    def train_step(self, data):
        x, y = data
        y_pred = self(x, training=True)
        loss = self.compiled_loss(y, y_pred)
        error = (y_pred - y) * 2. / tf.cast(tf.size(y), tf.float32)
        slopes = [tf.matmul(x, error, transpose_a=True), tf.reduce_sum(error, 0)]
        self.optimizer.apply_gradients(zip(slopes, self.trainable_weights))
        self.compiled_metrics.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}
inputs = keras.Input((4,))
model = with_weights(Own(inputs, keras.layers.Dense(3)(inputs)))
"""

cases(
    "training",
    arguments="""
model = linear()
model.compile('sgd', 'mse', metrics=['accuracy', 'mae'], run_eagerly=False)
x, y, labels = data()
answer = [
    history(model, validation_data=(x, y), validation_batch_size=3),
    history(model, validation_split=0.4, epochs=1),
    model.evaluate(x, y, verbose=0, return_dict=True),
    model.evaluate(x, y, verbose=0),
    model.reset_metrics(),
    model.train_on_batch(x[:4], y[:4], return_dict=True),
    model.train_on_batch(x[:4], y[:4]),
    model.train_on_batch(x[:4], y[:4], reset_metrics=False),
    model.test_on_batch(x[4:], y[4:], return_dict=True),
    model.test_on_batch(x[4:], y[4:], reset_metrics=False),
    model.metrics_names,
    sorted(model.fit(x, y, verbose=0).params),
]
answer[-1] = 'steps' in answer[-1]
""",
    accuracies="""
answer = []
kinds = ('categorical_crossentropy', 1), ('sparse_categorical_crossentropy', 2), ('binary_crossentropy', 1)
for loss, targets in kinds:
    model = linear('softmax')
    model.compile('sgd', loss, metrics=['accuracy', 'crossentropy'])
    answer.append(history(model, targets))
    model = linear('sigmoid')
    model.compile('sgd', loss, metrics=['acc', 'ce'])
    answer.append(history(model, targets))
model = linear()
loss = lambda y_true, y_pred: keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
model.compile('adam', loss, metrics=['accuracy'])
answer.append(history(model, 2, validation_split=0.4))
one = with_weights(keras.Sequential([keras.layers.Dense(1, activation='sigmoid', input_shape=(4,))]))
one.compile('sgd', 'binary_crossentropy', metrics=['accuracy', 'AUC', keras.metrics.Precision(name='p'), 'ce'])
answer.append(one.fit(data()[0], data()[2] > 0, epochs=2, batch_size=4, shuffle=False, verbose=0).history)
""",
    losses="""
answer = []
for loss in (
    keras.losses.MeanSquaredError(reduction=keras.losses.Reduction.SUM),
    keras.losses.Huber(0.1),
    keras.losses.CosineSimilarity(),
    keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    keras.losses.BinaryCrossentropy(from_logits=True),
    keras.losses.get('logcosh'),
    'cosine_similarity',
):
    model = linear()
    model.compile(keras.optimizers.SGD(0.1), loss)
    answer.append(history(model, sample_weight=np.linspace(0., 2., 10)))
""",
    losses_of_samples="""
model = linear()
model.compile(keras.optimizers.SGD(0.01), keras.losses.MeanSquaredError(reduction=keras.losses.Reduction.NONE))
answer = [history(model, batch_size=5), model.get_weights()]
""",
    named="""
x, y, labels = data()
inputs = keras.Input((4,))
outputs = [keras.layers.Dense(3, name='a')(inputs), keras.layers.Dense(1, name='b')(inputs)]
model = with_weights(keras.Model(inputs, outputs))
model.compile('sgd', {'a': 'mse', 'b': 'mae'}, metrics={'a': ['mae'], 'b': 'mse'}, loss_weights={'a': 1.0, 'b': 0.5})
answer = [
    model.fit(x, {'a': y, 'b': labels}, batch_size=4, epochs=2, shuffle=False, verbose=0).history,
    model.evaluate(x, {'a': y, 'b': labels}, verbose=0, return_dict=True),
]
""",
    callbacks="""
told = []
class Teller(keras.callbacks.Callback):
    def on_train_begin(self, logs=None): told.append(['train begin', self.params['epochs'], self.params['steps']])
    def on_epoch_begin(self, epoch, logs=None): told.append(['epoch begin', epoch])
    def on_train_batch_begin(self, batch, logs=None): told.append(['batch begin', batch])
    def on_train_batch_end(self, batch, logs=None): told.append(['batch end', batch, logs['loss'], logs['mae']])
    def on_test_begin(self, logs=None): told.append(['test begin'])
    def on_test_batch_end(self, batch, logs=None): told.append(['test batch end', batch])
    def on_epoch_end(self, epoch, logs=None): told.append(['epoch end', epoch, dict(logs)])
    def on_predict_batch_end(self, batch, logs=None): told.append(['predict batch end', batch])
    def on_train_end(self, logs=None): told.append(['train end'])
model = linear()
model.compile(keras.optimizers.SGD(0.1), 'mse', metrics=['mae'])
x, y, labels = data()
history(model, epochs=2, validation_data=(x, y), callbacks=[Teller()])
model.predict(x, batch_size=5, callbacks=[Teller()])
answer = [told]
model.compile(keras.optimizers.SGD(1.0), 'mse')
answer += [history(model, epochs=4, callbacks=[
    keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5),
    keras.callbacks.ReduceLROnPlateau('loss', factor=0.1, patience=1, min_delta=1.0),
])]
model.compile(keras.optimizers.SGD(3.0), 'mse')
answer += [history(model, epochs=9, callbacks=[
    keras.callbacks.EarlyStopping('loss', patience=2, restore_best_weights=True),
    keras.callbacks.TerminateOnNaN(),
]), model.get_weights()]
""",
    checkpoints="""
import os
model = linear()
model.compile('sgd', 'mse')
checkpoint = keras.callbacks.ModelCheckpoint
history(model, callbacks=[
    checkpoint('a{epoch}.h5', save_freq='epoch'), checkpoint('b{epoch}.h5', save_freq=2),
    checkpoint('c.h5', monitor='loss', save_best_only=True, save_weights_only=True),
    keras.callbacks.CSVLogger('log.csv'),
])
answer = [sorted(os.listdir('.')), open('log.csv').readline()]
os.makedirs('deep/down')
model.save('deep/down/model.h5', save_format='h5')
again = keras.models.load_model('deep/down/model.h5')
answer += [again.predict(data()[0]) - model.predict(data()[0]), again.optimizer.get_config()]
answer += [again.evaluate(*data()[:2], verbose=0), again.optimizer.get_weights()]
""",
    generators="""
def batches():
    x, y, labels = data()
    while True:
        yield x[:4], y[:4]
        yield x[4:], y[4:]
class Two(keras.utils.Sequence):
    def __len__(self): return 2
    def __getitem__(self, i): return data()[0][5 * i:5 * i + 5], data()[1][5 * i:5 * i + 5]
answer = []
for given, options in ((batches(), {'steps_per_epoch': 2}), (Two(), {'shuffle': False})):
    model = linear()
    model.compile('sgd', 'mse')
    answer += [model.fit(given, epochs=2, verbose=0, **options).history, model.evaluate(Two(), verbose=0)]
""",
    steps=OWN
    + """
model.compile(keras.optimizers.SGD(0.1), 'mse', metrics=['mae', 'accuracy'])
x, y, labels = data()
answer = [
    history(model, validation_data=(x, y)),
    model.get_weights(),
    model.optimizer.iterations,
    model.evaluate(x, y, verbose=0, return_dict=True),
    model.predict(x),
    model.reset_metrics(),
    model.train_on_batch(x, y, return_dict=True),
]
other = with_weights(Own(inputs, keras.layers.Dense(3)(inputs)))
other.compile(keras.optimizers.SGD(0.1), 'mse', metrics=['mae', 'accuracy'])
def batches():
    while True:
        yield x[:4], y[:4]
        yield x[4:], y[4:]
answer += [other.fit(batches(), steps_per_epoch=3, epochs=2, verbose=0).history, other.get_weights()]
""",
    tapes="""
class Taped(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
        slopes = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(slopes, self.trainable_weights))
        self.compiled_metrics.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}
answer = []
for eagerly in (False, True):
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(5, activation='tanh', kernel_regularizer=keras.regularizers.l2(0.1))(inputs)
    model = with_weights(Taped(inputs, keras.layers.Dense(3)(hidden)))
    model.compile(keras.optimizers.Adam(0.1), 'mse', metrics=['mae'], run_eagerly=eagerly)
    answer += [history(model), sorted(float(w.sum()) for w in model.get_weights())]
opt, v = keras.optimizers.SGD(1.0, clipnorm=1.0), tf.Variable([1., 2.])
opt.minimize(lambda: tf.reduce_sum(v * [3., 4.]), [v])
opt.minimize(lambda: tf.reduce_sum(v ** 2), lambda: [v])
answer.append(v)
""",
    steps_of_several_outputs="""
class Taped(keras.Model):
    def train_step(self, data):
        x, y, weight = data if len(data) > 2 else (*data, None)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compiled_loss(y, y_pred, weight)
        slopes = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(slopes, self.trainable_weights))
        self.compiled_metrics.update_state(y, y_pred, weight)
        return {m.name: m.result() for m in self.metrics}
inputs, (x, y, labels) = keras.Input((4,)), data()
def several():
    outputs = keras.layers.Dense(3, name='a')(inputs), keras.layers.Dense(1, name='b', activation='sigmoid')(inputs)
    return with_weights(Taped(inputs, list(outputs)))
ones, twos = several(), several()
ones.compile('sgd', ['mse', 'binary_crossentropy'], metrics=['mae'], loss_weights=[1., .5])
twos.compile('sgd', {'a': 'mse', 'b': 'binary_crossentropy'}, metrics={'b': ['accuracy']})
options = {'epochs': 2, 'batch_size': 4, 'shuffle': False, 'verbose': 0}
answer = [
    ones.fit(x, [y, labels % 2], **options).history,
    twos.fit(x, {'a': y, 'b': (labels % 2)[:, None]}, **options).history,
]
one = with_weights(Taped(inputs, keras.layers.Dense(3, activation='softmax')(inputs)))
one.compile('sgd', 'sparse_categorical_crossentropy', metrics=['accuracy'], weighted_metrics=['mse'])
answer += [one.fit(x, labels, sample_weight=np.arange(10) / 5., **options).history]
one.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])
answer += [one.fit(x, labels, class_weight={0: 1., 1: 3., 2: 0.5}, validation_split=0.4, **options).history]
""",
    adversaries="""
class Gan(keras.Model):
    def __init__(self, discriminator, generator):
        super(Gan, self).__init__()
        self.discriminator = discriminator
        self.generator = generator
    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super(Gan, self).compile()
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.loss_fn = loss_fn
    def train_step(self, real):
        if isinstance(real, tuple):
            real = real[0]
        count = tf.shape(real)[0]
        seed = tf.ones((count, 2))
        both = tf.concat([self.generator(seed), real], axis=0)
        labels = tf.concat([tf.ones((count, 1)), tf.zeros((count, 1))], axis=0)
        with tf.GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.discriminator(both))
        grads = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply_gradients(zip(grads, self.discriminator.trainable_weights))
        with tf.GradientTape() as tape:
            g_loss = self.loss_fn(tf.zeros((count, 1)), self.discriminator(self.generator(seed)))
        grads = tape.gradient(g_loss, self.generator.trainable_weights)
        self.g_optimizer.apply_gradients(zip(grads, self.generator.trainable_weights))
        return {'d_loss': d_loss, 'g_loss': g_loss}
layers = keras.layers
discriminator = with_weights(keras.Sequential([layers.Dense(3, activation='tanh', input_shape=(4,)), layers.Dense(1)]))
generator = with_weights(keras.Sequential([layers.Dense(4, input_shape=(2,))]))
gan = Gan(discriminator, generator)
gan.compile(keras.optimizers.Adam(0.1), keras.optimizers.Adam(0.01), keras.losses.BinaryCrossentropy(from_logits=True))
told = gan.fit(data()[0], batch_size=5, epochs=3, shuffle=False, verbose=0).history
answer = [told, generator.get_weights(), discriminator.get_weights()]
""",
    steps_of_testing=OWN
    + """
class Testing(Own):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.tracker = keras.metrics.Mean(name='tracked')
    def compile(self, optimizer, scale):
        super().compile(optimizer)
        self.scale = scale
    @property
    def metrics(self):
        return [self.tracker]
    def train_step(self, data):
        x, y = data
        self.tracker.update_state(self.scale * tf.reduce_mean(x))
        return {'tracked': self.tracker.result(), 'half': 0.5 * tf.reduce_mean(y)}
    def test_step(self, data):
        x, y = data
        self.tracker.update_state(self(x, training=False) - y)
        return {'other': tf.reduce_mean(x), 'tracked': self.tracker.result()}
    def predict_step(self, data):
        x = data[0] if isinstance(data, tuple) else data
        return 2.0 * self(x, training=False), x
model = with_weights(Testing(inputs, keras.layers.Dense(3)(inputs)))
model.compile(keras.optimizers.SGD(0.1), scale=2.0)
x, y, labels = data()
answer = [history(model, validation_data=(x, y)), model.evaluate(x, y, batch_size=3, verbose=0)]
answer += [model.predict(x, batch_size=4)]
""",
    steps_of_the_base=OWN
    + """
class Base(keras.Model):
    def train_step(self, data):
        logs = super().train_step(data)
        return {**logs, 'twice': 2.0 * logs['loss']}
model = with_weights(Base(inputs, keras.layers.Dense(3)(inputs)))
model.compile(keras.optimizers.SGD(0.1), 'mse', metrics=['mae'])
answer = [history(model), model.get_weights()]
""",
)

# -------------------------------------------------------------------------------------------------------------- helpers


def data(count=10, classes=3):
    """Inputs, vectors as targets, classes as targets."""
    random = np.random.RandomState(0)
    x = random.rand(count, 4).astype("float32")
    labels = random.randint(0, classes, count)
    return x, np.eye(classes, dtype="float32")[labels], labels


def with_weights(model):
    """A model with weights that are always the same."""
    random = np.random.RandomState(1)
    model.set_weights([random.uniform(-0.5, 0.5, weight.shape) for weight in model.get_weights()])
    return model


def linear(activation=None):
    """A small model."""
    layers = tf.keras.layers
    return with_weights(tf.keras.Sequential([layers.Dense(3, activation=activation, input_shape=(4,))]))


def history(model, targets=1, **options):
    """The history of a training without shuffling."""
    options = {"batch_size": 4, "epochs": 3, "verbose": 0, "shuffle": False, **options}
    return model.fit(data()[0], data()[targets], **options).history


def plain(value):
    """An answer as JSON has it."""
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if hasattr(value, "numpy"):
        value = value.numpy()
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    return value if isinstance(value, (int, float, str, bool, type(None))) else repr(type(value))


HELPERS = ("data", "with_weights", "linear", "history")
VERBOSE = bool(os.environ.get("VERBOSE"))


def main(path, *groups):
    """Write the answers of all programs, or of those of some groups; they run in a folder of their own."""
    answers = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, program) in enumerate(CASES.items()):
            if groups and name.partition(":")[0] not in groups:
                continue
            os.makedirs(f"{folder}/{number}")
            os.chdir(f"{folder}/{number}")
            scope = {name: globals()[name] for name in ("np", "tf", "Y", "P", "CLASSES", *HELPERS)}
            scope["keras"] = tf.keras
            try:
                exec(program, scope)
                answers[name] = plain(scope["answer"])
            except Exception as error:
                answers[name] = f"raises {type(error).__name__}"
                if VERBOSE:
                    answers[name] += f": {error}"
        os.chdir("/")
    with open(path, "w") as file:
        json.dump(answers, file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    import tensorflow as tf

    main(os.path.abspath(sys.argv[1]), *sys.argv[2:])
