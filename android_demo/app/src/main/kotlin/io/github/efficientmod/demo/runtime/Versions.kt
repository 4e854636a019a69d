package io.github.efficientmod.demo.runtime

/** The runtimes that the app is built with; a test holds them against gradle/libs.versions.toml. */
object Versions {
    const val LITERT = "2.3.2"
    const val EXECUTORCH = "1.4.1"
}
