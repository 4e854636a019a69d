"""The error for an unknown model name, with similar names."""

import difflib
from collections.abc import Sequence

from efficientmod_mobile.errors import ModelError


def no_such_model(name: str, known: Sequence[str]) -> ModelError:
    """A ModelError with up to three similar names, or with all of a short list if none is similar."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if close:
        return ModelError(f"There is no model {name!r}; did you mean {' or '.join(close)}?", code="unknown_model")
    if len(known) <= 10:
        return ModelError(f"There is no model {name!r}; give one of {', '.join(known)}.", code="unknown_model")
    return ModelError(f"There is no model {name!r}; `efficientmod models` lists the known ones.", code="unknown_model")
