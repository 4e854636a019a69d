"""The EfficientMods as parameters of a test: in the quick loop the smallest one and the one without attention."""

import pytest

from efficientmod_mobile import list_models

QUICK = {"efficientmod_xxs", "efficientmod_s_conv"}
EFFICIENTMODS = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in list_models()]
