import jax
import jax.numpy as jnp
import pytest

from kjax.machine.counts import Counts


def program(function, *args):
    compiled = jax.jit(function).lower(*args).compile()
    counts = Counts(compiled.as_text())
    flops, moved = counts.in_loops()
    known = compiled.cost_analysis()
    return counts, known["flops"] + flops, known["bytes accessed"] + moved


def loop(w, x):
    def step(h, now):
        h = jnp.tanh(h @ w + now)
        return h, h

    return jax.lax.scan(step, x[0], x)[1].sum()


@pytest.mark.parametrize("steps", [30, 60])
def test_products_in_a_loop_count_each_time(steps):
    products = 3 * 2 * 16 * 64 * 64 * steps
    counts, flops, moved = program(jax.grad(loop), jnp.ones((64, 64)), jnp.ones((steps, 16, 64)))
    assert products < flops < 1.1 * products
    # (Each step reads the weights, and slices of a few arrays of all steps.)
    assert steps * 4 * 64 * 64 < moved < steps * 4 * (64 * 64 + 16 * 64) * 12
    assert max(counts.runs.values()) == steps
    assert {runs for _, runs in counts.lines()} <= {0, 1, steps}


def test_loops_in_loops_and_convolutions():
    kernel = jnp.ones((3, 3, 8, 8))

    def convolved(h):
        return jax.lax.conv_general_dilated(h, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))

    def inner(h, _):
        return jax.lax.fori_loop(0, 5, lambda i, h: convolved(h), h), None

    _, flops, _ = program(lambda h: jax.lax.scan(inner, h, None, length=4)[0], jnp.ones((2, 16, 16, 8)))
    assert 0.9 < flops / (20 * 2 * 2 * 16 * 16 * 8 * 9 * 8) < 1.1


def test_without_loops_nothing_is_added():
    counts, _, _ = program(lambda x: jnp.tanh(x @ x), jnp.ones((8, 8)))
    assert counts.in_loops() == (0, 0) and set(counts.runs.values()) == {1}
    assert Counts("").in_loops() == (0, 0)
