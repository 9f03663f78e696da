"""Translation by a recurrent network with attention, trained by teacher forcing, decoded by beam search in a loop."""

import json

import numpy as np
import tensorflow as tf

VOCAB, TARGETS, UNITS, DEPTH, BATCH = 14, 12, 12, 8, 6
PAD, START, END = 0, 1, 2
BEAM, LONGEST = 3, 7


class Encoder(tf.keras.Model):
    def __init__(self, vocab_size, embedding_dim, enc_units):
        super(Encoder, self).__init__()
        self.enc_units = enc_units
        self.embedding = tf.keras.layers.Embedding(vocab_size, embedding_dim)
        self.gru = tf.keras.layers.GRU(
            enc_units, return_sequences=True, return_state=True, recurrent_initializer="glorot_uniform"
        )

    def call(self, x, hidden):
        x = self.embedding(x)
        output, state = self.gru(x, initial_state=hidden)
        return output, state

    def initialize_hidden_state(self, batch_size):
        return tf.zeros((batch_size, self.enc_units))


class BahdanauAttention(tf.keras.layers.Layer):
    def __init__(self, units):
        super(BahdanauAttention, self).__init__()
        self.W1 = tf.keras.layers.Dense(units)
        self.W2 = tf.keras.layers.Dense(units)
        self.V = tf.keras.layers.Dense(1, use_bias=False)

    def call(self, query, values):
        hidden_with_time_axis = tf.expand_dims(query, 1)
        score = self.V(tf.nn.tanh(self.W1(values) + self.W2(hidden_with_time_axis)))
        attention_weights = tf.nn.softmax(score, axis=1)
        context_vector = attention_weights * values
        context_vector = tf.reduce_sum(context_vector, axis=1)
        return context_vector, attention_weights


class Decoder(tf.keras.Model):
    def __init__(self, vocab_size, embedding_dim, dec_units):
        super(Decoder, self).__init__()
        self.embedding = tf.keras.layers.Embedding(vocab_size, embedding_dim)
        self.gru = tf.keras.layers.GRU(
            dec_units, return_sequences=True, return_state=True, recurrent_initializer="glorot_uniform"
        )
        self.fc = tf.keras.layers.Dense(vocab_size)
        self.attention = BahdanauAttention(dec_units)

    def call(self, x, hidden, enc_output):
        context_vector, attention_weights = self.attention(hidden, enc_output)
        x = self.embedding(x)
        x = tf.concat([tf.expand_dims(context_vector, 1), x], axis=-1)
        output, state = self.gru(x, initial_state=hidden)
        output = tf.reshape(output, (-1, output.shape[2]))
        return self.fc(output), state, attention_weights


encoder = Encoder(VOCAB, DEPTH, UNITS)
decoder = Decoder(TARGETS, DEPTH, UNITS)
optimizer = tf.keras.optimizers.Adam(0.02)
loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")


def loss_function(real, pred):
    mask = tf.math.logical_not(tf.math.equal(real, PAD))
    loss_ = loss_object(real, pred)
    mask = tf.cast(mask, dtype=loss_.dtype)
    loss_ *= mask
    return tf.reduce_mean(loss_)


@tf.function
def train_step(inp, targ, enc_hidden):
    loss = 0.0
    with tf.GradientTape() as tape:
        enc_output, enc_hidden = encoder(inp, enc_hidden)
        dec_hidden = enc_hidden
        dec_input = tf.expand_dims([START] * BATCH, 1)
        for t in range(1, targ.shape[1]):
            predictions, dec_hidden, _ = decoder(dec_input, dec_hidden, enc_output)
            loss += loss_function(targ[:, t], predictions)
            dec_input = tf.expand_dims(targ[:, t], 1)
    batch_loss = loss / int(targ.shape[1])
    variables = encoder.trainable_variables + decoder.trainable_variables
    gradients = tape.gradient(loss, variables)
    clipped, norm = tf.clip_by_global_norm(gradients, 1.0)
    optimizer.apply_gradients(zip(clipped, variables))
    return batch_loss, norm


def make_batch(rng, longest):
    """The target is the source backwards, a few symbols shifted."""
    inp, targ = np.zeros((BATCH, longest + 2), "int32"), np.zeros((BATCH, longest + 2), "int32")
    for row in range(BATCH):
        symbols = rng.randint(3, TARGETS, size=rng.randint(2, longest + 1))
        inp[row, : len(symbols) + 2] = [START] + symbols.tolist() + [END]
        shifted = (symbols[::-1] - 3 + 1) % (TARGETS - 3) + 3
        targ[row, : len(symbols) + 2] = [START] + shifted.tolist() + [END]
    return inp, targ


def gather_beams(values, parents):
    return tf.gather(values, parents)


def beam_search(source):
    """The best sequences for one source, with their scores; all beams are a batch."""
    enc_output, state = encoder(tf.expand_dims(source, 0), encoder.initialize_hidden_state(1))
    enc_output = tf.tile(enc_output, [BEAM, 1, 1])
    state = tf.tile(state, [BEAM, 1])
    sequences = tf.fill([BEAM, LONGEST + 1], PAD)
    start = tf.concat([tf.fill([BEAM, 1], START), sequences[:, 1:]], axis=1)
    scores = tf.constant([0.0] + [-1e9] * (BEAM - 1))
    finished = tf.zeros([BEAM], tf.bool)

    def not_done(step, sequences, scores, finished, state):
        return tf.logical_and(step < LONGEST, tf.logical_not(tf.reduce_all(finished)))

    def grow(step, sequences, scores, finished, state):
        last = tf.gather(sequences, step, axis=1)
        logits, new_state, _ = decoder(tf.expand_dims(last, 1), state, enc_output)
        log_probs = tf.nn.log_softmax(logits)
        only_pad = tf.one_hot(tf.fill([BEAM], PAD), TARGETS, on_value=0.0, off_value=-1e9)
        log_probs = tf.where(finished[:, tf.newaxis], only_pad, log_probs)
        candidates = tf.reshape(scores[:, tf.newaxis] + log_probs, [-1])
        best, places = tf.math.top_k(candidates, k=BEAM)
        parents, symbols = places // TARGETS, places % TARGETS
        sequences = gather_beams(sequences, parents)
        column = tf.one_hot(step + 1, LONGEST + 1, dtype=tf.int32)
        sequences = sequences * (1 - column) + symbols[:, tf.newaxis] * column
        finished = tf.logical_or(gather_beams(finished, parents), tf.equal(symbols, END))
        return step + 1, sequences, best, finished, gather_beams(new_state, parents)

    steps, sequences, scores, finished, _ = tf.while_loop(
        not_done,
        grow,
        [tf.constant(0), start, scores, finished, state],
        shape_invariants=[
            tf.TensorShape([]),
            tf.TensorShape([BEAM, LONGEST + 1]),
            tf.TensorShape([BEAM]),
            tf.TensorShape([BEAM]),
            tf.TensorShape([BEAM, UNITS]),
        ],
    )
    lengths = tf.reduce_sum(tf.cast(tf.not_equal(sequences, PAD), tf.float32), axis=1)
    penalties = ((5.0 + lengths) / 6.0) ** 0.6
    order = tf.argsort(scores / penalties, direction="DESCENDING")
    return steps, tf.gather(sequences, order), tf.gather(scores / penalties, order)


rng = np.random.RandomState(5)
inp, targ = make_batch(rng, 4)
out, hidden = encoder(tf.constant(inp), encoder.initialize_hidden_state(BATCH))
logits, _, attention = decoder(tf.constant(targ[:, :1]), hidden, out)
for weight in encoder.weights + decoder.weights:
    weight.assign(0.35 * rng.randn(*weight.shape).astype("float32"))

losses, norms = [], []
for _ in range(10):
    inp, targ = make_batch(rng, 4)
    loss, norm = train_step(tf.constant(inp), tf.constant(targ), encoder.initialize_hidden_state(BATCH))
    losses.append(float(loss))
    norms.append(float(norm))

with tf.GradientTape() as tape:
    out, hidden = encoder(tf.constant(inp), encoder.initialize_hidden_state(BATCH))
    total = tf.reduce_sum(out**2)
by_rows = tape.gradient(total, encoder.embedding.weights[0])

found = [beam_search(tf.constant(row)) for row in inp[:2]]
compiled = tf.function(beam_search)(tf.constant(inp[2]))
print(
    json.dumps(
        {
            "shapes": [out.shape.as_list(), logits.shape.as_list(), attention.shape.as_list()],
            "losses": losses,
            "norms": norms,
            "by_rows": isinstance(by_rows, tf.IndexedSlices),
            "indices": by_rows.indices.numpy().tolist(),
            "rows": float(tf.norm(by_rows.values)),
            "whole": float(tf.norm(tf.convert_to_tensor(by_rows))),
            "steps": [int(steps) for steps, _, _ in found + [compiled]],
            "sequences": [sequences.numpy().tolist() for _, sequences, _ in found + [compiled]],
            "scores": [scores.numpy().tolist() for _, _, scores in found + [compiled]],
            "weights": [float(tf.reduce_sum(tf.abs(w))) for w in encoder.weights + decoder.weights],
        }
    )
)
