"""Whether an artifact computes what the PyTorch reference computes: inputs, metrics, tolerances, verdict."""

from efficientmod_export._stages import Outputs, Runner, Sample, SampleInput
from efficientmod_export.parity._float16_sums import Float16Sums
from efficientmod_export.parity._layers import Layer, LayerReport, first_drift
from efficientmod_export.parity._metrics import (
    SQNR_CAP_DB,
    Agreement,
    Comparison,
    FaultCode,
    OutputMetrics,
    compare,
    find_faults,
    reference_ranges,
)
from efficientmod_export.parity._noise import FLOAT_KINDS, Noise, NoiseKind, network_noise
from efficientmod_export.parity._prober import Prober, Values
from efficientmod_export.parity._records import Record
from efficientmod_export.parity._samples import make_samples, picture_credit, torch_inputs
from efficientmod_export.parity._tolerances import NOISE_FACTOR, Tolerance
from efficientmod_export.parity._verdict import (
    MeasuredWith,
    Quantity,
    SampleMetrics,
    Verdict,
    broken_limits,
    judge,
    measure,
    not_run_here,
    refused,
)

__all__ = [
    "FLOAT_KINDS",
    "NOISE_FACTOR",
    "SQNR_CAP_DB",
    "Agreement",
    "Comparison",
    "FaultCode",
    "Float16Sums",
    "Layer",
    "LayerReport",
    "MeasuredWith",
    "Noise",
    "NoiseKind",
    "OutputMetrics",
    "Outputs",
    "Prober",
    "Quantity",
    "Record",
    "Runner",
    "Sample",
    "SampleInput",
    "SampleMetrics",
    "Tolerance",
    "Values",
    "Verdict",
    "broken_limits",
    "compare",
    "find_faults",
    "first_drift",
    "judge",
    "make_samples",
    "measure",
    "network_noise",
    "not_run_here",
    "picture_credit",
    "reference_ranges",
    "refused",
    "torch_inputs",
]
