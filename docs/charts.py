"""Charts of the measurements in `benchmarks/results`, as HTML: they take the theme's colours, and a phone's width.

A reader who hears the page gets the figures as one sentence.
"""

import html
import json
import math
import pathlib

RESULTS = pathlib.Path(__file__).parents[1] / "benchmarks" / "results"
PEERS = {
    "tf22": "TensorFlow 2.2",
    "tf-keras": "tf-keras on TensorFlow 2.21",
    "keras3": "Keras 3 on JAX",
    "keras2": "Keras 2.3.1 on TensorFlow 1.15",
    "torch": "PyTorch",
    "jax": "JAX, written by hand",
    "numpy": "NumPy",
}
OURS = "kjax"


def results(folder=""):
    """The results of the benchmark, or of one in a folder below."""
    return json.loads((RESULTS / folder / "results.json").read_text(encoding="utf-8"))


def rows(title, folder=""):
    """The rows of a title, by peer."""
    found = {row["peer"]: row["result"] for row in results(folder)["rows"] if row["title"] == title and row["result"]}
    if not found:
        raise KeyError(f"benchmarks/results has no row {title!r}")
    return found


def duration(seconds):
    """A time with its unit, to two digits.

    >>> duration(0.00013), duration(1.24)
    ('130 µs', '1.2 s')
    """
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)):
        if seconds >= size:
            value = seconds / size
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    return "0 s"


def bars(title, caption, peers):
    """How long kjax and its peers take for the task of a title: a bar each, the shortest time first."""
    found = rows(title)
    times = {OURS: next(iter(found.values()))["ours"]} | {PEERS[peer]: found[peer]["peers"] for peer in peers}
    longest = max(times.values())
    lines = [
        f'<div class="bar{" ours" if name == OURS else ""}"><span>{html.escape(name)}</span>'
        f'<i style="width:{max(100 * seconds / longest, 0.6):.1f}%"></i><b>{duration(seconds)}</b></div>'
        for name, seconds in sorted(times.items(), key=lambda item: item[1])
    ]
    told = ", ".join(f"{name} {duration(seconds)}" for name, seconds in times.items())
    return _figure(f"{caption}: {told}.", caption, "".join(lines))


def strip(title, caption, peers, folder):
    """How many times as fast as its peers kjax is for each task of a title: a row of dots for each peer."""
    found = rows(title, folder)
    ratios = {peer: sorted(each["ratio"] for each in found[peer]["each"].values()) for peer in peers}
    low = min(-1, math.floor(min(math.log2(values[0]) for values in ratios.values())))
    high = max(1, math.ceil(max(math.log2(values[-1]) for values in ratios.values())))

    def place(ratio):
        return 100 * (math.log2(ratio) - low) / (high - low)

    ticks = [power for power in range(low, high + 1) if (high - low) <= 6 or power % 2 == 0]
    axis = "".join(f'<span style="left:{place(2.0**p):.1f}%">{_times(2.0**p)}</span>' for p in ticks)
    told, lines = [], []
    for peer in peers:
        values = ratios[peer]
        dots = "".join(
            f'<i class="{"fast" if ratio >= 1 else "slow"}" style="left:{place(ratio):.1f}%"></i>' for ratio in values
        )
        faster, middle = sum(ratio >= 1 for ratio in values), found[peer]["ratio"]
        sentence = f"beside {PEERS[peer]}, {middle:.1f} times as fast on average, faster in {faster} of {len(values)}"
        told.append(sentence)
        lines.append(
            f"<p>{html.escape(sentence[0].upper() + sentence[1:])}</p>"
            f'<div class="dots"><u style="left:{place(1):.1f}%"></u>{dots}</div>'
        )
    return _figure(f"{caption}: {'; '.join(told)}.", caption, "".join(lines) + f'<div class="axis">{axis}</div>')


def _times(ratio):
    return f"{ratio:g}x" if ratio >= 1 else f"1/{1 / ratio:g}"


def _figure(told, caption, content):
    return (
        f'<figure class="chart"><figcaption>{html.escape(caption)}</figcaption>'
        f'<div role="img" aria-label="{html.escape(told)}">{content}</div></figure>'
    )


def measured(folder=""):
    """When and on what the results were measured."""
    about = results(folder)["about"]
    machine = about["machine"]
    return f"{about['date']}, {machine['processor']}, {machine['cores']} cores"


def speed():
    """The charts of the first page."""
    charts = (
        bars(
            "cold start to the first result of a `K.function`",
            "From starting Python to the first result of a K.function",
            ("tf22", "keras3", "tf-keras"),
        ),
        bars("`K.function`: square, add", "One call of a small K.function", ("jax", "tf22", "tf-keras")),
        strip(
            "training step, 28 models",
            "A training step of 28 models: how many times as fast",
            ("keras2", "tf-keras"),
            "models",
        ),
        strip("prediction, 28 models", "A prediction of the same models", ("keras2", "tf-keras"), "models"),
    )
    return f'<div class="charts">{"".join(charts)}</div>\n\nMeasured {measured()}; the models {measured("models")}.'


def training():
    """The charts of the page on performance."""
    kept = ("training step, 28 models", "prediction, 28 models", "first training step, 28 models")
    peers = {"first training step, 28 models": ("keras2",)}
    charts = [
        strip(
            title,
            f"{title[0].upper()}{title[1:]}: how many times as fast as the peer",
            peers.get(title, ("keras2", "tf-keras")),
            "models",
        )
        for title in kept
    ]
    return f'<div class="charts wide">{"".join(charts)}</div>\n\nMeasured {measured("models")}.'
