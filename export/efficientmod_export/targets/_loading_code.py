"""Code for apps that loads a target's files, for the bundle's card."""

from efficientmod_export.bundle import LoadingCode

LITERT = LoadingCode(
    kotlin="""
// com.google.ai.edge.litert:litert
val model = CompiledModel.create("$bundle/{file}", CompiledModel.Options(Accelerator.CPU))  // or Accelerator.GPU
val inputs = model.createInputBuffers()
val outputs = model.createOutputBuffers()
val pixels = FloatArray({height} * {width} * 3)  // row by row the red, green and blue of each pixel, divided by 255
inputs[0].writeFloat(pixels)
model.run(inputs, outputs)
val values = outputs[0].readFloat()
""",
    swift="""
import TensorFlowLite
let interpreter = try Interpreter(modelPath: bundle + "/{file}")
try interpreter.allocateTensors()
let pixels: [Float] = picture  // {height} x {width} x 3, row by row the red, green and blue of each, divided by 255
try interpreter.copy(pixels.withUnsafeBytes { Data($0) }, toInputAt: 0)
try interpreter.invoke()
let values = try interpreter.output(at: 0).data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
""",
)

EXECUTORCH = LoadingCode(
    kotlin="""
// org.pytorch:executorch-android
val module = Module.load("$bundle/{file}")
val picture = FloatArray(3 * {height} * {width})  // all red, all green, all blue, normalised as above
val input = EValue.from(Tensor.fromBlob(picture, longArrayOf(1, 3, {height}, {width})))
val values = module.forward(input)[0].toTensor().dataAsFloatArray
""",
    swift="""
import ExecuTorch
let module = Module(filePath: bundle + "/{file}")
let picture: [Float] = normalised  // 3 x {height} x {width}: all red, all green, all blue, normalised as above
let outputs = try module.forward(Tensor<Float>(picture, shape: [1, 3, {height}, {width}]))
let values: [Float] = outputs[0].tensor()!.scalars()
""",
)

CORE_ML = LoadingCode(
    swift="""
import CoreML
let compiled = try await MLModel.compileModel(at: bundle.appendingPathComponent("{file}"))
let model = try MLModel(contentsOf: compiled, configuration: MLModelConfiguration())
// A CVPixelBuffer of {width} x {height} pixels, 32BGRA; the normalisation is inside the model.
let input = try MLDictionaryFeatureProvider(dictionary: ["{input}": MLFeatureValue(pixelBuffer: picture)])
let result = try await model.prediction(from: input, options: MLPredictionOptions())
let values = result.featureValue(for: "{output}")!.multiArrayValue!
"""
)
