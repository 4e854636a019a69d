"""The network that an export is asked for."""

from dataclasses import replace

from torch import nn

from efficientmod_export._published import under_name
from efficientmod_export._request import ExportRequest
from efficientmod_export._subject import Subject, subject_of
from efficientmod_mobile import Network, load_network, network_of, with_flags


def asked_subject(request: ExportRequest) -> Subject:
    """Load it, with the preprocessing that is asked for, and run it on the parity samples. Raises what these raise."""
    loaded = _load(request)
    loaded = replace(loaded, preprocessing=with_flags(loaded.preprocessing, request.preprocessing))
    loaded = under_name(loaded, request.name, hidden=request.hides_names)
    return subject_of(loaded, request.resolution, request.inputs)


def _load(request: ExportRequest) -> Network:
    if isinstance(request.model, nn.Module):
        return network_of(request.model, request.name, request.resolution)
    return load_network(
        request.model, request.checkpoint, checkpoint_key=request.checkpoint_key, pretrained=request.pretrained
    )
