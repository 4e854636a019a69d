package io.github.efficientmod.core

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonObject
import java.math.BigInteger

/** The name of the one file of a bundle whose name is fixed. */
const val MANIFEST_NAME = "manifest.json"

/** The statement of weights that mean nothing; an app shows it with every result. */
const val SEEDED_STATEMENT = "seeded: for latency only"

/** What `manifest.json` says; `docs/bundle_format.md` explains every field. Open words are texts. */
data class Manifest(
    val formatVersion: String,
    val generator: Generator,
    val status: Status,
    val task: String,
    val model: Model,
    val inputs: List<NetworkInput>,
    val outputs: List<NetworkOutput>,
    val afterNetwork: List<Step>,
    val labels: LabelsFile?,
    val artifacts: List<Artifact>,
    val failed: List<FailedVariant>,
    val golden: List<GoldenSample>,
    val proof: StoredFile,
    val otherFiles: List<StoredFile>,
) {
    /** Every file that it lists, in the order in which problems are told. */
    fun files(): List<Stored> =
        artifacts + listOfNotNull(labels) + golden.flatMap { it.files() } + listOf(proof) + otherFiles
}

/** Whether an artifact failed: such a bundle is for finding out why, and for no app. */
enum class Status(
    override val word: String,
) : Word {
    PASSED("passed"),
    FAILED("failed"),
}

/** What wrote the bundle. */
@Serializable
data class Generator(
    val name: String,
    val version: String,
)

/** The network that every artifact computes; [numClasses] is null where it is no classifier. */
data class Model(
    val name: String,
    val numClasses: Int?,
    val weights: Weights,
)

/** Where the weights come from; [sha256] is null exactly for seeded weights, [seed] for all others. */
@Serializable
data class Weights(
    val kind: WeightsKind,
    val sha256: String?,
    val seed: Long?,
    val statement: String,
)

/** Where weights come from: a file, a user's own module, or a seed. */
@Serializable
enum class WeightsKind(
    override val word: String,
) : Word {
    @SerialName("checkpoint")
    CHECKPOINT("checkpoint"),

    @SerialName("module")
    MODULE("module"),

    @SerialName("seeded")
    SEEDED("seeded"),
}

/** A file or folder of the bundle with its SHA-256 and its size in bytes. */
sealed interface Stored {
    val file: String
    val sha256: String
    val size: Long
}

/** A file of which nothing else is known. */
data class StoredFile(
    override val file: String,
    override val sha256: String,
    override val size: Long,
) : Stored

/** The class names, [count] lines. */
data class LabelsFile(
    override val file: String,
    override val sha256: String,
    override val size: Long,
    val count: Int,
) : Stored

/** A tensor of the network or of an artifact. */
sealed interface Tensor {
    val name: String
    val shape: List<Int>
    val dtype: Dtype
    val layout: Layout

    /** How many values it has. */
    val count: BigInteger get() = shape.fold(BigInteger.ONE) { product, side -> product * side.toBigInteger() }

    /** Bytes of its values without padding. */
    val bytes: BigInteger get() = count * dtype.bytes.toBigInteger()
}

/** The types of a tensor's values; [bytes] of one. The network's own are those with [ofNetwork]. */
enum class Dtype(
    override val word: String,
    val bytes: Int,
    val ofNetwork: Boolean = false,
) : Word {
    FLOAT32("float32", 4, ofNetwork = true),
    FLOAT16("float16", 2),
    INT64("int64", 8, ofNetwork = true),
    INT32("int32", 4, ofNetwork = true),
    INT8("int8", 1),
    UINT8("uint8", 1),
    BOOL("bool", 1, ofNetwork = true),
}

/** The order of a tensor's axes; ANY for another rank than four. */
enum class Layout(
    override val word: String,
) : Word {
    NCHW("NCHW"),
    NHWC("NHWC"),
    ANY("any"),
}

/** An input of the network; [preprocessing] is null exactly where it is no picture. */
data class NetworkInput(
    override val name: String,
    override val shape: List<Int>,
    override val dtype: Dtype,
    override val layout: Layout,
    val kind: InputKind,
    val preprocessing: Preprocessing?,
) : Tensor

/** A picture, or a tensor whose values come from elsewhere. */
enum class InputKind(
    override val word: String,
) : Word {
    PICTURE("picture"),
    TENSOR("tensor"),
}

/** An output of the network: [role] is what it is for, [meaning] what its numbers are. */
data class NetworkOutput(
    override val name: String,
    override val shape: List<Int>,
    override val dtype: Dtype,
    override val layout: Layout,
    val role: String,
    val meaning: String,
) : Tensor

/** What an app does with [output]; [parameters] depend on the [step], an open word. */
data class Step(
    val step: String,
    val output: String,
    val parameters: JsonObject,
)

/** A converted network. */
data class Artifact(
    override val file: String,
    override val sha256: String,
    override val size: Long,
    val kind: ArtifactKind,
    val part: String,
    val target: String,
    val precision: String,
    val runtime: String,
    val leastRuntime: String,
    val inputs: List<ArtifactInput>,
    val outputs: List<ArtifactOutput>,
    val proofs: List<UnitProof>,
    val calibration: Calibration?,
) : Stored {
    /** Whether a proof failed, and none on another unit succeeded. */
    val hasFailed: Boolean
        get() = proofs.any { it.state == ProofState.FAILED } && proofs.none { it.state.holds }
}

/** The pictures for which weights were rounded: in a sentence, and the name of each. */
data class Calibration(
    val statement: String,
    val pictures: List<String>,
)

/** An .mlpackage is a folder. */
enum class ArtifactKind(
    override val word: String,
) : Word {
    FILE("file"),
    FOLDER("folder"),
}

/** What the runtime takes in place of the network's [input]; [normalisation] null takes pixels as they are. */
data class ArtifactInput(
    override val name: String,
    override val shape: List<Int>,
    override val dtype: Dtype,
    override val layout: Layout,
    val input: String,
    val normalisation: Normalisation?,
) : Tensor

/** What the runtime gives, which is the network's [output]. */
data class ArtifactOutput(
    override val name: String,
    override val shape: List<Int>,
    override val dtype: Dtype,
    override val layout: Layout,
    val output: String,
) : Tensor

/** (pixel / 255 - mean) / std for R, G and B. */
data class Normalisation(
    val mean: List<Double>,
    val std: List<Double>,
)

/** What is known of an artifact on [unit]; [reason] is null exactly where it is proven. */
data class UnitProof(
    val unit: String,
    val computePrecision: String,
    val threads: Int?,
    val state: ProofState,
    val reason: String?,
    val limits: Limits,
)

/** What was found at the export; [holds] where the outputs were right. */
enum class ProofState(
    override val word: String,
    val holds: Boolean,
) : Word {
    PROVEN("proven", true),
    INTERPRETED("interpreted", true),
    FAILED("failed", false),
    REFUSED("refused", false),
    NOT_RUN_HERE("not_run_here", false),
}

/** What a replay must keep: the most of the errors and of the displacement, the least of the others. */
@Serializable
data class Limits(
    @SerialName("max_relative_error") val maxRelativeError: Double,
    @SerialName("mean_relative_error") val meanRelativeError: Double,
    val cosine: Double,
    @SerialName("sqnr_db") val sqnrDb: Double,
    val displacement: Double,
)

/** What was asked for and could not be made. */
data class FailedVariant(
    val target: String,
    val precision: String,
    val reason: String,
)

/** Inputs, and the outputs of the reference for them, in the order of the network's. */
data class GoldenSample(
    val name: String,
    val kind: String,
    val inputs: List<GoldenInput>,
    val outputs: List<GoldenOutput>,
) {
    /** Its files: pictures, inputs, outputs. */
    fun files(): List<Stored> = inputs.mapNotNull { it.picture } + inputs.map { it.tensor } + outputs.map { it.tensor }
}

/** The values of the network's [input], and the picture that they were made of. */
data class GoldenInput(
    val input: String,
    val picture: GoldenPicture?,
    val tensor: StoredFile,
)

/** An 8-bit RGB PNG; [credit] is whom a copy must name. */
data class GoldenPicture(
    override val file: String,
    override val sha256: String,
    override val size: Long,
    val height: Int,
    val width: Int,
    val credit: String?,
) : Stored

/** The reference's values of the network's [output]. */
data class GoldenOutput(
    val output: String,
    val tensor: StoredFile,
)
