package io.github.efficientmod.core.screens

import io.github.efficientmod.core.ConfigState
import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.DeviceFacts
import io.github.efficientmod.core.ReportedConfiguration

/** The Self-check screen: what a phone alone can show, as a text for an issue. */
data class SelfCheckState(
    val title: String,
    val intro: String,
    val checks: List<Check>,
    val text: String,
    val copy: Button,
    val share: Button,
)

/** What the app found of a runtime: its parts ([backends] or accelerators), or why it did not even load. */
data class RuntimeCheck(
    val name: String,
    val version: String,
    val backends: List<String>,
    val failed: String?,
)

/** What the Self-check screen shows. The text is English in every language: it goes into an issue. */
fun selfCheckState(
    t: Texts,
    device: DeviceFacts,
    runtimes: List<RuntimeCheck>,
    app: AppState,
): SelfCheckState {
    val proven = app.found.values.count { it.isProven }
    return SelfCheckState(
        title = t("check.title"),
        intro = t("check.intro"),
        checks =
            listOf(
                Check(
                    t("check.build"),
                    t(if (device.app.debug) "condition.debug" else "condition.release"),
                    !device.app.debug,
                ),
            ) +
                Check(t("check.page_size"), t("bytes", device.pageSizeBytes), true) +
                runtimes.map {
                    Check(
                        "${it.name} ${it.version}",
                        it.failed ?: it.backends.joinToString(),
                        it.failed == null,
                    )
                } +
                Check(
                    t("check.proofs"),
                    t("check.proofs_of", proven, app.configurations.size),
                    if (app.found.isEmpty()) null else app.found.values.none { it.state == ConfigState.FAILED },
                ),
        text = text(device, runtimes, app),
        copy = Button(t("check.copy")),
        share = Button(t("check.share")),
    )
}

private fun text(
    device: DeviceFacts,
    runtimes: List<RuntimeCheck>,
    app: AppState,
): String =
    buildString {
        val build = device.app
        appendLine("app: ${build.name} ${build.version}, ${if (build.debug) "debug" else "release"} build")
        appendLine("device: ${device.manufacturer} ${device.model}, ${device.soc ?: "SoC unknown"}, ${device.abi}")
        appendLine("system: ${device.os} ${device.osVersion}, ${device.osBuild ?: "build unknown"}")
        appendLine("memory: ${device.ramBytes / 1_000_000} MB, pages of ${device.pageSizeBytes} bytes")
        appendLine("cores: ${device.cores}, at most ${device.cpuMaxKhz?.joinToString() ?: "unknown"} kHz")
        for (runtime in runtimes) {
            val found = runtime.failed?.let { "FAILS: $it" } ?: runtime.backends.joinToString().ifEmpty { "no backend" }
            appendLine("${runtime.name} ${runtime.version}: $found")
        }
        val bundle = app.bundle
        appendLine("bundle: ${bundle?.let { "${it.manifest.model.name}, ${it.sha256}" } ?: "none"}")
        app.configurations.forEach { appendLine(proofLine(it, app.found[it.name])) }
    }.trimEnd()

private fun proofLine(
    configuration: Configuration,
    found: ReportedConfiguration?,
): String {
    val state = found?.let { if (it.isProven) "proven" else it.state.name.lowercase() } ?: "not proven"
    val says = found?.let { finding(Texts.of("en"), it) }?.let { ": $it" }.orEmpty()
    return "${configuration.name} $state$says"
}

/** What [parts] tells of a runtime, or what it throws: a library that is missing throws where it is first used. */
fun checked(
    name: String,
    version: String,
    parts: () -> List<String>,
): RuntimeCheck {
    val found = runCatching(parts)
    val error = found.exceptionOrNull()
    return RuntimeCheck(
        name,
        version,
        found.getOrDefault(emptyList()),
        error?.let {
            "${it.javaClass.simpleName}: ${it.message}"
        },
    )
}
