package io.github.efficientmod.core

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** A value of a closed vocabulary, written as [word]. */
interface Word {
    val word: String
}

/** The largest integer that a double holds exactly, with all that are smaller. */
internal const val MOST_INTEGER = 9_007_199_254_740_991L

private val INTEGER = Regex("-?(0|[1-9][0-9]*)")

/** A problem of one field, thrown while a document is read. */
internal class FieldException(
    val refusal: Refusal,
    val place: String,
    text: String,
) : Exception(text)

/** One value of a JSON document with its [place] in it, such as `artifacts.0.size`; what is not asked for is ignored. */
internal class Field(
    val element: JsonElement,
    val place: String,
) {
    val isNull get() = element is JsonNull

    fun wrong(
        text: String,
        refusal: Refusal = Refusal.WRONG_VALUE,
    ): Nothing = throw FieldException(refusal, place, text)

    operator fun get(name: String): Field {
        val here = element as? JsonObject ?: wrong("it is no object")
        val inner = if (place.isEmpty()) name else "$place.$name"
        val value = here[name] ?: throw FieldException(Refusal.MISSING_FIELD, inner, "it is missing")
        return Field(value, inner)
    }

    fun <T : Any> orNull(read: Field.() -> T): T? = if (isNull) null else read()

    fun <T> list(
        least: Int = 0,
        read: Field.() -> T,
    ): List<T> {
        val items = element as? JsonArray ?: wrong("it is no array")
        if (items.size < least) wrong("it has ${items.size} entries, and at least $least are needed")
        return items.mapIndexed { index, item -> Field(item, "$place.$index").read() }
    }

    fun string(): String = (element as? JsonPrimitive)?.takeIf { it.isString }?.content ?: wrong("it is no text")

    fun text(): String = string().ifEmpty { wrong("it is empty") }

    fun matching(
        pattern: Regex,
        what: String,
        refusal: Refusal = Refusal.WRONG_VALUE,
    ): String = string().also { if (!pattern.matches(it)) wrong("${shown(it)} is not $what", refusal) }

    inline fun <reified T> word(among: List<T>): T where T : Enum<T>, T : Word {
        val text = string()
        return among.firstOrNull { it.word == text }
            ?: wrong("${shown(text)} is not one of ${among.joinToString { it.word }}")
    }

    fun integer(
        least: Long,
        most: Long,
    ): Long {
        val number = literal()?.takeIf { INTEGER.matches(it) } ?: wrong("it is no integer")
        return number.toLongOrNull()?.takeIf { it in least..most } ?: wrong("$number is not from $least to $most")
    }

    fun side(most: Int = Int.MAX_VALUE): Int = integer(1, most.toLong()).toInt()

    fun number(): Double {
        val number = literal()?.toDoubleOrNull() ?: wrong("it is no number")
        return number.takeIf { it.isFinite() } ?: wrong("it is too large")
    }

    fun boolean(): Boolean =
        when (literal()) {
            "true" -> true
            "false" -> false
            else -> wrong("it is neither true nor false")
        }

    private fun literal(): String? = (element as? JsonPrimitive)?.takeIf { !it.isString && !isNull }?.content

    companion object {
        /** Enough of a text from a file to recognise it. */
        fun shown(text: String): String = "'${if (text.length > 80) text.take(80) + "…" else text}'"
    }
}
