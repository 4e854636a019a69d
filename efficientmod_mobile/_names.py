"""The error for a name that is nobody's, with the names that come near it."""

import difflib
from collections.abc import Sequence

from efficientmod_mobile.errors import ModelError


def no_such_model(name: str, known: Sequence[str]) -> ModelError:
    """A ModelError that names up to three close matches, or all of a short list where none is close."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if close:
        return ModelError(f"There is no model {name!r}; did you mean {' or '.join(close)}?")
    if len(known) <= 10:
        return ModelError(f"There is no model {name!r}; give one of {', '.join(known)}.")
    return ModelError(f"There is no model {name!r}; `efficientmod models` lists the known ones.")
