"""The output of the suite: a table in Markdown, all figures as JSON, charts as SVG."""

import json
import os
import platform
import time

NAMES = {
    "tf22": "TF 2.2",
    "tf-keras": "tf-keras",
    "keras3": "Keras 3 on JAX",
    "keras2": "Keras 2.3.1 on TF 1.15",
    "torch": "PyTorch",
    "jax": "hand-written JAX",
    "numpy": "NumPy",
    None: "",
}


def write(folder, found, versions, suite, seconds):
    """Write all, and print the table."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "system": " ".join([platform.system(), *platform.libc_ver()]),
        },
        "versions": versions,
        "rounds": suite.rounds,
        "seconds": round(seconds),
    }
    text = _markdown(found, about, suite.problems)
    (folder / "results.md").write_text(text)
    rows = [{**row._asdict(), "result": result} for row, result in found]
    data = {"about": about, "rows": rows, "problems": suite.problems, "figures": suite.figures}
    (folder / "results.json").write_text(json.dumps(data, indent=1) + "\n")
    _charts(folder, found)
    print(text)


def _processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


# A ratio from here on is no difference, but noise.
_EVEN = 0.97

# ------------------------------------------------------------------------------------------------------------ the table


def _figure(value, unit):
    """A figure with its unit: `1.2 µs`, `0.98 GiB`."""
    if value is None:
        return ""
    if unit == "s":
        for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
            if value * factor >= 1 or name == "µs":
                return f"{value * factor:.3g} {name}"
    return f"{value:.3g} {unit}".strip()


def _target(row):
    if row.peer is None:
        return f"≤ {_figure(row.limit, row.unit)}"
    if row.target is None:
        return "none"
    return f"≥ {row.target:g}" + (f", none < {row.least:g}" if row.least else "")


def _line(row, result):
    cells = [row.title, NAMES[row.peer]]
    if result is None:
        cells += ["", "", "not measured", _target(row), ""]
    elif row.peer is None:
        cells += [_figure(result["value"], row.unit), "", "", _target(row), _mark(result)]
    else:
        ratio = f"**{result['ratio']:.2f}** ({result['spread'][0]:.2f} to {result['spread'][1]:.2f})"
        if row.least:
            ratio += f"; least {result['worst']['ratio']:.2f}"
        ours, peers = _figure(result["ours"], row.unit), _figure(result["peers"], row.unit)
        cells += [ours, peers, ratio, _target(row), _mark(result)]
    return f"| {' | '.join(cells)} |"


def _mark(result):
    return {None: "", True: "yes", False: "**no**"}[result["met"]]


def _markdown(found, about, problems):
    measured = [(row, result) for row, result in found if result is not None]
    judged = [result["met"] for _, result in measured if result["met"] is not None]
    missing = len(found) - len(measured)
    machine = about["machine"]
    lines = [
        "# kjax beside its peers",
        "",
        f"{about['date']}, {machine['processor']}, {machine['cores']} cores, {machine['system']}; "
        f"{about['rounds']} rounds, {about['seconds']} s in all.",
        "",
        "A ratio is the peer's time divided by kjax's: above 1, kjax is faster. Given are the median of the rounds, "
        "and the least and the greatest of them; of several tasks, their geometric mean. Results were compared first.",
        "",
        f"{sum(judged)} of the {len(judged)} rows measured that have a target meet it"
        + (f"; {missing} were not measured." if missing else "."),
        "",
        "| task | peer | kjax | peer's | ratio | target | met |",
        "| --- | --- | ---: | ---: | --- | --- | --- |",
        *(_line(row, result) for row, result in found),
        "",
    ]
    behind = [_behind(row, result) for row, result in measured]
    lines += ["## Where kjax is behind", "", *(filter(None, behind) if any(behind) else ["Nowhere."]), ""]
    for row, result in measured:
        if row.peer and len(row.tasks) > 1:
            lines += _each(row, result)
    if problems:
        lines += ["## Not measured", ""]
        lines += [f"- {name}: {text.strip().splitlines()[-1]}" for name, text in problems.items()] + [""]
    lines += ["## Versions", ""]
    lines += [
        f"- {name}: {', '.join(f'{k} {v}' for k, v in parts.items())}" for name, parts in about["versions"].items()
    ]
    return "\n".join(lines) + "\n"


def _behind(row, result):
    """A line for a row whose target is not met, or in which a peer is faster."""
    if row.peer is None:
        return "" if result["met"] else f"- {row.title}: {_figure(result['value'], row.unit)}, {_target(row)}"
    slower = [f"{task} {part['ratio']:.2f}" for task, part in result["each"].items() if part["ratio"] < _EVEN]
    if result["met"] is None or (result["met"] and not slower):
        return ""
    text = f"- {row.title}, {NAMES[row.peer]}: {result['ratio']:.2f} ({_target(row)})"
    below = [
        f"{task} {part['ratio']:.2f}"
        for task, part in result["each"].items()
        if row.least and part["ratio"] < row.least
    ]
    if below:
        text += f"; below what each must reach: {', '.join(below)}"
    if slower and len(row.tasks) > 1:
        text += f"; slower than the peer: {', '.join(slower)}"
    if result["missing"]:
        text += f"; not measured: {', '.join(result['missing'])}"
    return text


def _each(row, result):
    return [
        f"## {row.title}, {NAMES[row.peer]}",
        "",
        "| function | kjax | peer's | ratio |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {task.partition(',')[0]} | {_figure(part['ours'], row.unit)} | {_figure(part['peer'], row.unit)} "
            f"| {part['ratio']:.2f} |"
            for task, part in result["each"].items()
        ),
        "",
    ]


# ----------------------------------------------------------------------------------------------------------- the charts


def _charts(folder, found):
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "kjax", "font.size": 9})
    ratios = [(row, result) for row, result in found if result and row.peer]
    curves = [(row, result) for row, result in found if result and row.sizes]
    if ratios:
        _ratios(folder / "ratios.svg", ratios)
    if curves:
        _sizes(folder / "sizes.svg", curves)


def _ratios(path, rows):
    """A bar for each row: green where the target, a black mark, is met; grey where there is none."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(14, 0.25 * len(rows) + 1), layout="constrained")
    for y, (row, result) in enumerate(rows):
        low, high = result["spread"]
        color = {None: "#8d99ae", True: "#4c9f70", False: "#d1495b"}[result["met"]]
        axes.barh(y, result["ratio"] - 1, left=1, color=color, height=0.7)
        axes.plot([low, high], [y, y], color="#555555", linewidth=1)
        if row.target is not None:
            axes.plot([row.target], [y], marker="|", markersize=12, color="black")
    axes.set_yticks(range(len(rows)), [f"{row.title.replace('`', '')}: {NAMES[row.peer]}" for row, _ in rows])
    axes.set_xscale("log")
    axes.axvline(1, color="#555555", linewidth=0.8)
    axes.margins(y=0.01)
    axes.invert_yaxis()
    axes.set_xlabel("times as fast as the peer (marks: targets)")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _sizes(path, curves):
    """Time against the number of elements."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
    for row, result in curves:
        label = row.title.partition(", ")[2].partition(":")[0]
        axes.plot(row.sizes, result["costs"], marker="o", markersize=3, label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("elements")
    axes.set_ylabel("seconds")
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
