package io.github.efficientmod.core

private const val MAIN = "main"

/** The rules between fields that [manifest] breaks. */
internal fun contradictions(manifest: Manifest): Sequence<Problem> =
    sequence {
        yieldAll(statusAndClasses(manifest))
        yieldAll(weights(manifest.model.weights))
        yieldAll(namesUsedTwice(manifest))
        yieldAll(placesUsedTwice(manifest.files()))
        manifest.inputs.forEach { yieldAll(input(it)) }
        manifest.outputs.forEach { yieldAll(layout(it)) }
        for (step in manifest.afterNetwork) {
            if (manifest.outputs.none { it.name == step.output }) {
                yield("the step ${step.step} is for ${step.output}, which is not an output")
            }
        }
        manifest.artifacts.forEach { yieldAll(artifact(it, manifest)) }
        manifest.golden.forEach { yieldAll(golden(it, manifest)) }
    }.map { Problem(Refusal.CONTRADICTION, MANIFEST_NAME, it) }

private fun statusAndClasses(manifest: Manifest) =
    sequence {
        if (manifest.artifacts.any { it.hasFailed } != (manifest.status == Status.FAILED)) {
            yield("the status must be failed exactly when an artifact failed, but is ${manifest.status.word}")
        }
        val classes = manifest.model.numClasses
        if (manifest.labels != null && manifest.labels.count != classes) {
            yield("${manifest.labels.count} labels for $classes classes")
        }
    }

private fun weights(weights: Weights) =
    sequence {
        val seeded = weights.kind == WeightsKind.SEEDED
        if (seeded != (weights.sha256 == null) || seeded != (weights.seed != null)) {
            yield("seeded weights need a seed, and all others a SHA-256")
        }
        if (seeded != (weights.statement == SEEDED_STATEMENT)) {
            yield("the statement must be '$SEEDED_STATEMENT' for seeded weights, and only for them")
        }
    }

private fun namesUsedTwice(manifest: Manifest) =
    sequence {
        yieldAll(repeated("inputs or outputs", manifest.inputs.map { it.name } + manifest.outputs.map { it.name }))
        yieldAll(repeated("samples", manifest.golden.map { it.name }))
        yieldAll(repeated("artifacts", manifest.artifacts.map { "${it.target} ${it.precision} ${it.part}" }))
    }

private fun repeated(
    what: String,
    names: List<String>,
): Sequence<String> {
    val counts = names.groupingBy { it }.eachCount()
    return counts.asSequence().filter { it.value > 1 }.map { "two $what have the name ${it.key}" }
}

private fun placesUsedTwice(files: List<Stored>) =
    sequence {
        // Without regard to case: Apple's, Windows' and Android's shared storage take `a` and `A` for one name.
        val seen = mutableSetOf(MANIFEST_NAME)
        val folders = mutableSetOf<String>()
        for (stored in files) {
            val place = stored.file.lowercase()
            val parents = place.indices.filter { place[it] == '/' }.map { place.take(it) }
            if (place in seen || place in folders || parents.any { it in seen }) {
                yield("${stored.file} is listed twice, or inside another listed file")
            }
            seen += place
            folders += parents
        }
    }

private fun layout(tensor: Tensor) =
    sequence {
        if (tensor.layout != Layout.ANY && tensor.shape.size != 4) {
            yield("${tensor.name}: a tensor of shape ${tensor.shape} has no layout ${tensor.layout.word}")
        }
    }

private fun input(input: NetworkInput) =
    sequence {
        yieldAll(layout(input))
        val preprocessing = input.preprocessing
        if ((input.kind == InputKind.PICTURE) != (preprocessing != null)) {
            yield("${input.name}: a preprocessing is required for a picture, and not allowed for other inputs")
        }
        if (preprocessing != null) {
            val crop = preprocessing.crop
            val shape = listOf(1, 3, crop.height, crop.width)
            if (input.shape != shape || input.dtype != Dtype.FLOAT32 || input.layout != Layout.NCHW) {
                yield("${input.name}: a picture becomes float32 NCHW of shape $shape")
            }
            yieldAll(preprocessing(preprocessing).map { "${input.name}: $it" })
        }
    }

private fun preprocessing(steps: Preprocessing) =
    sequence {
        val (resize, crop) = steps
        if ((resize.rule == ResizeRule.LETTERBOX) != (crop.fill != null)) {
            yield("a fill colour is required for the rule letterbox, and not allowed for others")
        }
        if (crop.fill == null && (resize.height < crop.height || resize.width < crop.width)) {
            yield("the crop is larger than the scaled picture")
        }
        if (resize.rule == ResizeRule.SHORTER_SIDE && resize.height != resize.width) {
            yield("the rule shorter_side needs equal height and width")
        }
        if (resize.antialias == (resize.interpolation == Interpolation.NEAREST)) {
            yield("bicubic and bilinear are antialiased, nearest is not")
        }
    }

private fun artifact(
    artifact: Artifact,
    manifest: Manifest,
) = sequence {
    val tensors: List<Tensor> = manifest.inputs + manifest.outputs
    val own = artifact.inputs.map { it.input to it } + artifact.outputs.map { it.output to it }
    yieldAll(repeated("inputs or outputs of ${artifact.file}", own.map { it.first }))
    for ((name, tensor) in own) {
        val declared = tensors.firstOrNull { it.name == name }
        yieldAll(layout(tensor).map { "${artifact.file}: $it" })
        if (declared == null) {
            yield("${artifact.file} has $name, which is not an input or output of the network")
        } else if (!fits(tensor, declared)) {
            val (have, want) = listOf(tensor, declared).map { "${it.shape} ${it.layout.word}" }
            yield("${artifact.file}: ${tensor.name} is $have for $want")
        }
    }
    val pictures = manifest.inputs.filter { it.kind == InputKind.PICTURE }.map { it.name }
    if (artifact.inputs.any { it.normalisation != null && it.input !in pictures }) {
        yield("${artifact.file} normalises an input that is not a picture")
    }
    if (artifact.part == MAIN && own.map { it.first }.toSet() != tensors.map { it.name }.toSet()) {
        yield("${artifact.file} is the whole network and lacks some of its inputs or outputs")
    }
    yieldAll(proofs(artifact))
}

private fun fits(
    own: Tensor,
    declared: Tensor,
): Boolean =
    (own.layout == Layout.ANY) == (declared.layout == Layout.ANY) &&
        shapeIn(own.shape, own.layout, declared.layout) == declared.shape

private fun proofs(artifact: Artifact) =
    sequence {
        val rows = artifact.proofs.map { "${it.unit} ${it.computePrecision} ${it.threads}" }
        yieldAll(repeated("proofs of ${artifact.file}", rows))
        for (proof in artifact.proofs) {
            if ((proof.state == ProofState.PROVEN) != (proof.reason == null)) {
                yield("${artifact.file}: a proof has a reason exactly when it is not proven")
            }
        }
    }

private fun golden(
    sample: GoldenSample,
    manifest: Manifest,
) = sequence {
    val sizes = (sample.inputs.map { it.tensor.size } + sample.outputs.map { it.tensor.size }).map { it.toBigInteger() }
    if (sample.inputs.map { it.input } != manifest.inputs.map { it.name }) {
        yield("the inputs of the sample ${sample.name} are not the network's")
    } else if (sample.outputs.map { it.output } != manifest.outputs.map { it.name }) {
        yield("the outputs of the sample ${sample.name} are not the network's")
    } else if (sizes != (manifest.inputs + manifest.outputs).map { it.bytes }) {
        yield("the size of a tensor of the sample ${sample.name} does not match its shape")
    }
    if (sample.inputs.map { it.picture != null } != manifest.inputs.map { it.kind == InputKind.PICTURE }) {
        yield("the sample ${sample.name} must have a picture for each input of kind picture, and for no other input")
    }
}
