import numpy as np
import pytest

from kjax.kernels import philox

SEED = np.array([1, 2])


def test_words_are_those_of_the_published_generator():
    # The first of the known answers of Random123: counter and key of zeros.
    zeros = tuple(np.zeros(1, np.uint64) for _ in range(4))
    found = philox._hashed(np, zeros, (np.uint64(0), np.uint64(0)))
    assert [int(word[0]) for word in found] == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]


def test_places_beyond_one_word():
    places = np.array([0, 2**32, 2**40 + 1], np.uint64)
    random = philox.words(np, SEED, places)
    assert random.shape == (3, 4) and len(np.unique(random)) == 12 and random.max() < 2**32


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_distributions(kind):
    random, dtype = philox.words(np, SEED, np.arange(5000)), np.dtype(kind)
    flat = philox.uniform(np, random, dtype)
    assert flat.dtype == kind and flat.min() >= 0 and flat.max() < 1
    assert flat.astype(float).mean() == pytest.approx(0.5, abs=0.01)
    bell = philox.normal(np, random, dtype)
    assert bell.dtype == kind and bell.size == flat.size
    assert bell.astype(float).mean() == pytest.approx(0, abs=0.02)
    assert bell.astype(float).std() == pytest.approx(1, abs=0.02)
    cut = philox.truncated_normal(np, SEED, 5001, dtype)
    assert cut.shape == (5001,) and cut.dtype == kind and abs(cut).max() < 2
    assert cut.astype(float).std() == pytest.approx(0.88, abs=0.02)


def test_integers():
    random = philox.words(np, SEED, np.arange(3))
    assert philox.integers(np, random, 32).tolist() == random.tolist()
    wide = philox.integers(np, random, 64)
    assert wide.shape == (3, 2) and int(wide[0, 0]) == int(random[0, 0]) + 2**32 * int(random[0, 1])


def test_jax_agrees():
    import jax

    with jax.enable_x64(True):
        random = jax.jit(lambda seed: philox.words(jax.numpy, seed, np.arange(4)))(SEED)
    assert np.asarray(random).tolist() == philox.words(np, SEED, np.arange(4)).tolist()
