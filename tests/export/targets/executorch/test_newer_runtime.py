"""EfficientMod's file in the ExecuTorch and torch after those that it is written with: in an environment of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from efficientmod_export.foreign import quiet
from efficientmod_export.parity import MeasuredWith, Verdict
from efficientmod_export.steps import subject_of
from efficientmod_export.targets import find_target
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import deploy

TARGET = find_target("executorch")
VERSION, TORCH = "1.5.1", "2.14.*"

# Runs a file on every image of an .npy (n, 1, 3, H, W), and writes the logits (n, 1, classes).
RUN = """
import sys
import numpy as np
import torch
from executorch.runtime import Runtime
file, images, logits = sys.argv[1:]
method = Runtime.get().load_program(file).load_method("forward")
results = [method.execute([torch.from_numpy(image)])[0].numpy().copy() for image in np.load(images)]
np.save(logits, np.stack(results))
"""


@pytest.mark.slow
def test_it_computes_what_pytorch_computes(
    environment: Callable[..., Path], judge_elsewhere: Callable[..., Verdict], tmp_path: Path
) -> None:
    python = environment(f"executorch=={VERSION}", f"torch=={TORCH}")
    subject = subject_of(load_network("efficientmod_xxs", None))
    variant = TARGET.variant("fp32")
    with quiet():
        artifact = TARGET.make(deploy(subject.capture(), variant.recipe).program, subject.options("fp32"), tmp_path)
    measured_with = MeasuredWith(runtime="ExecuTorch", version=VERSION)
    verdict = judge_elsewhere(python, RUN, artifact, subject.held, variant, measured_with)
    assert verdict.reasons == ()
    assert max(one.max_relative_error for one in verdict.worst) <= 1e-5
