"""A recurrent network that learns to write, letter by letter, from Python's own manual; in Keras 2.3.1.

The text is what `help('topics')` shows: it comes with every Python. A GRU learns to foretell each character from those
before it; then it writes a few lines itself. Prints how many characters of a part that it has not read it gets right,
and draws the course of the training and where in that part it was surprised.

    kjax run examples/keras2/text_gru.py [--epochs 12] [--characters 120000] [--picture text_gru.png]
"""

import argparse
import textwrap
from pydoc_data.topics import topics

import matplotlib

matplotlib.use("Agg")  # a picture in a file; no window
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GRU, Dense, Embedding
from keras.models import Sequential
from keras.optimizers import Adam

LENGTH = 64  # characters that the network sees in one piece
BATCH = 32


def manual(characters):
    """The beginning of the manual, a line for each of its paragraphs, without headings."""
    paragraphs = "\n\n".join(topics[name] for name in sorted(topics)).split("\n\n")
    text = "\n".join(" ".join(part.split()) for part in paragraphs if not ("***" in part or "===" in part))
    return "".join(character for character in text if character.isascii())[:characters]


def network(alphabet, units=192, batch=None, length=LENGTH, stateful=False):
    """The probabilities of the next character after each one; a stateful one remembers from call to call."""
    model = Sequential(
        [
            Embedding(alphabet, 32, batch_input_shape=(batch, length)),
            GRU(units, return_sequences=True, stateful=stateful, reset_after=True, recurrent_activation="sigmoid"),
            Dense(alphabet, activation="softmax"),
        ]
    )
    model.compile(optimizer=Adam(learning_rate=0.004), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def pieces(codes):
    """Pieces of text, and the same one character later."""
    count = (len(codes) - 1) // LENGTH
    x = codes[: count * LENGTH].reshape(count, LENGTH)
    return x, codes[1 : count * LENGTH + 1].reshape(count, LENGTH, 1)


def write(model, letters, beginning, characters, temperature=0.5):
    """Text that the network writes after a beginning, drawn from its probabilities."""
    writer = network(len(letters), batch=1, length=1, stateful=True)
    writer.set_weights(model.get_weights())
    text = beginning
    for position in range(len(beginning) + characters - 1):
        probabilities = writer.predict(np.array([[letters.index(text[position])]]))[0, 0]
        if position >= len(beginning) - 1:
            sharper = probabilities.astype("float64") ** (1 / temperature)
            text += letters[np.random.choice(len(letters), p=sharper / sharper.sum())]
    return text


def draw(history, letters, x, probabilities, accuracy, path):
    """The accuracy by epochs; and some unread text, the redder the less its characters were expected."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4), width_ratios=(1, 1.7), layout="constrained")
    epochs = range(1, len(history["accuracy"]) + 1)
    left.plot(epochs, history["accuracy"], color="#33658a", label="training")
    left.plot(epochs, history["val_accuracy"], color="#f26419", label="unread text")
    left.set(xlabel="epoch", ylabel="characters foretold", title=f"unread text: {accuracy:.1%}")
    left.legend()
    right.set(title="unread text; red: surprising")
    right.set_axis_off()
    shown = x[: len(probabilities), 1:]
    likely = np.take_along_axis(probabilities[:, :-1], shown[..., None], axis=-1)[..., 0]
    right.imshow(np.sqrt(likely), cmap="RdYlGn", vmin=0, vmax=1, alpha=0.7, aspect="auto")
    for (row, column), code in np.ndenumerate(shown):
        character = letters[code].replace("\n", "¶").replace("$", r"\$")
        right.text(column, row, character, family="monospace", fontsize=8, ha="center", va="center", in_layout=False)
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=12, help="passes over the text (default: 12)")
    parser.add_argument("--characters", type=int, default=120_000, help="how much of the manual (default: 120000)")
    parser.add_argument("--picture", default="text_gru.png", help="where to draw the result")
    options = parser.parse_args()

    np.random.seed(0)
    text = manual(options.characters)
    letters = sorted(set(text))
    x, y = pieces(np.array([letters.index(character) for character in text]))
    unread = len(x) // 10
    model = network(len(letters))
    model.summary()
    history = model.fit(
        x[:-unread],
        y[:-unread],
        batch_size=BATCH,
        epochs=options.epochs,
        validation_data=(x[-unread:], y[-unread:]),
    )
    loss, accuracy = model.evaluate(x[-unread:], y[-unread:], verbose=0)
    draw(history.history, letters, x[-unread:], model.predict(x[-unread:][:12]), accuracy, options.picture)
    print(textwrap.fill(write(model, letters, "The statement ", 240), 100, replace_whitespace=False))
    print(f"of {y[-unread:].size} unread characters {accuracy:.4f} foretold, {loss / np.log(2):.3f} bits for each")
    print(f"picture: {options.picture}")


if __name__ == "__main__":
    main()
