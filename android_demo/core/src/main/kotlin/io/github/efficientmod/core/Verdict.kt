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
            violations.map { violationSentence(it) }

    private fun violationSentence(violation: Violation): String {
        val found =
            samples.mapNotNull { sample ->
                val output = sample.outputs.firstOrNull { it.output == violation.output } ?: return@mapNotNull null
                beyond(output, limits)[violation.quantity]?.let { "$it on ${sample.sample}" }
            }
        val others = if (found.size > 1) " and beyond it on ${found.size - 1} more" else ""
        return "output ${violation.output}: ${found.first()}$others"
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
            .flatMap { output -> beyond(output, limits).keys.map { Violation(output.output, it) } }
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

/** What one output has beyond its limits, by quantity, in words; a value that equals its limit passes. */
private fun beyond(
    metrics: OutputMetrics,
    limits: Limits,
): Map<String, String> =
    buildMap {
        fun error(
            name: String,
            value: Double,
            limit: Double,
        ) {
            if (value > limit) put(name, "$name ${scientific(value, 3)} is over ${scientific(limit, 2)}")
        }
        error("max_relative_error", metrics.maxRelativeError, limits.maxRelativeError)
        error("mean_relative_error", metrics.meanRelativeError, limits.meanRelativeError)
        if (metrics.cosine < limits.cosine) {
            put("cosine", "cosine ${fixed(metrics.cosine, 7)} is under ${limits.cosine}")
        }
        if (metrics.sqnrDb < limits.sqnrDb) {
            put("sqnr_db", "SQNR ${fixed(metrics.sqnrDb, 1)} dB is under ${limits.sqnrDb} dB")
        }
        for ((name, agreement) in listOf("top1" to metrics.top1, "top5" to metrics.top5)) {
            if (agreement != null && agreement.displacement > limits.displacement) {
                val change = scientific(agreement.displacement, 3)
                put(name, "$name differs by $change of the range, over ${scientific(limits.displacement, 2)}")
            }
        }
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
