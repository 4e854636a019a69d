package io.github.efficientmod.core

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import java.math.BigDecimal
import java.math.MathContext
import java.math.RoundingMode
import kotlin.math.abs

// docs/bundle_format.md, "Faults" and "Verdict", defines everything in this file.

/** Whether outputs are the reference's. */
@Serializable
enum class Outcome {
    @SerialName("passed")
    PASSED,

    @SerialName("failed")
    FAILED,
}

/** The metrics of every output of one sample, or its faults; never both. */
@Serializable
data class JudgedSample(
    val sample: String,
    val outputs: List<OutputMetrics>,
    val faults: List<OutputFault>,
)

/** A quantity of an output (by its index) that is beyond its limit on at least one sample. */
@Serializable
data class Violation(
    val output: Int,
    val quantity: String,
)

/** What a replay found; [violations] are sorted, [worst] has an entry for each output. */
@Serializable
data class Verdict(
    val outcome: Outcome,
    val limits: Limits,
    val samples: List<JudgedSample>,
    val worst: List<OutputMetrics>,
    val violations: List<Violation>,
) {
    /** Whether the artifact computes what the reference computes. */
    val passed: Boolean get() = outcome == Outcome.PASSED

    /** Why it failed, the faults first. */
    fun reasons(): List<String> =
        samples.flatMap { sample -> sample.faults.map { "${sample.sample}: ${it.sentence}" } } +
            violations.map { violation ->
                val found = excesses(violation)
                val (sample, excess) = found.first()
                val others = if (found.size > 1) " and beyond it on ${found.size - 1} more" else ""
                "output ${violation.output}: ${excess.sentence} on $sample$others"
            }

    /** What is beyond its limit by a violation, with the name of each sample. */
    fun excesses(violation: Violation): List<Pair<String, Excess>> =
        samples.mapNotNull { sample ->
            val output = sample.outputs.firstOrNull { it.output == violation.output }
            val excess = output?.let { beyond(it, limits) }?.firstOrNull { it.quantity == violation.quantity }
            excess?.let { sample.sample to it }
        }
}

/** A [quantity] of one output that is beyond its limit; value and limit as texts, [isUnder] where more would be better. */
class Excess(
    val quantity: String,
    val value: String,
    val limit: String,
    val isUnder: Boolean,
) {
    /** In words. */
    val sentence: String
        get() =
            when (quantity) {
                "top1", "top5" -> "$quantity differs by $value of the range, over $limit"
                "sqnr_db" -> "SQNR $value dB is under $limit dB"
                else -> "$quantity $value is ${if (isUnder) "under" else "over"} $limit"
            }
}

/** Compares [results] with [references], sample by sample; relative errors are of an output's range over all references. */
fun judge(
    names: List<String>,
    references: List<List<Values>>,
    results: List<List<Values>>,
    limits: Limits,
): Verdict {
    val ranges = referenceRanges(references)
    val samples =
        names.indices.map { index ->
            val faults = outputFaults(references[index], results[index])
            val outputs = if (faults.isEmpty()) measure(references[index], results[index], ranges) else emptyList()
            JudgedSample(names[index], outputs, faults)
        }
    val measured = samples.map { it.outputs }.filter { it.isNotEmpty() }
    val violations =
        measured
            .flatten()
            .flatMap { output -> beyond(output, limits).map { Violation(output.output, it.quantity) } }
            .distinct()
            .sortedWith(compareBy({ it.output }, { it.quantity }))
    val failed = violations.isNotEmpty() || samples.any { it.faults.isNotEmpty() }
    return Verdict(
        outcome = if (failed) Outcome.FAILED else Outcome.PASSED,
        limits = limits,
        samples = samples,
        worst =
            measured
                .firstOrNull()
                .orEmpty()
                .indices
                .map { index -> worst(measured.map { it[index] }) },
        violations = violations,
    )
}

/** What one output has beyond its limits; a value that equals its limit passes. */
private fun beyond(
    metrics: OutputMetrics,
    limits: Limits,
): List<Excess> =
    buildList {
        fun error(
            name: String,
            value: Double?,
            limit: Double,
        ) {
            if (value != null && value > limit) add(Excess(name, scientific(value, 3), scientific(limit, 2), false))
        }
        error("max_relative_error", metrics.maxRelativeError, limits.maxRelativeError)
        error("mean_relative_error", metrics.meanRelativeError, limits.meanRelativeError)
        if (metrics.cosine < limits.cosine) add(Excess("cosine", fixed(metrics.cosine, 7), "${limits.cosine}", true))
        if (metrics.sqnrDb < limits.sqnrDb) add(Excess("sqnr_db", fixed(metrics.sqnrDb, 1), "${limits.sqnrDb}", true))
        error("top1", metrics.top1?.displacement, limits.displacement)
        error("top5", metrics.top5?.displacement, limits.displacement)
    }

/** Such as 3.10e-02. */
fun scientific(
    value: Double,
    digits: Int,
): String {
    if (value == 0.0) return "${fixed(value, digits - 1)}e+00"
    val rounded = BigDecimal(value).round(MathContext(digits, RoundingMode.HALF_EVEN))
    val exponent = rounded.precision() - rounded.scale() - 1
    val mantissa = rounded.scaleByPowerOfTen(-exponent).setScale(digits - 1).toPlainString()
    val sign = if (exponent < 0) "-" else "+"
    return "${mantissa}e$sign${abs(exponent).toString().padStart(2, '0')}"
}

/** With [decimals] digits after the point, in every language. */
fun fixed(
    value: Double,
    decimals: Int,
): String = BigDecimal(value).setScale(decimals, RoundingMode.HALF_EVEN).toPlainString()
