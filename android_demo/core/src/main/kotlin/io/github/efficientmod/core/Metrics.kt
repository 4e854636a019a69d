package io.github.efficientmod.core

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.Transient
import kotlin.math.abs
import kotlin.math.log10
import kotlin.math.max
import kotlin.math.min
import kotlin.math.sqrt

// docs/bundle_format.md, "Faults" and "Metrics", defines everything in this file.

private const val SQNR_CAP_DB = 200.0

/** Whether the k best classes are the reference's; [margin] and [displacement] are fractions of the range. */
@Serializable
data class Agreement(
    val agrees: Boolean,
    val margin: Double,
    val displacement: Double,
)

/** The difference of one output from the reference; [output] is its index. */
@Serializable
data class OutputMetrics(
    val output: Int,
    val range: Double,
    @SerialName("max_abs_error") val maxAbsError: Double,
    @SerialName("mean_abs_error") val meanAbsError: Double,
    @SerialName("max_relative_error") val maxRelativeError: Double,
    @SerialName("mean_relative_error") val meanRelativeError: Double,
    val cosine: Double,
    @SerialName("sqnr_db") val sqnrDb: Double,
    val top1: Agreement?,
    val top5: Agreement?,
)

/** Why the numbers of an output would mean nothing. */
@Serializable
enum class Fault {
    @SerialName("output_count")
    OUTPUT_COUNT,

    @SerialName("shape")
    SHAPE,

    @SerialName("dtype")
    DTYPE,

    @SerialName("reference_not_finite")
    REFERENCE_NOT_FINITE,

    @SerialName("not_finite")
    NOT_FINITE,
}

/** A fault of an [output], by its index, which is null where the count of outputs is wrong; [sentence] is for people. */
@Serializable
data class OutputFault(
    val output: Int?,
    val fault: Fault,
    @Transient val sentence: String = "",
)

/** The range of each output over all samples; values that are not finite do not count. */
fun referenceRanges(references: List<List<Values>>): List<Double> =
    references.first().indices.map { index -> rangeOf(references.map { it[index].doubles() }) }

/** A fault of a wrong count of outputs, else one for each output that has some. */
fun outputFaults(
    reference: List<Values>,
    result: List<Values>,
): List<OutputFault> {
    if (reference.size != result.size) {
        val sentence = "${result.size} outputs where the reference has ${reference.size}"
        return listOf(OutputFault(null, Fault.OUTPUT_COUNT, sentence))
    }
    return reference.indices.mapNotNull { outputFault(it, reference[it], result[it]) }
}

/** The metrics of every output of a sample that has no fault. */
fun measure(
    reference: List<Values>,
    result: List<Values>,
    ranges: List<Double>,
): List<OutputMetrics> = reference.indices.map { measureOutput(it, reference[it], result[it], ranges[it]) }

/** The least favourable of each number over the samples of one output. */
fun worst(several: List<OutputMetrics>): OutputMetrics =
    OutputMetrics(
        output = several.first().output,
        range = several.minOf { it.range },
        maxAbsError = several.maxOf { it.maxAbsError },
        meanAbsError = several.maxOf { it.meanAbsError },
        maxRelativeError = several.maxOf { it.maxRelativeError },
        meanRelativeError = several.maxOf { it.meanRelativeError },
        cosine = several.minOf { it.cosine },
        sqnrDb = several.minOf { it.sqnrDb },
        top1 = worstAgreement(several.mapNotNull { it.top1 }),
        top5 = worstAgreement(several.mapNotNull { it.top5 }),
    )

private fun worstAgreement(several: List<Agreement>): Agreement? =
    if (several.isEmpty()) {
        null
    } else {
        Agreement(several.all { it.agrees }, several.minOf { it.margin }, several.maxOf { it.displacement })
    }

private fun outputFault(
    index: Int,
    reference: Values,
    result: Values,
): OutputFault? {
    if (result.shape != reference.shape) {
        val sentence = "output $index has shape ${tuple(
            result.shape,
        )} where the reference has ${tuple(reference.shape)}"
        return OutputFault(index, Fault.SHAPE, sentence)
    }
    if (result.dtype != reference.dtype) {
        val sentence = "output $index is ${result.dtype.word} where the reference is ${reference.dtype.word}"
        return OutputFault(index, Fault.DTYPE, sentence)
    }
    return notFinite("the reference's output", Fault.REFERENCE_NOT_FINITE, index, reference)
        ?: notFinite("output", Fault.NOT_FINITE, index, result)
}

private fun notFinite(
    name: String,
    kind: Fault,
    index: Int,
    tensor: Values,
): OutputFault? {
    val values = tensor.doubles()
    val broken = values.count { !it.isFinite() }
    if (broken == 0) return null
    return OutputFault(index, kind, "$name $index has $broken NaN or infinite values of ${values.size}")
}

/** A shape as the toolkit's sentences have it: (1, 1000), and (1000,). */
private fun tuple(shape: List<Int>): String =
    if (shape.size ==
        1
    ) {
        "(${shape[0]},)"
    } else {
        shape.joinToString(", ", "(", ")")
    }

private fun rangeOf(samples: List<DoubleArray>): Double {
    var least = Double.POSITIVE_INFINITY
    var largest = Double.NEGATIVE_INFINITY
    for (values in samples) {
        for (value in values) {
            if (value.isFinite()) {
                least = min(least, value)
                largest = max(largest, value)
            }
        }
    }
    if (least > largest) return 1.0
    return listOf(largest - least, max(abs(least), abs(largest))).firstOrNull { it != 0.0 } ?: 1.0
}

private fun measureOutput(
    index: Int,
    reference: Values,
    result: Values,
    range: Double,
): OutputMetrics {
    val r = reference.doubles()
    val y = result.doubles()
    val error = DoubleArray(r.size) { abs(y[it] - r[it]) }
    val largest = error.max()
    val mean = error.average()
    return OutputMetrics(
        output = index,
        range = range,
        maxAbsError = largest,
        meanAbsError = mean,
        maxRelativeError = largest / range,
        meanRelativeError = mean / range,
        cosine = cosine(r, y),
        sqnrDb = sqnrDb(r, error),
        top1 = agreement(reference.shape, r, y, 1, range),
        top5 = agreement(reference.shape, r, y, 5, range),
    )
}

private fun cosine(
    r: DoubleArray,
    y: DoubleArray,
): Double {
    val norms = sqrt(r.sumOf { it * it }) * sqrt(y.sumOf { it * it })
    if (norms == 0.0) return if (r.indices.all { r[it] == y[it] }) 1.0 else 0.0
    return min(1.0, r.indices.sumOf { r[it] * y[it] } / norms)
}

private fun sqnrDb(
    r: DoubleArray,
    error: DoubleArray,
): Double {
    val signal = r.sumOf { it * it }
    val noise = error.sumOf { it * it }
    return when {
        noise == 0.0 -> SQNR_CAP_DB
        signal == 0.0 -> -SQNR_CAP_DB
        else -> (10.0 * log10(signal / noise)).coerceIn(-SQNR_CAP_DB, SQNR_CAP_DB)
    }
}

private fun agreement(
    shape: List<Int>,
    r: DoubleArray,
    y: DoubleArray,
    k: Int,
    range: Double,
): Agreement? {
    if (shape.size != 2 || shape[1] <= k) return null
    val rows =
        (0 until shape[0]).map { row ->
            val span = row * shape[1] until (row + 1) * shape[1]
            rowAgreement(r.sliceArray(span), y.sliceArray(span), k, range)
        }
    return worstAgreement(rows)
}

private fun rowAgreement(
    r: DoubleArray,
    y: DoubleArray,
    k: Int,
    range: Double,
): Agreement {
    val best = descending(r)
    val expected = best.take(k).toSet()
    val found = descending(y).take(k).toSet()
    val lost = expected - found
    val displacement = if (lost.isEmpty()) 0.0 else lost.maxOf { r[it] } - (found - expected).minOf { r[it] }
    return Agreement(lost.isEmpty(), (r[best[k - 1]] - r[best[k]]) / range, displacement / range)
}

/** Indices by falling value; of equal values the lower index first (the sort is stable, and -0 equals 0). */
private fun descending(values: DoubleArray): List<Int> =
    values.indices.sortedWith { a, b ->
        if (values[a] > values[b]) {
            -1
        } else if (values[a] < values[b]) {
            1
        } else {
            0
        }
    }
