package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Bundle
import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.ReportedConfiguration

/** What the app knows; every screen is a function of it. */
data class AppState(
    val bundle: Bundle? = null,
    val importing: Importing? = null,
    val refused: Refused? = null,
    val configurations: List<Configuration> = emptyList(),
    val found: Map<String, ReportedConfiguration> = emptyMap(),
    val proving: Proving? = null,
) {
    /** Those whose outputs were proven on this phone. */
    val proven: List<Configuration> get() = configurations.filter { found[it.name]?.isProven == true }
}

/** An import that goes on; [fraction] is null where the size is unknown. */
data class Importing(
    val name: String,
    val fraction: Double?,
)

/** What was not imported, and why. */
data class Refused(
    val name: String,
    val error: Throwable,
)

/** A proof that goes on: the configuration [name], and how many of [count] are done. */
data class Proving(
    val name: String,
    val done: Int,
    val count: Int,
)
