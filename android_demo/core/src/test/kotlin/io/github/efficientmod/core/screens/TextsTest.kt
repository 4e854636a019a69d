package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Abort
import io.github.efficientmod.core.Fault
import io.github.efficientmod.core.ImportFault
import io.github.efficientmod.core.Plan
import io.github.efficientmod.core.Refusal
import io.github.efficientmod.core.RunStep
import io.github.efficientmod.core.Thermal
import io.github.efficientmod.core.Vectors
import kotlinx.serialization.json.Json
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import kotlin.io.path.extension
import kotlin.io.path.readText

class TextsTest {
    private val tables: Map<String, Map<String, String>> =
        Json.decodeFromString(
            Texts::class.java.getResource("/io/github/efficientmod/core/texts.json")!!.readText(),
        )

    /** Every literal of the screens' and the app's sources that could be a key. */
    private val literals: Set<String> by lazy {
        (sources("core") + sources("app"))
            .flatMap { source -> Regex("\"([a-z_.0-9$\\{}]+)").findAll(source).map { it.groupValues[1] } }
            .toSet()
    }

    private fun sources(module: String): List<String> =
        Files.walk(Vectors.repository.resolve("android_demo/$module/src/main/kotlin")).use { files ->
            files.filter { it.extension == "kt" }.map { it.readText() }.toList()
        }

    private fun keys() = tables.getValue("en").keys

    @Test
    fun `both languages have the same keys with the same arguments`() {
        val (english, german) = listOf("en", "de").map { tables.getValue(it) }
        assertEquals(english.keys, german.keys)
        for (key in english.keys) {
            fun arguments(text: String) = Regex("\\{\\d}").findAll(text).map { it.value }.toSet()
            assertEquals(arguments(english.getValue(key)), arguments(german.getValue(key)), key)
            assertTrue(english.getValue(key).isNotBlank() && german.getValue(key).isNotBlank(), key)
        }
    }

    @Test
    fun `every text is used`() {
        val open =
            setOf("abort", "fault", "import", "phase", "plan", "reason", "refusal", "task", "thermal", "try", "void")
        for (key in keys()) {
            val base = key.removeSuffix(".one").removeSuffix(".other")
            assertTrue(base in literals || base.substringBefore('.') in open, "nothing uses $key")
        }
    }

    @Test
    fun `what depends on a word has a text for each of them`() {
        val words =
            Abort.entries.map { "abort.${it.name.lowercase()}" } +
                Fault.entries.map { "fault.${it.name.lowercase()}" } +
                ImportFault.entries.map { "import.${it.name.lowercase()}" } +
                Refusal.entries.map { "refusal.${it.code}" } +
                Thermal.entries.map { "thermal.${it.name.lowercase()}" } +
                RunStep.entries.map { "phase.${it.word}" } +
                Plan.ALL.keys.flatMap { listOf("plan.$it", "plan.${it}_text") } +
                listOf("decode", "preprocess", "run").map { "try.$it" }
        assertEquals(emptyList<String>(), words.filter { it !in keys() })
    }

    @Test
    fun `every reason that the core gives has a text`() {
        val given = Regex("(?:fail|refuse|Reason)\\(\"([a-z_]+)\"")
        val codes =
            sources("core").flatMap { source -> given.findAll(source).map { it.groupValues[1] } }.toSet()
        assertTrue(codes.size > 10, "$codes")
        assertEquals(emptyList<String>(), codes.filter { "reason.$it" !in keys() && "void.$it" !in keys() })
    }

    @Test
    fun `why an import failed is told in the words of the core`() {
        for (fault in ImportFault.entries) {
            assertEquals(fault.sentence, tables.getValue("en").getValue("import.${fault.name.lowercase()}"))
        }
    }

    @Test
    fun `numbers follow the language`() {
        val (english, german) = listOf(Texts.of("en"), Texts.of("de"))
        assertEquals("8.40\u202Fms", english.ms(8.4))
        assertEquals("8,40\u202Fms", german.ms(8.4))
        assertEquals("12.5", english.milliseconds(12.49999))
        assertEquals("250", english.milliseconds(249.6))
        assertEquals("19,0\u202FMB", german.bytes(19_001_008))
        assertEquals("3.4\u202FkB", english.bytes(3_400))
        assertEquals("61.3\u202F%", english.percent(0.6132))
        assertEquals("10:05", english.clock(605.9))
    }

    @Test
    fun `one and many`() {
        assertEquals("1 thread", Texts.of("en").counted("mode.threads", 1))
        assertEquals("4 Threads", Texts.of("de").counted("mode.threads", 4))
    }

    @Test
    fun `another language reads English, and a missing key is an error`() {
        assertEquals("en", Texts.of("fr").language)
        assertThrows(IllegalArgumentException::class.java) { Texts.of("en")("no.such_text") }
    }
}
