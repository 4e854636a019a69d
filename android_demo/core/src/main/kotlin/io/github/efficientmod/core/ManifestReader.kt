package io.github.efficientmod.core

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

private const val MAJOR = "1"
private const val LONGEST_SIDE = 131_072
private val VERSION = Regex("(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)")
private val PATH = Regex("[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
private val OPEN_WORD = Regex("[a-z][a-z0-9]*([_-][a-z0-9]+)*")
private val NAME = Regex("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z0-9_]+)*")
private val SHA_256 = Regex("[0-9a-f]{64}")

/**
 * The manifest in the [content] of `manifest.json`. Fields that it does not know are ignored, since a later minor version
 * may have added them. Throws [BundleException] with the problem that it met first; contradictions are told all at once.
 */
fun readManifest(content: ByteArray): Manifest {
    val root =
        try {
            Field(parseJson(utf8(content)), "")
        } catch (error: IllegalArgumentException) {
            throw refused(listOf(Problem(Refusal.NOT_JSON, MANIFEST_NAME, "it is not JSON (${error.message})")), error)
        }
    checkVersion(root)
    val manifest =
        try {
            manifest(root)
        } catch (error: FieldException) {
            val place = error.place.ifEmpty { null }
            throw refused(listOf(Problem(error.refusal, MANIFEST_NAME, error.message.orEmpty(), place)), error)
        }
    val contradictions = contradictions(manifest).toList()
    if (contradictions.isNotEmpty()) throw refused(contradictions)
    return manifest
}

private fun refused(
    problems: List<Problem>,
    cause: Throwable? = null,
) = BundleException("The bundle's manifest is damaged", problems, cause = cause)

private fun checkVersion(root: Field) {
    val version =
        (
            (root.element as? JsonObject)?.get(
                "format_version",
            ) as? JsonPrimitive
        )?.takeIf { it.isString }?.content
    val major = version?.let { VERSION.matchEntire(it) }?.groupValues?.get(1)
    if (major == null) {
        val problem = Problem(Refusal.NO_FORMAT_VERSION, MANIFEST_NAME, "it has no format_version such as 1.0")
        throw BundleException("This is not a bundle's manifest", listOf(problem), "Name the folder of an export.")
    }
    if (major != MAJOR) {
        val text = "its format version is $version, and this app reads $MAJOR.0 and other versions $MAJOR.x"
        val problem = Problem(Refusal.UNKNOWN_MAJOR_VERSION, MANIFEST_NAME, text)
        throw BundleException(
            "The bundle cannot be read",
            listOf(problem),
            "Use an app for that version, or export again.",
        )
    }
}

private fun manifest(root: Field) =
    Manifest(
        formatVersion = root["format_version"].string(),
        generator = root["generator"].let { Generator(it["name"].text(), it["version"].text()) },
        status = root["status"].word(Status.entries),
        task = root["task"]["name"].openWord(),
        model = model(root["model"]),
        inputs = root["inputs"].list(1) { networkInput(this) },
        outputs = root["outputs"].list(1) { networkOutput(this) },
        afterNetwork =
            root["after_network"].list {
                Step(get("step").openWord(), get("output").name(), get("parameters").jsonObject())
            },
        labels = root["labels"].orNull { labels(this) },
        artifacts = root["artifacts"].list(1) { artifact(this) },
        failed =
            root["failed"].list {
                FailedVariant(get("target").openWord(), get("precision").openWord(), get("reason").text())
            },
        golden = root["golden"].list(1) { goldenSample(this) },
        proof = stored(root["proof"]),
        otherFiles = root["other_files"].list { stored(this) },
    )

private fun model(field: Field): Model {
    val weights = field["weights"]
    return Model(
        name = field["name"].text(),
        numClasses = field["num_classes"].orNull { side() },
        weights =
            Weights(
                kind = weights["kind"].word(WeightsKind.entries),
                sha256 = weights["sha256"].orNull { sha256() },
                seed = weights["seed"].orNull { integer(-MOST_INTEGER, MOST_INTEGER) },
                statement = weights["statement"].text(),
            ),
    )
}

private fun networkInput(field: Field) =
    NetworkInput(
        name = field["name"].name(),
        shape = field["shape"].list { side() },
        dtype = field["dtype"].word(Dtype.entries.filter { it.ofNetwork }),
        layout = field["layout"].word(Layout.entries),
        kind = field["kind"].word(InputKind.entries),
        preprocessing = field["preprocessing"].orNull { preprocessing(this) },
    )

private fun networkOutput(field: Field) =
    NetworkOutput(
        name = field["name"].name(),
        shape = field["shape"].list { side() },
        dtype = field["dtype"].word(Dtype.entries.filter { it.ofNetwork }),
        layout = field["layout"].word(Layout.entries),
        role = field["role"].openWord(),
        meaning = field["meaning"].openWord(),
    )

internal fun preprocessing(field: Field): Preprocessing {
    field["orientation"].only("exif")
    field["alpha"].only("over_white")
    field["color_order"].only("RGB")
    field["divisor"].integer(255, 255)
    val resize = field["resize"]
    val crop = field["crop"]
    return Preprocessing(
        resize =
            Resize(
                rule = resize["rule"].word(ResizeRule.entries),
                height = resize["height"].side(LONGEST_SIDE),
                width = resize["width"].side(LONGEST_SIDE),
                interpolation = resize["interpolation"].word(Interpolation.entries),
                antialias = resize["antialias"].boolean(),
            ),
        crop =
            Crop(
                position = crop["position"].word(CropPosition.entries),
                height = crop["height"].side(LONGEST_SIDE),
                width = crop["width"].side(LONGEST_SIDE),
                fill = crop["fill"].orNull { three { integer(0, 255).toInt() } },
            ),
        normalisation = normalisation(field),
    )
}

internal fun normalisation(field: Field) =
    Normalisation(
        mean = field["mean"].three { number() },
        std = field["std"].three { number().also { if (it <= 0) wrong("$it is not above 0") } },
    )

private fun artifact(field: Field): Artifact {
    val stored = stored(field)
    return Artifact(
        file = stored.file,
        sha256 = stored.sha256,
        size = stored.size,
        kind = field["kind"].word(ArtifactKind.entries),
        part = field["part"].openWord(),
        target = field["target"].openWord(),
        precision = field["precision"].openWord(),
        runtime = field["runtime"].text(),
        leastRuntime = field["least_runtime"].text(),
        inputs = field["inputs"].list(1) { artifactInput(this) },
        outputs = field["outputs"].list(1) { artifactOutput(this) },
        proofs = field["proofs"].list(1) { unitProof(this) },
        calibration =
            field["calibration"].orNull {
                Calibration(get("statement").text(), get("pictures").list(1) { text() })
            },
    )
}

private fun artifactInput(field: Field) =
    ArtifactInput(
        name = field["name"].text(),
        shape = field["shape"].list { side() },
        dtype = field["dtype"].word(Dtype.entries),
        layout = field["layout"].word(Layout.entries),
        input = field["input"].name(),
        normalisation = field["normalisation"].orNull { normalisation(this) },
    )

private fun artifactOutput(field: Field) =
    ArtifactOutput(
        name = field["name"].text(),
        shape = field["shape"].list { side() },
        dtype = field["dtype"].word(Dtype.entries),
        layout = field["layout"].word(Layout.entries),
        output = field["output"].name(),
    )

private fun unitProof(field: Field): UnitProof {
    val limits = field["limits"]
    return UnitProof(
        unit = field["unit"].openWord(),
        computePrecision = field["compute_precision"].openWord(),
        threads = field["threads"].orNull { side() },
        state = field["state"].word(ProofState.entries),
        reason = field["reason"].orNull { text() },
        limits =
            Limits(
                maxRelativeError = limits["max_relative_error"].notNegative(),
                meanRelativeError = limits["mean_relative_error"].notNegative(),
                cosine = limits["cosine"].number(),
                sqnrDb = limits["sqnr_db"].number(),
                displacement = limits["displacement"].notNegative(),
            ),
    )
}

private fun goldenSample(field: Field) =
    GoldenSample(
        name = field["name"].name(),
        kind = field["kind"].openWord(),
        inputs =
            field["inputs"].list(1) {
                GoldenInput(get("input").name(), get("picture").orNull { goldenPicture(this) }, stored(get("tensor")))
            },
        outputs = field["outputs"].list(1) { GoldenOutput(get("output").name(), stored(get("tensor"))) },
    )

private fun goldenPicture(field: Field): GoldenPicture {
    val stored = stored(field)
    return GoldenPicture(
        file = stored.file,
        sha256 = stored.sha256,
        size = stored.size,
        height = field["height"].side(),
        width = field["width"].side(),
        credit = field["credit"].orNull { text() },
    )
}

private fun labels(field: Field): LabelsFile =
    stored(field).let { LabelsFile(it.file, it.sha256, it.size, field["count"].side()) }

private fun stored(field: Field) =
    StoredFile(
        file = field["file"].matching(PATH, "a plain path inside the bundle", Refusal.PATH_OUTSIDE),
        sha256 = field["sha256"].sha256(),
        size = field["size"].integer(0, MOST_INTEGER),
    )

private fun Field.openWord() = matching(OPEN_WORD, "a word of a-z, 0-9, - and _")

private fun Field.name() = matching(NAME, "a name of letters, digits, _ and dots")

private fun Field.sha256() = matching(SHA_256, "a SHA-256 in lower-case hexadecimal")

private fun Field.only(value: String) {
    if (string() != value) wrong("${Field.shown(string())} is not $value")
}

private fun Field.notNegative(): Double = number().also { if (it < 0) wrong("$it is below 0") }

private fun Field.jsonObject(): JsonObject = element as? JsonObject ?: wrong("it is no object")

private fun <T> Field.three(read: Field.() -> T): List<T> =
    list(read = read).also { if (it.size != 3) wrong("it has ${it.size} numbers in place of 3") }
