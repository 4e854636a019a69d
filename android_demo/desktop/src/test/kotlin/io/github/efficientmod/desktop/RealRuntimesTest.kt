package io.github.efficientmod.desktop

import io.github.efficientmod.core.ConfigState
import io.github.efficientmod.core.ReportedConfiguration
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource

/** The replay with the real runtimes, on a real bundle. */
class RealRuntimesTest {
    private fun assertProven(found: ReportedConfiguration) {
        assertEquals(ConfigState.PROVEN, found.state, found.reason?.text)
        val replay = found.replay!!
        assertTrue(replay.preprocessing.size == 5 && replay.preprocessing.all { it.differing == 0 })
        assertTrue(replay.repeatable)
        val worst = replay.verdict.worst.single()
        assertTrue(worst.maxRelativeError in 1e-9..1e-5, "${worst.maxRelativeError}")
        assertTrue(worst.top1!!.agrees && worst.top5!!.agrees)
    }

    @ParameterizedTest
    @ValueSource(ints = [1, 2])
    fun `LiteRT on the processor computes what PyTorch computes`(threads: Int) {
        val found = RealBundle.prove("tflite-fp32:cpu:float32:$threads", LiteRtRuntime(LiteRtLibrary.find()))
        assertProven(found)
        assertEquals(listOf("XNNPACK"), found.backends)
        assertTrue(found.runtimeVersion.matches(Regex("2\\.\\d+\\.\\d+")), found.runtimeVersion)
    }

    @Test
    fun `ExecuTorch computes what PyTorch computes`() {
        assertProven(RealBundle.prove("executorch-fp32:cpu:float32:2", PythonRuntime()))
    }

    @Test
    fun `a file that is no model does not open, and says so`() {
        val bundle = RealBundle.bundle
        val artifact = bundle.manifest.artifacts.first { it.target == "tflite" }
        val options = "num_threads = 1\n"
        val library = LiteRtLibrary.find()
        val error =
            runCatching {
                LiteRtSession(
                    library,
                    bundle.folder.resolve("proof.json"),
                    artifact,
                    LiteRtOptions.CPU,
                    options,
                    "float32",
                )
            }.exceptionOrNull()
        assertTrue(error is LiteRtException && "LiteRtCreateModelFromFile" in error.message!!, "$error")
    }
}
