package io.github.efficientmod.core

import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException

private val NUMBER = Regex("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")
private const val MOST_DEPTH = 100

/** Text of a file that must be UTF-8 without a byte order mark. Throws [IllegalArgumentException]. */
internal fun utf8(content: ByteArray): String {
    val text =
        try {
            Charsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(content))
                .toString()
        } catch (error: CharacterCodingException) {
            throw IllegalArgumentException("it is not UTF-8", error)
        }
    require(!text.startsWith('\uFEFF')) { "it begins with a byte order mark" }
    return text
}

/** A JSON document (RFC 8259), nested at most 100 deep. Throws [IllegalArgumentException]. */
internal fun parseJson(text: String): JsonElement {
    checkDepthAndStrings(text)
    val document =
        try {
            Json.parseToJsonElement(text)
        } catch (error: SerializationException) {
            throw IllegalArgumentException(error.message?.lineSequence()?.first() ?: "it is torn", error)
        }
    checkLiterals(document)
    return document
}

/** The library reads control characters inside a text, which JSON does not have. */
private fun checkDepthAndStrings(text: String) {
    var inside = false
    var escaped = false
    var depth = 0
    for (letter in text) {
        when {
            inside && letter < ' ' -> throw IllegalArgumentException("a text has a control character")
            escaped -> escaped = false
            inside && letter == '\\' -> escaped = true
            letter == '"' -> inside = !inside
            inside -> Unit
            letter == '{' || letter == '[' -> depth++
            letter == '}' || letter == ']' -> depth--
        }
        require(depth <= MOST_DEPTH) { "it is nested more than $MOST_DEPTH deep" }
    }
}

/** The library takes any word without quotes for a literal. */
private fun checkLiterals(element: JsonElement) {
    when (element) {
        is JsonObject -> {
            element.values.forEach(::checkLiterals)
        }

        is JsonArray -> {
            element.forEach(::checkLiterals)
        }

        is JsonPrimitive -> {
            val literal = element.content
            val known = element.isString || element is JsonNull || literal == "true" || literal == "false"
            require(known || NUMBER.matches(literal)) { "$literal is no value in JSON" }
        }
    }
}
