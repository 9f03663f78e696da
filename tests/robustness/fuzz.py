"""Odd calls of all functions of K: none may crash, hang, or raise anything but the documented errors.

    python tests/robustness/fuzz.py --calls 40000 --seed 0      (`make fuzz`)

Calls are drawn from the signatures, with ordinary, odd and absurd arguments, and made in worker processes whose memory
and time are limited. Printed are the numbers of calls by outcome, and each fault.
"""

import argparse
import collections
import inspect
import json
import os
import random
import subprocess
import sys
import tempfile
import time

BATCH = 250  # calls of one process
SECONDS = 120  # for a batch
MEMORY = 6 << 30  # bytes of address space
LONGEST = 500  # characters of a message
SLOW = 30  # seconds of CPU for a call

# What changes the whole program, prints, or asks for nothing.
LEFT_OUT = {"clear_session", "set_session", "get_session", "print_tensor", "backend", "reset_uids", "learning_phase"}
LEFT_OUT |= {"set_floatx", "set_epsilon", "set_image_data_format", "set_learning_phase", "learning_phase_scope"}
LEFT_OUT |= {"manual_variable_initialization", "get_uid", "name_scope", "epsilon", "floatx", "image_data_format"}


def itself():
    value = []
    value.append(value)
    return value


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def pools():
    """Arguments by kind, each made anew."""
    import numpy as np

    import kjax
    from kjax import backend as K

    def tensor(shape, dtype="float32"):
        return lambda: K.constant(np.arange(np.prod(shape, dtype=int)).reshape(shape) % 7, dtype=dtype)

    shapes = [(), (1,), (3,), (2, 3), (3, 3), (2, 3, 4), (1, 4, 4, 2), (1, 2, 3, 3, 2), (0, 3), (2, 0)]
    tensors = [tensor(s) for s in shapes] + [
        tensor((2, 3), d) for d in ("int32", "int64", "float64", "bool", "float16")
    ]
    tensors += [tensor((3, 3, 2, 2)), tensor((2, 2), "bfloat16"), tensor((2,), "complex64"), tensor((2,), "uint8")]
    symbols = [lambda s=s: K.placeholder(s) for s in (None, (None, 3), (2, 3), (None, None, 4), (None, 4, 4, 2), ())]
    others = [
        lambda: K.variable(np.ones((2, 3))), lambda: np.ones((2, 3)), lambda: [[1.0, 2.0], [3.0, 4.0]], lambda: 2.5,
        lambda: 1, lambda: None, lambda: "text", lambda: b"bytes", lambda: np.array(["a"]), lambda: object(), dict,
        list, lambda: np.array([None, 1], object), lambda: float("nan"), lambda: 10**400, itself,
        lambda: nested(2000), lambda: np.ones(2, "V3"), lambda: K.placeholder((2, 3), sparse=True), lambda: 1 + 2j,
        lambda: "x" * 10**6, lambda: list(range(10**5)), lambda: np.datetime64("2020"), lambda: kjax.Shape((2, None)),
    ]  # fmt: skip
    numbers = [lambda n=n: n for n in (0, 1, 2, 3, -1, -2, 7, 2.0, 2.5, True, None, "1", 2**31, 2**40, 2**62, -(2**63))]
    numbers += [
        lambda: np.int64(1),
        lambda: np.float32(1),
        lambda: np.array(1),
        lambda: [1],
        lambda: (0, 1),
        dict,
    ]
    numbers += [lambda: 10**400, lambda: K.constant(1, dtype="int32"), lambda: K.placeholder((), dtype="int32"), itself]
    tuples = [
        lambda v=v: v for v in ((1, 1), (2, 2), (3,), (1, 2, 3), (0, 0), (-1, 2), (2**31, 1), (None, 2), 2, "ab", ())
    ]
    tuples += [lambda v=v: v for v in (((1, 1), (0, 2)), ((1, 1), (1, 1), (2, 2)), (2**40, 2**40), [2, 3], (2.0, 2))]
    words = [
        lambda w=w: w for w in ("same", "valid", "causal", "channels_last", "channels_first", "max", "avg", "nearest")
    ]
    words += [
        lambda w=w: w for w in ("bilinear", "float32", "int32", "bool", "float64", "nonsense", "9" * 5000, None, 3)
    ]
    functions = [
        lambda: abs,
        lambda: lambda *a: a[0] if a else 0.0,
        lambda: lambda t, s: (t, s),
        lambda: lambda: 1 / 0,
        lambda: None,
    ]
    return {
        "tensor": tensors + symbols,
        "odd": others,
        "number": numbers,
        "tuple": tuples,
        "word": words,
        "fn": functions,
    }


_NUMBERS = """axis axes num_classes n rep seed ndim index value maxval minval epsilon alpha momentum threshold max_value
    min_value level mean stddev p size k low high scale top_paths beam_width start stop step factor height_factor
    width_factor depth_factor from_logits keepdims unroll greedy time_major training"""
_TUPLES = "shape strides pool_size padding dilation_rate kernel_size output_shape pattern target_shape"
_WORDS = "data_format dtype pool_mode interpolation name"
_FUNCTIONS = "fn step_function then_expression else_expression alt initializer constraint"
# The kinds of arguments by the names of parameters; other parameters take tensors.
_BY_KIND = {"number": _NUMBERS, "tuple": _TUPLES, "word": _WORDS, "fn": _FUNCTIONS}
KINDS = {kind: set(names.split()) for kind, names in _BY_KIND.items()}


def drawn(rng, pool, name):
    """An argument for a parameter of that name."""
    kind = next((kind for kind, names in KINDS.items() if name in names), "tensor")
    if kind == "tuple" and name == "padding" and rng.random() < 0.5:
        kind = "word"
    roll = rng.random()
    kind = kind if roll < 0.85 else rng.choice(list(pool))
    return rng.choice(pool[kind])()


def work(seed, calls, progress):
    """Make the calls of one batch; a line of JSON for each in `progress`, which tells where a process died."""
    import resource
    import warnings

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    import numpy as np

    import kjax
    from kjax import backend as K

    allowed = (TypeError, ValueError, IndexError, NotImplementedError)
    names = sorted(set(K.__all__) - LEFT_OUT)
    pool, rng = pools(), random.Random(seed)
    with open(progress, "a", buffering=1) as log:
        for number in range(calls):
            name = rng.choice(names)
            function = getattr(K, name)
            parameters = [p for p in inspect.signature(function).parameters.values() if p.kind < 2]
            given = {p.name: drawn(rng, pool, p.name) for p in parameters if p.default is p.empty or rng.random() < 0.4}
            log.write(
                json.dumps(
                    {"call": number, "name": name, "arguments": ", ".join(f"{k}={_brief(v)}" for k, v in given.items())}
                )
                + "\n"
            )
            outcome, started = "answer", time.process_time()
            try:
                result = function(**given)
                if isinstance(result, kjax.Tensor) and result.is_symbolic and rng.random() < 0.3:
                    name = "function"
                    inputs = [v for v in given.values() if isinstance(v, kjax.Placeholder)]
                    if all(t.shape.rank is not None for t in inputs):
                        values = [np.ones([2 if d is None else d for d in t.shape]) for t in inputs]
                        K.function(inputs, [result])(values)
            except ZeroDivisionError:
                outcome = "the callback's own error"
            except Exception as error:
                outcome = type(error).__name__
                text = str(error)
                if type(error) not in allowed and not type(error).__module__.startswith("kjax"):
                    outcome = f"internal: {type(error).__name__}: {text[:200]}"
                elif len(text) > LONGEST:
                    outcome = f"long: {len(text)} characters"
                elif name != "function" and not text.startswith(f"{name}("):
                    outcome = f"unnamed: {text[:200]}"
            seconds = time.process_time() - started
            if seconds > SLOW:
                outcome = f"slow: {seconds:.0f} s for {outcome}"
            log.write(json.dumps({"call": number, "outcome": outcome}) + "\n")


def _brief(value):
    try:
        text = repr(value)
    except Exception:
        text = type(value).__name__
    return text if len(text) < 80 else text[:80] + "..."


def run(calls, seed):
    """The numbers of calls by outcome, and the faults."""
    counts, faults = collections.Counter(), []
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    for start in range(0, calls, BATCH):
        with tempfile.TemporaryDirectory() as folder:
            progress = os.path.join(folder, "progress")
            batch = [str(seed * 1_000_003 + start), str(min(BATCH, calls - start)), progress]
            process = subprocess.Popen([sys.executable, __file__, "--work", *batch], env=environment)
            try:
                died = "" if process.wait(SECONDS) == 0 else f"crash: status {process.returncode}"
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                died = "hang"
            with open(progress) as file:
                lines = [json.loads(line) for line in file]
        asked = {line["call"]: line for line in lines if "name" in line}
        ends = {line["call"]: line["outcome"] for line in lines if "outcome" in line}
        for number, line in asked.items():
            outcome = ends.get(number, died or "crash")
            kind = outcome.partition(":")[0]
            counts[kind] += 1
            if kind in ("crash", "hang", "slow", "internal", "unnamed", "long"):
                faults.append(f"{outcome}\n    {line['name']}({line['arguments']})")
    return counts, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(int(options.work[0]), int(options.work[1]), options.work[2])
        return 0
    counts, faults = run(options.calls, options.seed)
    print("\n".join(faults))
    print(", ".join(f"{outcome}: {count}" for outcome, count in counts.most_common()))
    return int(any(counts[kind] for kind in ("crash", "hang", "slow", "internal", "long")))


if __name__ == "__main__":
    sys.exit(main())
