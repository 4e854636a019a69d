package io.github.efficientmod.core

/** A golden sample as an artifact is fed and judged: its own [inputs], and the [references] of the network's outputs. */
class ReplaySample(
    val name: String,
    val inputs: List<Values>,
    val references: List<Values>,
)

/** The golden samples of a bundle, made of its pictures as an app makes inputs. */
class Golden(
    private val bundle: Bundle,
    private val decoder: PictureDecoder,
) {
    private val manifest = bundle.manifest
    private val preprocessors = manifest.inputs.associate { it.name to it.preprocessing?.let(::Preprocessor) }
    private val forms = mutableMapOf<List<ArtifactInput>, List<ReplaySample>>()

    /** The problems of the golden files; they are read once. */
    val problems: List<Problem> by lazy {
        manifest.golden.flatMap { it.files() }.mapNotNull { bundle.check(it) }
    }

    /** What each network input of each sample is: pixels where it is a picture, else values. */
    private val sources: List<List<Source>> by lazy {
        manifest.golden.map { sample -> manifest.inputs.indices.map { source(manifest.inputs[it], sample.inputs[it]) } }
    }

    /** How many values of each picture's preprocessed input are not the golden tensor's, compared as bits. */
    val preprocessing: List<DifferingValues> by lazy {
        manifest.golden.indices.flatMap { index ->
            sources[index].mapIndexedNotNull { input, source ->
                source.differing?.let { DifferingValues(manifest.golden[index].name, manifest.inputs[input].name, it) }
            }
        }
    }

    /** Whether the golden outputs are few enough to be kept in a report. */
    val areKept: Boolean = manifest.golden.flatMap { it.outputs }.sumOf { it.tensor.size } <= RAW_LIMIT_BYTES

    /** The samples for an artifact, made once for all artifacts that take the same. */
    fun samples(artifact: Artifact): List<ReplaySample> =
        forms.getOrPut(artifact.inputs) {
            manifest.golden.indices.map { index ->
                val sample = manifest.golden[index]
                val references =
                    manifest.outputs.zip(sample.outputs) { declared, output ->
                        Values.of(declared.dtype, declared.shape, bundle.bytes(output.tensor))
                    }
                ReplaySample(sample.name, artifact.inputs.map { own(it, sources[index]) }, references)
            }
        }

    private fun own(
        input: ArtifactInput,
        sources: List<Source>,
    ): Values {
        val place = manifest.inputs.indexOfFirst { it.name == input.input }
        val source = sources[place]
        return source.pixels?.let { PictureFeed(input).values(it) }
            ?: tensorInput(input, manifest.inputs[place], source.values)
    }

    private fun source(
        input: NetworkInput,
        given: GoldenInput,
    ): Source {
        val values = Values.of(input.dtype, input.shape, bundle.bytes(given.tensor))
        val preprocessor = preprocessors[input.name] ?: return Source(values, null, null)
        val shared = preprocessor.pixels(decoder.upright(bundle.bytes(given.picture!!)))
        val pixels = Picture(shared.height, shared.width, shared.rgb.copyOf())
        return Source(values, pixels, differing(Values.of(input.shape, preprocessor.tensor(pixels)), values))
    }

    private class Source(
        val values: Values,
        val pixels: Picture?,
        val differing: Int?,
    )
}

/** An artifact's outputs as the network declares them, in its order; as they are where their count is another. */
fun declaredOutputs(
    manifest: Manifest,
    artifact: Artifact,
    outputs: List<Values>,
): List<Values> =
    if (outputs.size != artifact.outputs.size) {
        outputs
    } else {
        manifest.outputs.map { declared ->
            val place = artifact.outputs.indexOfFirst { it.output == declared.name }
            networkOutput(artifact.outputs[place], declared, outputs[place])
        }
    }

private fun differing(
    made: Values,
    golden: Values,
): Int {
    val size = golden.dtype.bytes
    if (made.bytes.size != golden.bytes.size) return golden.count
    return (0 until golden.count).count { value ->
        (value * size until (value + 1) * size).any { made.bytes[it] != golden.bytes[it] }
    }
}
