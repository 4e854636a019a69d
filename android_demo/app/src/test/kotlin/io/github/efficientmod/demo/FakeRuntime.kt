package io.github.efficientmod.demo

import io.github.efficientmod.core.Bundle
import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.Dtype
import io.github.efficientmod.core.Golden
import io.github.efficientmod.core.Layout
import io.github.efficientmod.core.Mode
import io.github.efficientmod.core.RefusedException
import io.github.efficientmod.core.Runtime
import io.github.efficientmod.core.Session
import io.github.efficientmod.core.SessionFacts
import io.github.efficientmod.core.Values
import java.nio.file.Path
import kotlin.math.abs

/** Gives the golden outputs of the sample whose input is nearest; [wrong] adds to them, [refuses] does not open. */
class FakeRuntime(
    private val bundle: () -> Bundle,
) : Runtime {
    override val name = "LiteRT"
    override val version = "2.3.2"
    override val targets = setOf("tflite")
    override val dtypes = setOf(Dtype.FLOAT32)
    override val modes =
        listOf(Mode("cpu", "float32", choosesThreads = true), Mode("gpu", "float16", choosesThreads = false))
    var wrong = 0f
    var refuses = ""
    var beforeCall: () -> Unit = {}
    val threads = mutableSetOf<Thread>()
    var open = 0

    override fun open(
        file: Path,
        configuration: Configuration,
    ): Session {
        threads += Thread.currentThread()
        if (configuration.unit == refuses) throw RefusedException("3 operators stay outside the GPU")
        open++
        return FakeSession(configuration)
    }

    private inner class FakeSession(
        private val configuration: Configuration,
    ) : Session {
        private val samples = Golden(bundle(), HostPhotos).samples(configuration.artifact)
        private var input = FloatArray(0)
        override val facts = SessionFacts(listOf("XNNPACK"), configuration.computePrecision)

        override fun write(inputs: List<Values>) {
            threads += Thread.currentThread()
            input = inputs.single().floats.copyOf()
        }

        override fun run() = beforeCall()

        override fun read(): List<Values> {
            val nearest = samples.minBy { sample -> distance(sample.inputs.single().floats) }
            return nearest.references.mapIndexed { index, values ->
                val off = Values.of(values.shape, FloatArray(values.count) { values.floats[it] + wrong * (it % 3) })
                if (configuration.artifact.outputs[index].layout == Layout.NHWC) channelsLast(off) else off
            }
        }

        private fun channelsLast(values: Values): Values {
            val (channels, height, width) = values.shape.drop(1)
            val floats = FloatArray(values.count) { values.floats[it % channels * height * width + it / channels] }
            return Values.of(listOf(1, height, width, channels), floats)
        }

        private fun distance(other: FloatArray) = other.indices.sumOf { abs(other[it] - input[it]).toDouble() }

        override fun close() {
            threads += Thread.currentThread()
            open--
        }
    }
}
