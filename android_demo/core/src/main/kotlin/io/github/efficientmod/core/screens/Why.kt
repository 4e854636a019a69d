package io.github.efficientmod.core.screens

import io.github.efficientmod.core.BundleException
import io.github.efficientmod.core.ImportException
import io.github.efficientmod.core.Problem
import io.github.efficientmod.core.Reason
import io.github.efficientmod.core.Refusal
import io.github.efficientmod.core.Replay
import io.github.efficientmod.core.ReportedConfiguration
import io.github.efficientmod.core.Verdict
import java.io.IOException

// Why something failed, in the app's language. What a library or the system says of it stays in its own words.

/** A failure whose sentence is the text [key] of texts.json. */
class Said(
    val key: String,
    vararg val arguments: Any,
) : Exception(key)

/** Why a single run gave nothing. */
class LiveException(
    val reason: Reason,
) : Exception(reason.text)

/** The refusals that are not clear without the reader's own words, which are English. */
private val WITH_WORDS =
    setOf(
        Refusal.UNREADABLE,
        Refusal.NOT_JSON,
        Refusal.WRONG_VALUE,
        Refusal.CONTRADICTION,
        Refusal.BAD_LABELS,
    )

/** The reasons whose text ends with what a runtime said, after a colon. */
private val OF_A_RUNTIME = setOf("open_failed", "run_failed", "not_accelerated")

/** Why something gave nothing, a line for each problem. */
internal fun why(
    t: Texts,
    error: Throwable,
): List<String> =
    when (error) {
        is Said -> listOf(t(error.key, *error.arguments))
        is LiveException -> listOf(why(t, error.reason, null))
        is BundleException -> error.problems.map { why(t, it) }
        is ImportException -> listOf(t("import.${error.fault.name.lowercase()}", *error.arguments))
        is IOException -> listOf(t("import.unreadable", error.message ?: error.javaClass.simpleName))
        else -> listOf("${error.javaClass.simpleName}: ${error.message}")
    }

private fun why(
    t: Texts,
    problem: Problem,
): String {
    val sentence = t("refusal.${problem.refusal.code}", problem.field ?: problem.file)
    return if (problem.refusal in WITH_WORDS) t("refusal.detail", sentence, problem.text) else sentence
}

/** Why a configuration failed, was refused, or has no times that count; null where nothing is wrong with it. */
internal fun why(
    t: Texts,
    found: ReportedConfiguration,
): String? = found.reason?.let { why(t, it, found.replay) }

private fun why(
    t: Texts,
    reason: Reason,
    replay: Replay?,
): String {
    val sentence = t.known("void.", reason.code) ?: t.known("reason.", reason.code) ?: return reason.text
    val more =
        when (reason.code) {
            "wrong_result" -> replay?.let { difference(t, it.verdict) }
            in OF_A_RUNTIME -> reason.text.substringAfter(": ")
            else -> null
        }
    return listOfNotNull(sentence, more).joinToString(" ")
}

/** The first thing by which the outputs differ. */
private fun difference(
    t: Texts,
    verdict: Verdict,
): String? {
    val fault = verdict.samples.firstNotNullOfOrNull { it.faults.firstOrNull() }
    if (fault != null) return t("fault.${fault.fault.name.lowercase()}")
    val (sample, excess) = verdict.violations.firstOrNull()?.let { verdict.excesses(it).firstOrNull() } ?: return null
    return t("reason.over", excess.quantity, excess.value, sample, excess.limit)
}
