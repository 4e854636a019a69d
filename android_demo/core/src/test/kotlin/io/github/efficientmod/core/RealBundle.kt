package io.github.efficientmod.core

import org.junit.jupiter.api.Assumptions.assumeTrue
import java.nio.file.Path

/** A bundle of the smallest EfficientMod, as `android_demo/desktop/export_bundle` makes it. */
object RealBundle {
    private const val VARIABLE = "EFFICIENTMOD_BUNDLE"

    fun orSkip(): Bundle {
        val folder = System.getenv(VARIABLE)
        assumeTrue(folder != null, "$VARIABLE names no bundle; android_demo/desktop/export_bundle FOLDER makes one")
        return readBundle(Path.of(folder))
    }
}
