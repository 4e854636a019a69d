package io.github.efficientmod.desktop

import io.github.efficientmod.core.BundleStore
import io.github.efficientmod.core.Headless
import io.github.efficientmod.core.Interruption
import io.github.efficientmod.core.Report
import io.github.efficientmod.core.ReportedConfiguration
import io.github.efficientmod.core.ZipSource
import io.github.efficientmod.core.fixed
import io.github.efficientmod.core.readBundle
import java.nio.file.Files
import java.nio.file.Path
import java.util.UUID
import kotlin.system.exitProcess

private const val USAGE =
    "usage: run BUNDLE FOLDER [plan=NAME] [configs=NAME,NAME] [FIELD=VALUE ...]\n" +
        "Runs a plan on a bundle (a folder or an .embundle) and writes FOLDER/RUN/report.json."

/** Runs a plan on a bundle on this machine. */
object Desktop {
    /** Exit code 0 where there is a report, 1 where there is none, 2 for arguments that cannot be used. */
    @JvmStatic
    fun main(arguments: Array<String>) {
        val options = arguments.drop(2).map { it.split('=', limit = 2) }
        if (arguments.size < 2 || options.any { it.size != 2 }) {
            System.err.println(USAGE)
            exitProcess(2)
        }
        val library =
            try {
                LiteRtLibrary.find()
            } catch (error: MissingException) {
                System.err.println(error.message)
                exitProcess(1)
            }
        val run = UUID.randomUUID().toString()
        val folder = Path.of(arguments[1])
        val values = options.associate { it[0] to it[1] } + mapOf("run" to run, "bundle" to arguments[0])
        var last = ""
        val headless =
            Headless(
                listOf(LiteRtRuntime(library)),
                GoldenPictures,
                DesktopPlatform(folder),
                Interruption(),
                { bundleAt(it) },
                { last = "${it.text} (${it.code})" },
            )
        if (!headless.run(values)) {
            System.err.println(last)
            exitProcess(1)
        }
        val report = folder.resolve(run).resolve("report.json")
        Report.of(Files.readString(report)).configs.forEach { println(summary(it)) }
        println(report)
        exitProcess(0)
    }

    private fun bundleAt(path: Path) =
        if (Files.isDirectory(path)) {
            readBundle(path)
        } else {
            ZipSource(path.toFile()).use { BundleStore(Files.createTempDirectory("bundles")).import(it) }
        }

    private fun summary(config: ReportedConfiguration): String {
        val name =
            listOfNotNull(
                config.artifact,
                config.unit,
                config.computePrecision,
                config.threads,
            ).joinToString(" ")
        val time = config.latency?.let { ", p50 ${fixed(it.p50Ms, 2)} ms" }.orEmpty()
        val reason = config.reason?.let { ": ${it.text}" }.orEmpty()
        return "$name: ${config.state.name.lowercase()}$time$reason"
    }
}
