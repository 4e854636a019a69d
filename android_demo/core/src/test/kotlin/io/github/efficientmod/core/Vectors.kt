package io.github.efficientmod.core

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.nio.file.Files
import java.nio.file.Path
import java.util.Base64

/** The repository's `tests/vectors`; its README says what each file holds. */
object Vectors {
    val repository: Path =
        generateSequence(Path.of("").toAbsolutePath()) { it.parent }
            .first { Files.exists(it.resolve("tests/vectors/README.md")) }
    val folder: Path = repository.resolve("tests/vectors")

    /** The cases of `name.json`. */
    fun cases(name: String): List<JsonObject> =
        (Json.parseToJsonElement(Files.readString(folder.resolve("$name.json"))) as JsonArray).map { it.jsonObject }
}

fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content

fun JsonObject.int(name: String): Int = getValue(name).jsonPrimitive.int

fun JsonObject.ints(name: String): List<Int> = getValue(name).jsonArray.map { it.jsonPrimitive.int }

fun JsonObject.bytes(name: String): ByteArray = Base64.getDecoder().decode(text(name))

/** An array of a vector. */
fun JsonObject.values(name: String): Values {
    val array = getValue(name).jsonObject
    return Values.of(Dtype.entries.first { it.word == array.text("dtype") }, array.ints("shape"), array.bytes("base64"))
}

/** An array of a vector that is a picture. */
fun JsonObject.picture(name: String): Picture {
    val values = values(name)
    return Picture(values.shape[0], values.shape[1], values.bytes)
}

/** An element of a vector as the core's readers take it. */
internal fun field(element: JsonElement) = Field(element, "")
