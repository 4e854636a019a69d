package io.github.efficientmod.core

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/**
 * What a run does; docs/phone_report.md has the steps and every field. Of a pair such as [burstCalls] and [burstS] both
 * must be reached. A phase with 0 calls, or of 0 seconds, is left out.
 */
@Serializable
data class Plan(
    val name: String,
    val rounds: Int,
    @SerialName("cold_opens") val coldOpens: Int,
    @SerialName("warmup_calls") val warmupCalls: Int,
    @SerialName("warmup_s") val warmupS: Double,
    @SerialName("warmup_limit_s") val warmupLimitS: Double,
    @SerialName("burst_calls") val burstCalls: Int,
    @SerialName("burst_s") val burstS: Double,
    @SerialName("paced_calls") val pacedCalls: Int,
    @SerialName("paced_interval_ms") val pacedIntervalMs: Double,
    @SerialName("sustained_s") val sustainedS: Double,
    @SerialName("cooldown_limit_s") val cooldownLimitS: Double,
    @SerialName("battery_rise_c") val batteryRiseC: Double,
) {
    /** With one field changed, as an argument of a headless run says; its name is then "custom". Throws [ArgumentException]. */
    fun with(
        field: String,
        text: String,
    ): Plan {
        val set =
            FIELDS[field] ?: throw ArgumentException("a plan has no '$field'; it has ${FIELDS.keys.joinToString()}")
        return set(this, field, text).copy(name = "custom")
    }

    /** The plans that every app has. */
    companion object {
        private val QUICK =
            Plan(
                name = "quick",
                rounds = 1,
                coldOpens = 3,
                warmupCalls = 10,
                warmupS = 1.0,
                warmupLimitS = 10.0,
                burstCalls = 100,
                burstS = 3.0,
                pacedCalls = 50,
                pacedIntervalMs = 100.0,
                sustainedS = 0.0,
                cooldownLimitS = 60.0,
                batteryRiseC = 1.0,
            )
        private val STANDARD =
            QUICK.copy(
                name = "standard",
                rounds = 2,
                burstCalls = 1024,
                burstS = 10.0,
                pacedCalls = 100,
                cooldownLimitS = 300.0,
            )

        /** By name. */
        val ALL: Map<String, Plan> =
            listOf(QUICK, STANDARD, STANDARD.copy(name = "sustained", rounds = 1, sustainedS = 600.0))
                .associateBy { it.name }

        private val FIELDS: Map<String, Plan.(String, String) -> Plan> =
            mapOf(
                "rounds" to { field, text -> copy(rounds = whole(field, text, 1)) },
                "cold_opens" to { field, text -> copy(coldOpens = whole(field, text, 1)) },
                "warmup_calls" to { field, text -> copy(warmupCalls = whole(field, text, 0)) },
                "warmup_s" to { field, text -> copy(warmupS = number(field, text)) },
                "warmup_limit_s" to { field, text -> copy(warmupLimitS = number(field, text)) },
                "burst_calls" to { field, text -> copy(burstCalls = whole(field, text, 0)) },
                "burst_s" to { field, text -> copy(burstS = number(field, text)) },
                "paced_calls" to { field, text -> copy(pacedCalls = whole(field, text, 0)) },
                "paced_interval_ms" to { field, text -> copy(pacedIntervalMs = number(field, text)) },
                "sustained_s" to { field, text -> copy(sustainedS = number(field, text)) },
                "cooldown_limit_s" to { field, text -> copy(cooldownLimitS = number(field, text)) },
                "battery_rise_c" to { field, text -> copy(batteryRiseC = number(field, text)) },
            )

        /** The fields that an argument may change. */
        val FIELD_NAMES: Set<String> = FIELDS.keys

        private fun whole(
            field: String,
            text: String,
            least: Int,
        ): Int =
            text.toIntOrNull()?.takeIf { it >= least }
                ?: throw ArgumentException("$field is '$text'; give a whole number of at least $least")

        private fun number(
            field: String,
            text: String,
        ): Double =
            text.toDoubleOrNull()?.takeIf { it >= 0 && it.isFinite() }
                ?: throw ArgumentException("$field is '$text'; give a number of at least 0")
    }
}

/** An argument that cannot be used; the message says what to give. */
class ArgumentException(
    message: String,
) : Exception(message)
