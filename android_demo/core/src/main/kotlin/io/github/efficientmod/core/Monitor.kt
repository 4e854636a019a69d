package io.github.efficientmod.core

private const val SECOND_NANOS = 1_000_000_000L

/** Why a phase ends early. */
sealed interface Stop {
    /** The whole run ends. */
    data class Run(
        val abort: Abort,
    ) : Stop

    /** What is being timed is void; the run goes on. */
    data object TooHot : Stop
}

/** Takes the device's condition once a second, between calls, and tells when something stops the timing. */
class Monitor(
    private val platform: Platform,
    private val interruption: Interruption,
) {
    private val start = platform.clock.nanos()
    private val taken = mutableListOf<Condition>()
    private var next = start

    /** All conditions so far, in order. */
    val conditions: List<Condition> get() = taken

    /** What stopped the run from outside; null while it goes on. */
    val abort: Abort? get() = interruption.reason

    /** Seconds since the start of the run. */
    fun seconds(nanos: Long = platform.clock.nanos()): Double = (nanos - start) / 1e9

    /** The first condition of a run. */
    fun begin() {
        take()
    }

    /** To be called before each call of a runtime; it costs nothing but once a second. */
    fun check(): Stop? {
        val abort = interruption.reason
        if (abort == null && platform.clock.nanos() < next) return null
        val now = take()
        return when {
            abort != null -> Stop.Run(abort)
            now.powerSaver == true -> Stop.Run(Abort.POWER_SAVER)
            now.thermal?.tooHot == true -> Stop.TooHot
            else -> null
        }
    }

    /**
     * Waits until the device is cool: no thermal state, and the battery at most [Plan.batteryRiseC] warmer than when the
     * run began. What the device does not tell is taken as cool.
     */
    fun coolDown(plan: Plan): Wait {
        val began = platform.clock.nanos()
        val limit = began + (plan.cooldownLimitS * SECOND_NANOS).toLong()
        while (true) {
            val cool = isCool(take(), plan)
            val now = platform.clock.nanos()
            if (cool || now >= limit || interruption.reason != null) {
                return Wait(seconds(began), (now - began) / 1e9, cool)
            }
            platform.clock.sleep(minOf(SECOND_NANOS, limit - now))
        }
    }

    private fun isCool(
        now: Condition,
        plan: Plan,
    ): Boolean {
        val first = taken.first().batteryC
        val warmer = if (first == null || now.batteryC == null) 0.0 else now.batteryC - first
        return (now.thermal ?: Thermal.NONE) == Thermal.NONE && warmer <= plan.batteryRiseC
    }

    private fun take(): Condition {
        val now = platform.clock.nanos()
        next = now + SECOND_NANOS
        val abort = interruption.reason
        val power = platform.power
        val condition =
            Condition(
                atS = seconds(now),
                thermal = platform.thermals.status()?.let { Thermal.entries[it] },
                headroom =
                    platform.thermals
                        .headroom()
                        ?.takeIf { it.isFinite() }
                        ?.toDouble(),
                batteryC = power.batteryTenths()?.let { it / 10.0 },
                charging = power.charging(),
                powerSaver = power.powerSaver(),
                brightness = power.brightness()?.let { it / 255.0 },
                foreground = abort != Abort.BACKGROUND && abort != Abort.SCREEN_OFF,
            )
        taken += condition
        return condition
    }
}
