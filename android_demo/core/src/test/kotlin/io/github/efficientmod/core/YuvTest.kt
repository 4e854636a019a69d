package io.github.efficientmod.core

import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import java.nio.ByteBuffer

class YuvTest {
    @Test
    fun `frames of the vectors, all by one converter`() {
        val converter = FrameConverter()
        for (case in Vectors.cases("yuv")) {
            val frame =
                Frame(
                    height = case.int("height"),
                    width = case.int("width"),
                    rotation = case.int("rotation"),
                    y = plane(case, "y"),
                    cb = plane(case, "cb"),
                    cr = plane(case, "cr"),
                )
            if (case["rgb"] is JsonNull) {
                assertThrows(IllegalArgumentException::class.java) { converter.picture(frame) }
            } else {
                val picture = converter.picture(frame)
                assertEquals(case.ints("shape"), listOf(picture.height, picture.width, 3), case.text("name"))
                assertArrayEquals(case.bytes("rgb"), picture.rgb, case.text("name"))
            }
        }
    }

    private fun plane(
        case: JsonObject,
        name: String,
    ): Plane {
        val plane = case[name]!!.jsonObject
        return Plane(ByteBuffer.wrap(plane.bytes("base64")), plane.int("row_stride"), plane.int("pixel_stride"))
    }
}
