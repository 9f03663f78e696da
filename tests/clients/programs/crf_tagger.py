"""A sequence tagger with a CRF layer of its own, as keras-contrib has it: K.rnn forwards, Viterbi backwards."""

import json

import keras.backend as K
import numpy as np
from keras import initializers, regularizers
from keras.engine.topology import InputSpec, Layer
from keras.layers import LSTM, Bidirectional, Embedding, Input
from keras.models import Model
from keras.optimizers import RMSprop

MAXLEN, VOCAB, TAGS, UNITS = 7, 12, 4, 5


def rand(seed, *shape):
    return (np.random.RandomState(seed).randn(*shape) * 0.4).astype("float32")


class CRF(Layer):
    """A linear chain over the last axis; trained by the negative log-likelihood of the true path."""

    def __init__(self, units, use_boundary=True, chain_regularizer=None, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units = units
        self.use_boundary = use_boundary
        self.chain_regularizer = regularizers.get(chain_regularizer)
        self.input_spec = [InputSpec(ndim=3)]

    def build(self, input_shape):
        if isinstance(input_shape, list):
            input_shape = input_shape[0]
        self.input_spec = [InputSpec(shape=tuple(input_shape))]
        self.input_dim = input_shape[-1]
        self.kernel = self.add_weight(
            shape=(self.input_dim, self.units), name="kernel", initializer=initializers.get("glorot_uniform")
        )
        self.chain_kernel = self.add_weight(
            shape=(self.units, self.units),
            name="chain_kernel",
            initializer="orthogonal",
            regularizer=self.chain_regularizer,
        )
        self.bias = self.add_weight(shape=(self.units,), name="bias", initializer="zeros")
        if self.use_boundary:
            self.left_boundary = self.add_weight(shape=(self.units,), name="left_boundary", initializer="zeros")
            self.right_boundary = self.add_weight(shape=(self.units,), name="right_boundary", initializer="zeros")
        self.built = True

    def call(self, X, mask=None):
        test_output = self.viterbi_decoding(X, mask)
        self.uses_learning_phase = True
        train_output = K.zeros_like(K.dot(X, self.kernel))
        out = K.in_train_phase(train_output, test_output)
        out._keras_shape = (X._keras_shape[0], X._keras_shape[1], self.units)
        return out

    def compute_output_shape(self, input_shape):
        return input_shape[:2] + (self.units,)

    def compute_mask(self, inputs, mask=None):
        if mask is not None:
            return K.any(mask, axis=1)
        return mask

    @property
    def loss_function(self):
        def loss(y_true, y_pred):
            crf, idx = y_pred._keras_history[:2]
            X = crf._inbound_nodes[idx].input_tensors[0]
            mask = crf._inbound_nodes[idx].input_masks[0]
            return crf.get_negative_log_likelihood(y_true, X, mask)

        return loss

    @property
    def viterbi_acc(self):
        def acc(y_true, y_pred):
            crf, idx = y_pred._keras_history[:2]
            X = crf._inbound_nodes[idx].input_tensors[0]
            mask = crf._inbound_nodes[idx].input_masks[0]
            y_pred = crf.viterbi_decoding(X, mask)
            hits = K.cast(K.equal(K.argmax(y_pred, -1), K.argmax(y_true, -1)), K.floatx())
            if mask is None:
                return K.mean(hits)
            mask = K.cast(mask, K.floatx())
            return K.sum(hits * mask) / K.sum(mask)

        acc.func_name = "viterbi_acc"
        return acc

    def get_energy(self, y_true, input_energy, mask):
        input_energy = K.sum(input_energy * y_true, 2)
        chain_energy = K.sum(K.dot(y_true[:, :-1, :], self.chain_kernel) * y_true[:, 1:, :], 2)
        if mask is not None:
            mask = K.cast(mask, K.floatx())
            chain_mask = mask[:, :-1] * mask[:, 1:]
            input_energy = input_energy * mask
            chain_energy = chain_energy * chain_mask
        return K.sum(input_energy, -1) + K.sum(chain_energy, -1)

    def get_negative_log_likelihood(self, y_true, X, mask):
        input_energy = K.bias_add(K.dot(X, self.kernel), self.bias)
        if self.use_boundary:
            input_energy = self.add_boundary_energy(input_energy, mask)
        energy = self.get_energy(y_true, input_energy, mask)
        logZ = self.get_log_normalization_constant(input_energy, mask, input_length=K.int_shape(X)[1])
        return logZ + energy

    def add_boundary_energy(self, energy, mask):
        start = K.expand_dims(K.expand_dims(self.left_boundary, 0), 0)
        end = K.expand_dims(K.expand_dims(self.right_boundary, 0), 0)
        if mask is None:
            return K.concatenate([energy[:, :1, :] + start, energy[:, 1:-1, :], energy[:, -1:, :] + end], axis=1)
        mask = K.expand_dims(K.cast(mask, K.floatx()))
        start_mask = K.cast(K.greater(mask, self.shift_right(mask)), K.floatx())
        end_mask = K.cast(K.greater(self.shift_left(mask), mask), K.floatx())
        return energy + start_mask * start + end_mask * end

    def step(self, input_energy_t, states, return_logZ=True):
        prev_target_val, i, chain_energy = states[:3]
        t = K.cast(i[0, 0], dtype="int32")
        if len(states) > 3:
            m = K.slice(states[3], [0, t], [-1, 2]) if K.backend() == "cntk" else states[3][:, t : (t + 2)]
            input_energy_t = input_energy_t * K.expand_dims(m[:, 0])
            chain_energy = chain_energy * K.expand_dims(K.expand_dims(m[:, 0] * m[:, 1]))
        if return_logZ:
            energy = chain_energy + K.expand_dims(input_energy_t - prev_target_val, 2)
            new_target_val = K.logsumexp(-energy, 1)
            return new_target_val, [new_target_val, i + 1]
        energy = chain_energy + K.expand_dims(input_energy_t + prev_target_val, 2)
        min_energy = K.min(energy, 1)
        argmin_table = K.cast(K.argmin(energy, 1), K.floatx())
        return argmin_table, [min_energy, i + 1]

    def recursion(self, input_energy, mask=None, go_backwards=False, return_sequences=True, return_logZ=True):
        chain_energy = K.expand_dims(self.chain_kernel, 0)
        prev_target_val = K.zeros_like(input_energy[:, 0, :])
        if go_backwards:
            input_energy = K.reverse(input_energy, 1)
            if mask is not None:
                mask = K.reverse(mask, 1)
        initial_states = [prev_target_val, K.zeros_like(prev_target_val[:, :1])]
        constants = [chain_energy]
        if mask is not None:
            mask = K.cast(mask, K.floatx())
            constants.append(K.concatenate([mask, K.zeros_like(mask[:, :1])], axis=1))

        def _step(input_energy_i, states):
            return self.step(input_energy_i, states, return_logZ)

        target_val_last, target_val_seq, _ = K.rnn(
            _step, input_energy, initial_states, constants=constants, input_length=K.int_shape(input_energy)[1]
        )
        if return_sequences:
            return K.reverse(target_val_seq, 1) if go_backwards else target_val_seq
        return target_val_last

    def get_log_normalization_constant(self, input_energy, mask, **kwargs):
        logZ = self.recursion(input_energy, mask, return_sequences=False)
        return K.logsumexp(logZ, 1)

    def viterbi_decoding(self, X, mask=None):
        input_energy = K.bias_add(K.dot(X, self.kernel), self.bias)
        if self.use_boundary:
            input_energy = self.add_boundary_energy(input_energy, mask)
        argmin_tables = K.cast(self.recursion(input_energy, mask, return_logZ=False), "int32")
        argmin_tables = K.reverse(argmin_tables, 1)
        initial_best_idx = [K.expand_dims(argmin_tables[:, 0, 0])]

        def gather_each_row(params, indices):
            import tensorflow as tf

            n = K.shape(indices)[0]
            return tf.gather_nd(params, K.transpose(K.stack([tf.range(n), indices])))

        def find_path(argmin_table, best_idx):
            next_best_idx = gather_each_row(argmin_table, best_idx[0][:, 0])
            next_best_idx = K.expand_dims(next_best_idx)
            return next_best_idx, [next_best_idx]

        _, best_paths, _ = K.rnn(find_path, argmin_tables, initial_best_idx, input_length=K.int_shape(X)[1])
        best_paths = K.reverse(best_paths, 1)
        return K.one_hot(K.squeeze(best_paths, 2), self.units)

    def shift_right(self, x):
        return K.concatenate([K.zeros_like(x[:, :1]), x[:, :-1]], axis=1)

    def shift_left(self, x):
        return K.concatenate([x[:, 1:], K.zeros_like(x[:, :1])], axis=1)


def make_data(n=16):
    rng = np.random.RandomState(0)
    x = rng.randint(1, VOCAB, size=(n, MAXLEN))
    for row, length in zip(x, rng.randint(3, MAXLEN + 1, size=n), strict=False):
        row[length:] = 0
    return x, np.eye(TAGS, dtype="float32")[(x + np.roll(x, 1, axis=1)) % TAGS]


def build():
    words = Input(shape=(MAXLEN,), dtype="int32")
    net = Embedding(VOCAB, 6, mask_zero=True)(words)
    net = Bidirectional(LSTM(UNITS, return_sequences=True, recurrent_activation="sigmoid"))(net)
    crf = CRF(TAGS, chain_regularizer="l2")
    model = Model(words, crf(net))
    model.compile(optimizer=RMSprop(lr=0.02), loss=crf.loss_function, metrics=[crf.viterbi_acc])
    model.set_weights([rand(i, *w.shape) for i, w in enumerate(model.get_weights())])
    return model


if __name__ == "__main__":
    x, y = make_data()
    model = build()
    before = [float(v) for v in model.test_on_batch(x[:8], y[:8])]
    history = [[float(v) for v in model.train_on_batch(x[:8], y[:8])] for _ in range(4)]
    fitted = model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0, validation_data=(x[8:], y[8:]))
    paths = model.predict(x[:8]).argmax(-1)
    print(
        json.dumps(
            {
                "before": before,
                "train": history,
                "fit": {key: [float(v) for v in values] for key, values in sorted(fitted.history.items())},
                "paths": paths.tolist(),
                "sums": [float(w.sum()) for w in model.get_weights()],
            }
        )
    )
