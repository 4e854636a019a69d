"""What a program's nodes are: linear layers, kernels, branches of a sum, residual streams, layouts, channels."""

from efficientmod_mobile.deploy.analysis._affine_operations import Affine, batch_norm, constant_operation
from efficientmod_mobile.deploy.analysis._channel_tracing import (
    ProducerFold,
    ReaderFold,
    into_producer,
    into_readers,
    passes_channels,
)
from efficientmod_mobile.deploy.analysis._elementwise_operators import BINARY, ELEMENTWISE
from efficientmod_mobile.deploy.analysis._kernel_geometry import Geometry, geometry_of, set_geometry, spread_groups
from efficientmod_mobile.deploy.analysis._largest_products import PRODUCTS, largest_products
from efficientmod_mobile.deploy.analysis._layout import Layout, chain_length, is_move, layout_of, own_layout
from efficientmod_mobile.deploy.analysis._linear_layers import Layer, bias_name, constants_of, is_layer, layer_of
from efficientmod_mobile.deploy.analysis._refusal import Refuse
from efficientmod_mobile.deploy.analysis._residual_stream import ResidualStream, moved_axis, reading_layer, stream_of
from efficientmod_mobile.deploy.analysis._slices import AxisSlice, slice_of
from efficientmod_mobile.deploy.analysis._squares_of_norms import largest_squared, scale_of_squares, shrink_of_norm
from efficientmod_mobile.deploy.analysis._summed_branches import (
    Branch,
    branches_of,
    by_source,
    is_sum,
    join,
    joint,
    terms_of,
)
from efficientmod_mobile.deploy.analysis._value_ranges import value_ranges

__all__ = [
    "BINARY",
    "ELEMENTWISE",
    "PRODUCTS",
    "Affine",
    "AxisSlice",
    "Branch",
    "Geometry",
    "Layer",
    "Layout",
    "ProducerFold",
    "ReaderFold",
    "Refuse",
    "ResidualStream",
    "batch_norm",
    "bias_name",
    "branches_of",
    "by_source",
    "chain_length",
    "constant_operation",
    "constants_of",
    "geometry_of",
    "into_producer",
    "into_readers",
    "is_layer",
    "is_move",
    "is_sum",
    "join",
    "joint",
    "largest_products",
    "largest_squared",
    "layer_of",
    "layout_of",
    "moved_axis",
    "own_layout",
    "passes_channels",
    "reading_layer",
    "scale_of_squares",
    "set_geometry",
    "shrink_of_norm",
    "slice_of",
    "spread_groups",
    "stream_of",
    "terms_of",
    "value_ranges",
]
