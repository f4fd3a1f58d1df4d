"""audioop, in C: of the standard library up to Python 3.12, of audioop-lts from 3.13."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

__all__ = ["audioop"]
