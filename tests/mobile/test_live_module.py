"""A copy of a module that a program holds."""

import warnings

import torch
from torch import nn

from efficientmod_mobile import network_of
from efficientmod_mobile.deploy import EXACT, capture, deploy, run


def test_norms_of_weights_by_hooks_are_folded() -> None:
    """What the old weight norm computes is no parameter; PyTorch does not copy it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch prefers the parametrisation
        first = nn.utils.weight_norm(nn.Conv2d(3, 8, 3))
    module = nn.Sequential(first, nn.ReLU(), nn.utils.spectral_norm(nn.Conv2d(8, 4, 3)))
    x = torch.randn(1, 3, 20, 24)
    module.train()(x).sum().backward()
    network = network_of(module.eval())
    assert torch.equal(network.module(x), module(x))
    assert first.weight_g.grad is not None

    deployed = deploy(capture(network.module, x), EXACT)
    called = [node.target for node in deployed.program.graph.nodes if node.op == "call_function"]
    assert called == [torch.ops.aten.conv2d.default, torch.ops.aten.relu.default, torch.ops.aten.conv2d.default]
    torch.testing.assert_close(run(deployed.program, x)[0], module(x), rtol=1e-5, atol=1e-6)
