"""Where the rules come from. Every one of these was read; none is quoted from memory."""

from efficientmod_export.lint._rule import Source

_ANE_GUIDE = "https://github.com/sbryngelson/ane-guide/blob/b7565c53c18e7ab8f9de402bfbed0b3a32a498a0"
_COREMLTOOLS = "https://github.com/apple/coremltools"
_COREMLTOOLS_GUIDE = "https://apple.github.io/coremltools/docs-guides/source"
_HOLLANCE = "https://github.com/hollance/neural-engine"

TRANSFORMERS_ARTICLE = Source(
    "Apple: Deploying Transformers on the Apple Neural Engine (2022)",
    "https://machinelearning.apple.com/research/neural-engine-transformers",
)
TYPED_EXECUTION = Source(
    "coremltools guide: Typed Execution Workflow Example", f"{_COREMLTOOLS_GUIDE}/typed-execution-example.html"
)
FLEXIBLE_INPUTS = Source("coremltools guide: Flexible Input Shapes", f"{_COREMLTOOLS_GUIDE}/flexible-inputs.html")
QUANTIZATION_PERFORMANCE = Source(
    "coremltools guide: Quantization, Performance", f"{_COREMLTOOLS_GUIDE}/opt-quantization-perf.html"
)
RANGE_THREAD = Source(
    "Apple Developer Forums 724930: a dynamic model is slower than a static one",
    "https://developer.apple.com/forums/thread/724930",
)
RECURRENT_ISSUE = Source("coremltools issue 1780", f"{_COREMLTOOLS}/issues/1780")
LAYER_NORM_ISSUE = Source("coremltools issue 1909", f"{_COREMLTOOLS}/issues/1909")
STRIDE_ISSUE = Source("coremltools issue 2473", f"{_COREMLTOOLS}/issues/2473")
GRID_SAMPLE_ISSUE = Source("coremltools issue 1875", f"{_COREMLTOOLS}/issues/1875")
DYNAMIC_BOUNDS = Source("onnxsim pull request 1430", "https://github.com/onnxsim/onnxsim/pull/1430")
DETECTOR_PLAN = Source("rf-detr pull request 1495 (ML compute plans)", "https://github.com/roboflow/rf-detr/pull/1495")
DECODER_PLAN = Source(
    "ML compute plan of a WhisperKit text decoder",
    "https://huggingface.co/SingularityUS/atc-whisperkit/blob/main/small/TextDecoder.mlcomputeplan.json",
)

GUIDE_CAPABILITIES = Source(
    "ane-guide, chapter 4: Capability surface", f"{_ANE_GUIDE}/part-1-machine/04-capability-surface.md"
)
GUIDE_VISION = Source(
    "ane-guide, chapter 13: Vision, convolution, and encoders",
    f"{_ANE_GUIDE}/part-4-workloads/13-vision-conv-encoders.md",
)
GUIDE_DESIGN = Source(
    "ane-guide, chapter 17: Model-design rules", f"{_ANE_GUIDE}/part-5-practice/17-model-design-rules.md"
)
GUIDE_PITFALLS = Source(
    "ane-guide, chapter 19: Pitfalls and limits", f"{_ANE_GUIDE}/part-5-practice/19-pitfalls-and-limits.md"
)
GUIDE_MATRIX = Source(
    "ane-guide, appendix A: Operation-by-device matrix", f"{_ANE_GUIDE}/appendices/a-op-device-matrix.md"
)

OLD_UNSUPPORTED = Source(
    "hollance/neural-engine: unsupported layers (2020)",
    f"{_HOLLANCE}/blob/111047a4ceb8b28924457a5744a4cc9e76c276ac/docs/unsupported-layers.md",
)
OLD_POOLING = Source("hollance/neural-engine issue 1 (2020)", f"{_HOLLANCE}/issues/1")
OLD_MOBILENET = Source("hollance/neural-engine issue 2 (2020)", f"{_HOLLANCE}/issues/2")
OLD_KERNELS = Source("yolov5 issue 2526 (2021)", "https://github.com/ultralytics/yolov5/issues/2526")
