package io.github.efficientmod.core

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import java.nio.file.Files
import java.nio.file.Path

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
