package io.github.efficientmod.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path

class RuntimeTest {
    private val fake = FakeBench()
    private val manifest = fake.bundle.manifest
    private val runtimes = listOf<Runtime>(fake.runtime)

    @Test
    fun `configurations are the rows that this app has a runtime for`() {
        val rows = listOf("tflite-fp32:cpu:float32:1", "tflite-fp32:gpu:float16")
        assertEquals(rows, configurations(manifest, runtimes).map { it.name })
        val counts = listOf("tflite-fp32:cpu:float32:1", "tflite-fp32:cpu:float32:4", "tflite-fp32:gpu:float16")
        assertEquals(counts, configurations(manifest, runtimes, listOf(1, 4)).map { it.name })
    }

    @Test
    fun `a configuration is found by its name`() {
        for (name in listOf("tflite-fp32:cpu:float32:8", "tflite-fp32:gpu:float16")) {
            assertEquals(name, configurationOf(name, manifest, runtimes)!!.name)
        }
        val unknown =
            listOf("tflite-fp32:gpu:float32", "tflite-fp32:cpu:float32:0", "coreml-fp16:neural_engine:float16", "")
        for (name in unknown) assertNull(configurationOf(name, manifest, runtimes), name)
    }

    @Test
    fun `memory is read from the kernel's text`() {
        val text =
            "Name:\tjava\nVmHWM:\t  900 kB\nVmRSS:\t  800 kB\nRssAnon:\t  500 kB\nRssFile:\t  300 kB\n" +
                "RssShmem:\t 0 kB\n"
        assertEquals(Rss(800 * 1024, 500 * 1024, 300 * 1024), rssOf(text))
        assertEquals(Rss(800 * 1024, null, null), rssOf("VmRSS: 800 kB"))
        assertNull(rssOf("Name:\tjava\n"))
        val own = rssOf(Files.readString(Path.of("/proc/self/status")))!!
        assertTrue(own.total > 10_000_000 && own.anon!! + own.file!! <= own.total)
    }

    @Test
    fun `emulators are told from phones`() {
        val phone = fake.platform.facts
        assertEquals(false, phone.isEmulator())
        val emulators = listOf(phone.copy(hardware = "ranchu"), phone.copy(model = "sdk_gphone64_x86_64"))
        assertTrue(emulators.all { it.isEmulator() })
    }

    @Test
    fun `values have the same bits as floats and as bytes`() {
        val floats = floatArrayOf(0f, -0f, 1.5f, Float.NaN, Float.MIN_VALUE, 3e38f)
        val made = Values.of(listOf(2, 3), floats)
        val read = Values.of(Dtype.FLOAT32, listOf(2, 3), made.bytes)
        assertTrue(made.sameBits(read))
        assertEquals(floats.map { it.toRawBits() }, read.floats.map { it.toRawBits() })
        assertEquals(false, made.sameBits(Values.of(listOf(3, 2), floats)))
        assertEquals(listOf(6), Values.of(listOf(7), floats).shape)
    }

    @Test
    fun `every dtype becomes doubles`() {
        fun doubles(
            dtype: Dtype,
            vararg bytes: Int,
        ) = Values
            .of(
                dtype,
                listOf(bytes.size / dtype.bytes),
                ByteArray(bytes.size) { bytes[it].toByte() },
            ).doubles()
            .toList()
        assertEquals(
            listOf(1.0, -2.0, 5.960464477539063e-8),
            doubles(Dtype.FLOAT16, 0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00),
        )
        assertEquals(listOf(Double.POSITIVE_INFINITY), doubles(Dtype.FLOAT16, 0x00, 0x7C))
        assertEquals(listOf(-1.0), doubles(Dtype.INT64, 255, 255, 255, 255, 255, 255, 255, 255))
        assertEquals(listOf(513.0), doubles(Dtype.INT32, 1, 2, 0, 0))
        assertEquals(listOf(-128.0), doubles(Dtype.INT8, 128))
        assertEquals(listOf(128.0, 1.0), doubles(Dtype.UINT8, 128) + doubles(Dtype.BOOL, 1))
    }
}
