package io.github.efficientmod.core

import com.networknt.schema.InputFormat
import com.networknt.schema.Schema
import com.networknt.schema.SchemaRegistry
import com.networknt.schema.SpecificationVersion
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.util.Random

/** Manifests with random changes: refused with a [BundleException] or read, and never read where the schema refuses. */
class ManifestPropertyTest {
    private val original = Json.parseToJsonElement(Example.manifest.decodeToString())
    private val schema: Schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(
            Files.readString(
                Vectors.repository.resolve("export/efficientmod_export/bundle/contract/manifest.schema.json"),
            ),
        )

    @Test
    fun `the reader and the schema agree`() {
        val random = Random(1)
        val seen = mutableMapOf<String, Int>()
        repeat(2500) {
            var changed = original
            repeat(1 + random.nextInt(2)) { changed = change(changed, random) }
            val text = changed.toString()
            val refusal = refusal(text.encodeToByteArray())
            val allowed = schema.validate(text, InputFormat.JSON).isEmpty()
            if (refusal == null) assertTrue(allowed) { "read, but the schema refuses: $text" }
            if (refusal in
                listOf(Refusal.MISSING_FIELD, Refusal.PATH_OUTSIDE)
            ) {
                assertTrue(!allowed) { "refused as $refusal: $text" }
            }
            seen.merge(refusal?.code ?: "read", 1, Int::plus)
        }
        // Else the changes would test nothing.
        for (code in listOf("read", "missing_field", "wrong_value", "contradiction", "path_outside")) {
            assertTrue(seen.getOrDefault(code, 0) > 4) { "$seen" }
        }
    }

    @Test
    fun `changed, cut and repeated bytes never do anything but refuse`() {
        val random = Random(2)
        repeat(4000) {
            val bytes = Example.manifest.toMutableList()
            repeat(1 + random.nextInt(3)) {
                val place = random.nextInt(bytes.size)
                when (random.nextInt(4)) {
                    0 -> {
                        bytes[place] = random.nextInt().toByte()
                    }

                    1 -> {
                        bytes.removeAt(place)
                    }

                    2 -> {
                        bytes.add(
                            place,
                            "{}[]\",:0-eE\\u\n\u0000".encodeToByteArray().random(kotlin.random.Random(it)),
                        )
                    }

                    else -> {
                        bytes.subList(place, minOf(bytes.size, place + random.nextInt(200))).clear()
                    }
                }
                if (bytes.isEmpty()) bytes.add(0)
            }
            refusal(bytes.toByteArray())
        }
    }

    @Test
    fun `what the library would let pass is no JSON`() {
        val texts =
            listOf("{\"a\": nul}", "{\"a\": 01}", "{\"a\": 1.}", "{\"a\": +1}", "{\"a\": .5}", "{\"a\": Infinity}") +
                listOf(
                    "{\"a\": \"\u0001\"}",
                    "{\"a\": \"\n\"}",
                    "{\"a\": 1,}",
                    "{\"a\": 0x1}",
                    "{\"a\": True}",
                    "{a: 1}",
                ) +
                listOf("{\"a\": \"\\x\"}", "{\"a\" 1}", "[1 2]", "[", "{\"a\": 1 // no\n}", "")
        for (text in texts) assertEquals(Refusal.NOT_JSON, refusal(text.encodeToByteArray()), text)
    }

    @Test
    fun `depth does not end the app`() {
        for (text in listOf(
            "[".repeat(1_000_000),
            "{\"a\":".repeat(200_000),
            "{\"format_version\": \"1.0\", \"a\": " + "[".repeat(200) + "]".repeat(200) + "}",
        )) {
            assertEquals(Refusal.NOT_JSON, refusal(text.encodeToByteArray()))
        }
    }

    @Test
    fun `integers beyond a double's are refused`() {
        val text = Example.manifest.decodeToString()
        for (size in listOf("9007199254740992", "99999999999999999999999", "-1", "7.0", "7e0", "true", "\"7\"")) {
            val changed = text.replace("\"size\": 7\n", "\"size\": $size\n")
            assertTrue(changed != text)
            assertEquals(Refusal.WRONG_VALUE, refusal(changed.encodeToByteArray()), size)
        }
    }

    @Test
    fun `numbers beyond a double's are refused`() {
        val text = Example.manifest.decodeToString()
        for (number in listOf("1e999", "-1e999", "null", "\"0.999\"")) {
            val changed = text.replaceFirst("\"cosine\": 0.999", "\"cosine\": $number")
            assertTrue(changed != text)
            assertEquals(Refusal.WRONG_VALUE, refusal(changed.encodeToByteArray()), number)
        }
    }

    private fun refusal(content: ByteArray): Refusal? =
        try {
            readManifest(content)
            null
        } catch (error: BundleException) {
            error.problems.first().refusal
        }

    /** With one value, anywhere, changed, removed or exchanged for another value of the document. */
    private fun change(
        element: JsonElement,
        random: Random,
        depth: Int = 0,
    ): JsonElement {
        val deeper = depth < 2 || random.nextInt(4) > 0
        return when {
            element is JsonObject && element.isNotEmpty() && deeper -> inObject(element, random, depth)
            element is JsonArray && element.isNotEmpty() && deeper -> inArray(element, random, depth)
            random.nextInt(4) == 0 -> anywhere(original, random)
            element is JsonPrimitive && element.isString && random.nextBoolean() -> TEXTS[random.nextInt(TEXTS.size)]
            else -> VALUES[random.nextInt(VALUES.size)]
        }
    }

    private fun inObject(
        element: JsonObject,
        random: Random,
        depth: Int,
    ): JsonElement {
        val key = element.keys.elementAt(random.nextInt(element.size))
        if (random.nextInt(12) == 0) return JsonObject(element - key)
        return JsonObject(element + (key to change(element.getValue(key), random, depth + 1)))
    }

    private fun inArray(
        element: JsonArray,
        random: Random,
        depth: Int,
    ): JsonElement {
        val index = random.nextInt(element.size)
        val changed = change(element[index], random, depth + 1)
        return when (random.nextInt(8)) {
            0 -> JsonArray(element.filterIndexed { place, _ -> place != index })
            1 -> JsonArray(element + element[index])
            else -> JsonArray(element.mapIndexed { place, item -> if (place == index) changed else item })
        }
    }

    private fun anywhere(
        element: JsonElement,
        random: Random,
    ): JsonElement {
        val inside =
            when (element) {
                is JsonObject -> element.values.toList()
                is JsonArray -> element
                else -> emptyList()
            }
        return if (inside.isEmpty() ||
            random.nextInt(5) == 0
        ) {
            element
        } else {
            anywhere(inside[random.nextInt(inside.size)], random)
        }
    }

    private companion object {
        val TEXTS =
            "|a|../a|/a|a/b|.a|a\\b|NHWC|any|failed|proven|file|folder|A B|é|manifest.json|model.tflite|1.5|2.0|uint8|seeded"
                .split("|")
                .map { JsonPrimitive(it) }
        val VALUES =
            "null true 0 1 3 -1 0.5 1e308 2147483648 9007199254740992 [] {} [1] [1,2,3] [1,2,3,4] [0,0,0] {\"file\":\"a\"} \"a\""
                .split(" ")
                .map { Json.parseToJsonElement(it) }
    }
}
