"""What SciPy and scikit-learn have moved."""

import importlib.util

import numpy as np
import pytest

from kjax.checking import outlines
from kjax.dialects import repairs, scientific_repairs

MODULES = repairs.stand_ins([scientific_repairs.SCIPY, scientific_repairs.SCIKIT_LEARN])

of_scikit_learn = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="the repairs are of scikit-learn, which is not installed"
)


def test_scipy():
    assert np.isclose(MODULES["scipy.integrate"].simps([1, 2, 3], [0, 1, 2], even="avg"), 4.0)
    assert np.allclose(MODULES["scipy.integrate"].cumtrapz([1, 2, 3]), [1.5, 4.0])
    assert MODULES["scipy.signal"].gaussian(5, 1.0)[2] == 1.0 and MODULES["scipy.signal"].medfilt
    assert MODULES["scipy"].mean is np.mean and MODULES["scipy"].signal is MODULES["scipy.signal"]
    assert MODULES["scipy"].optimize.brentq


@of_scikit_learn
def test_folds_of_data_that_they_know():
    old = MODULES["sklearn.cross_validation"]
    folds = old.KFold(10, n_folds=5, shuffle=True, random_state=1)
    assert len(folds) == 5 and sorted(np.concatenate([test for _, test in folds])) == [*range(10)]
    labels = np.array([0, 1] * 4)
    assert all(labels[test].mean() == 0.5 for _, test in old.StratifiedKFold(labels, n_folds=2))
    assert [len(test) for _, test in old.ShuffleSplit(10, n_iter=3, test_size=0.2, random_state=0)] == [2, 2, 2]
    assert [len(train) for train, _ in old.StratifiedShuffleSplit(labels, 2, 0.5, random_state=0)] == [4, 4]
    assert len(old.LeaveOneOut(4)) == 4 and "KFold" in repr(folds)
    assert old.train_test_split is MODULES["sklearn"].model_selection.train_test_split


@of_scikit_learn
@pytest.mark.parametrize(("before", "now"), scientific_repairs.MOVED.items())
def test_what_moved_is_where_it_is_said_to_be(before, now):
    assert outlines.has(now) and not outlines.has(before)
