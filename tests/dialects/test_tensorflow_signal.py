"""`tf.signal` on symbolic tensors, and what it refuses; recorded answers are in `recorded/signal.json`."""

import numpy as np
import pytest

from kjax import backend as K

R = np.random.RandomState(0)


def test_spectrograms_of_what_is_fed(tf):
    x = K.placeholder((None, None))
    spectrum = tf.signal.stft(x, 8, 4)
    assert spectrum.shape == (None, None, 5) and spectrum.dtype == "complex64"
    again = tf.signal.inverse_stft(spectrum, 8, 4, window_fn=tf.signal.inverse_stft_window_fn(4))
    mel = tf.abs(spectrum) @ tf.signal.linear_to_mel_weight_matrix(3, 5)
    features = tf.signal.mfccs_from_log_mel_spectrograms(tf.math.log(mel + 1e-6))
    value = R.randn(2, 32).astype("float32")
    found, heard = K.function([x], [again, features])([value])
    np.testing.assert_allclose(found[:, 4:-4], value[:, 4:-4], 1e-4, 1e-5)
    assert heard.shape == (2, 7, 3) and np.isfinite(heard).all()


def test_frames_that_cancel_their_errors(tf):
    x = K.placeholder((32,))
    for window in (tf.signal.vorbis_window, tf.signal.kaiser_bessel_derived_window, None):
        again = tf.signal.inverse_mdct(tf.signal.mdct(x, 8, window, norm="ortho"), window, "ortho")
        value = R.randn(32).astype("float32")
        np.testing.assert_allclose(K.function([x], [again])([value])[0][4:-4], value[4:-4], 1e-4, 1e-5)


def test_what_is_refused(tf):
    with pytest.raises(NotImplementedError, match="axis must be -1"):
        tf.signal.dct([[1.0]], axis=0)
    length = K.placeholder((), dtype="int32")
    with pytest.raises(TypeError, match="must be known"):
        tf.signal.hann_window(length)
    for wrong in (-1, 1.5, [2]):
        with pytest.raises(ValueError, match="must be an integer"):
            tf.signal.hann_window(wrong)
    with pytest.raises(ValueError, match="even length"):
        tf.signal.inverse_mdct(K.placeholder((2, None)))
    assert tf.signal.hann_window(tf.constant(4)).numpy().tolist() == [0, 0.5, 1, 0.5]
