"""What the tests with Keras 3 have in common."""


def pytest_configure(config):
    # Keras 3's `Variable.numpy` does so itself.
    config.addinivalue_line("filterwarnings", "ignore:__array__ implementation doesn't accept:DeprecationWarning")
