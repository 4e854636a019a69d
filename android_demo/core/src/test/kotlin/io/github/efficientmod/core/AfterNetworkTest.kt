package io.github.efficientmod.core

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.math.exp

class AfterNetworkTest {
    private val example = readManifest(Example.manifest)
    private val logits = Values.of(listOf(1, 7), floatArrayOf(0f, 3f, 1f, 3f, -1f, 2f, 0f))
    private val features = Values.of(listOf(1, 4, 5, 6), FloatArray(120))
    private val labels = List(7) { "class $it" }

    @Test
    fun `softmax and the best classes with their labels`() {
        val ranking = shown(step("softmax"), top(3)).single() as Ranking
        assertEquals("logits", ranking.output)
        assertTrue(ranking.probabilities)
        assertEquals(
            listOf(1 to "class 1", 3 to "class 3", 5 to "class 5"),
            ranking.classes.map { it.index to it.label },
        )
        val total = logits.doubles().sumOf { exp(it - 3) }
        assertEquals(1 / total, ranking.classes.first().score, 1e-12)
        assertEquals(exp(-1.0) / total, ranking.classes.last().score, 1e-12)
    }

    @Test
    fun `without softmax the scores are the network's, and without labels there are none`() {
        val ranking = AfterNetwork(with(top(2)), labels = null).shown(listOf(logits, features)).single() as Ranking
        assertEquals(listOf(Ranked(1, null, 3.0), Ranked(3, null, 3.0)), ranking.classes)
        assertTrue(!ranking.probabilities)
    }

    @Test
    fun `of equal scores the lower index comes first, zeros with other signs too`() {
        assertEquals(listOf(2, 0, 1, 3), topK(doubleArrayOf(-0.0, 0.0, 1.0, 0.0), 9))
        assertEquals(listOf(4, 5), topK(DoubleArray(9) { if (it < 4) 0.0 else 1.0 }, 2))
    }

    @Test
    fun `an unknown step ends the steps of its output, and of no other`() {
        assertEquals(emptyList<Shown>(), shown(step("calibrate"), step("softmax"), top(1)))
        val other = shown(step("calibrate", output = "features_1"), top(1))
        assertEquals(listOf("logits"), other.map { it.output })
        assertEquals(listOf(1), (shown(top(1), step("calibrate"), top(2)).single() as Ranking).classes.map { it.index })
    }

    @Test
    fun `a known step without its parameters is a damaged manifest`() {
        val cases =
            listOf(
                JsonObject(emptyMap()) to Refusal.MISSING_FIELD,
                buildJsonObject { put("k", 0) } to Refusal.WRONG_VALUE,
            )
        for ((parameters, refusal) in cases) {
            val manifest = with(Step("top_k", "logits", parameters))
            val error = assertThrows(BundleException::class.java) { AfterNetwork(manifest, labels) }
            assertEquals(
                refusal to "after_network.0.parameters.k",
                error.problems.single().let { it.refusal to it.field },
            )
        }
        val noImage = with(Step("to_picture", "features_1", normalisation()))
        assertThrows(BundleException::class.java) { AfterNetwork(noImage, labels) }
    }

    @Test
    fun `an image is made into a picture`() {
        val output = NetworkOutput("image", listOf(1, 3, 2, 1), Dtype.FLOAT32, Layout.NCHW, "image", "rgb")
        val manifest =
            example.copy(
                outputs = listOf(output),
                afterNetwork = listOf(Step("to_picture", "image", normalisation())),
            )
        val values = Values.of(output.shape, floatArrayOf(0f, 1f, 0.5f, -9f, 9f, 0.002f))
        val made = AfterNetwork(manifest, labels).shown(listOf(values)).single() as MadePicture
        assertEquals(listOf(0, 128, 255, 255, 0, 1), made.picture.rgb.map { it.toInt() and 0xFF })
    }

    private fun normalisation() =
        field(
            kotlinx.serialization.json.Json
                .parseToJsonElement("{\"mean\": [0, 0, 0], \"std\": [1, 1, 1]}"),
        ).element as JsonObject

    private fun step(
        name: String,
        output: String = "logits",
    ) = Step(name, output, JsonObject(emptyMap()))

    private fun top(k: Int) = Step("top_k", "logits", buildJsonObject { put("k", k) })

    private fun with(vararg steps: Step) = example.copy(afterNetwork = steps.toList())

    private fun shown(vararg steps: Step) = AfterNetwork(with(*steps), labels).shown(listOf(logits, features))
}
