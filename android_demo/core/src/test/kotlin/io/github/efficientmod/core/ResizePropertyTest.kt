package io.github.efficientmod.core

import io.kotest.common.ExperimentalKotest
import io.kotest.property.Arb
import io.kotest.property.PropTestConfig
import io.kotest.property.arbitrary.bind
import io.kotest.property.arbitrary.enum
import io.kotest.property.arbitrary.int
import io.kotest.property.checkAll
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Test
import java.io.DataInputStream
import java.io.DataOutputStream
import java.util.Random
import kotlin.math.max

private data class Case(
    val height: Int,
    val width: Int,
    val newHeight: Int,
    val newWidth: Int,
    val interpolation: Interpolation,
    val seed: Int,
)

@OptIn(ExperimentalKotest::class)
class ResizePropertyTest {
    private val side = Arb.int(1..300)
    private val cases = Arb.bind(side, side, side, side, Arb.enum<Interpolation>(), Arb.int(), ::Case)

    @Test
    fun `random sizes are resized as Pillow resizes them`() {
        val script = Vectors.repository.resolve("android_demo/core/src/test/python/pillow_resize.py")
        val pillow =
            ProcessBuilder(
                "${Python.orSkip()}",
                "$script",
            ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        try {
            val output = DataOutputStream(pillow.outputStream.buffered())
            val input = DataInputStream(pillow.inputStream.buffered())
            runBlocking {
                checkAll(PropTestConfig(seed = 0, iterations = 300), cases) { case ->
                    val picture = noise(case)
                    output.write(case, picture)
                    val expected = ByteArray(case.newHeight * case.newWidth * 3).also { input.readFully(it) }
                    assertArrayEquals(expected, resized(case, picture).rgb, "$case")
                }
            }
        } finally {
            pillow.destroy()
        }
    }

    @Test
    fun `a crop is what the whole has there`() {
        runBlocking {
            checkAll(PropTestConfig(seed = 1, iterations = 200), cases) { case ->
                val picture = noise(case)
                val whole = resized(case, picture)
                val crop = Crop(CropPosition.CENTER, max(1, case.newHeight / 2), max(1, case.newWidth / 3), fill = null)
                val part = resized(case, picture, crop)
                val geometry = geometry(resize(case), crop, case.height, case.width)
                for (y in 0 until crop.height) {
                    val start = ((y + geometry.top) * whole.width + geometry.left) * 3
                    val expected = whole.rgb.copyOfRange(start, start + crop.width * 3)
                    assertArrayEquals(
                        expected,
                        part.rgb.copyOfRange(y * crop.width * 3, (y + 1) * crop.width * 3),
                        "$case",
                    )
                }
            }
        }
    }

    private fun noise(case: Case): Picture {
        val random = Random(case.seed.toLong())
        // Black and white in one half, so that bicubic overshoots.
        val rgb =
            ByteArray(case.height * case.width * 3) {
                (
                    if (it % 2 ==
                        0
                    ) {
                        random.nextInt(256)
                    } else {
                        255 * random.nextInt(2)
                    }
                ).toByte()
            }
        return Picture(case.height, case.width, rgb)
    }

    private fun resize(case: Case) = Resize(ResizeRule.STRETCH, case.newHeight, case.newWidth, case.interpolation, true)

    private fun resized(
        case: Case,
        picture: Picture,
        crop: Crop = Crop(CropPosition.TOP_LEFT, case.newHeight, case.newWidth, fill = null),
    ): Picture {
        val geometry = geometry(resize(case), crop, case.height, case.width)
        return Resizer(geometry, case.interpolation, crop).run(picture)
    }

    private fun DataOutputStream.write(
        case: Case,
        picture: Picture,
    ) {
        val filters = mapOf(Interpolation.NEAREST to 0, Interpolation.BILINEAR to 2, Interpolation.BICUBIC to 3)
        listOf(
            case.height,
            case.width,
            case.newHeight,
            case.newWidth,
            filters.getValue(case.interpolation),
        ).forEach(::writeInt)
        write(picture.rgb)
        flush()
    }
}
