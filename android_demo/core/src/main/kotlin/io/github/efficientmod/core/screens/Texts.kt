package io.github.efficientmod.core.screens

import io.github.efficientmod.core.fixed
import io.github.efficientmod.core.scientific
import kotlinx.serialization.json.Json

/** Texts of the screens in one language, from `texts.json`, which the iOS app reads too. Numbers follow the language. */
class Texts private constructor(
    /** "en" or "de". */
    val language: String,
    private val table: Map<String, String>,
) {
    /** The text [key], with `{0}`, `{1}`, ... replaced. */
    operator fun invoke(
        key: String,
        vararg arguments: Any,
    ): String {
        val text = requireNotNull(table[key]) { "texts.json has no '$key' in '$language'" }
        return arguments.foldIndexed(
            text,
        ) { index, filled, argument -> filled.replace("{$index}", argument.toString()) }
    }

    /** The text `key.one` for a [count] of 1, else `key.other`; `{0}` is the count. */
    fun counted(
        key: String,
        count: Int,
        vararg arguments: Any,
    ): String = invoke(if (count == 1) "$key.one" else "$key.other", count, *arguments)

    /** The text of a [word] of an open vocabulary; null where texts.json does not know it. */
    fun known(
        prefix: String,
        word: String,
    ): String? = table[prefix + word]

    /** With [decimals] digits, rounded half to even. */
    fun number(
        value: Double,
        decimals: Int,
    ): String = local(fixed(value, decimals))

    /** Milliseconds with three digits that count, without the unit. */
    fun milliseconds(value: Double): String =
        number(
            value,
            if (value < 10) {
                2
            } else if (value < 100) {
                1
            } else {
                0
            },
        )

    /** Milliseconds with the unit. */
    fun ms(value: Double): String = "${milliseconds(value)}${NARROW_SPACE}ms"

    /** Bytes in MB (10^6), kB (10^3), or one by one. */
    fun bytes(value: Long): String =
        when {
            value < KILO -> invoke("bytes", value)
            value < MEGA -> "${number(value / 1e3, 1)}${NARROW_SPACE}kB"
            else -> "${number(value / 1e6, 1)}${NARROW_SPACE}MB"
        }

    /** A part of 1 in percent. */
    fun percent(part: Double): String = "${number(part * 100, 1)}$NARROW_SPACE%"

    /** Such as 8.2e-07; the same in every language, since people compare it with the exporter's output. */
    fun error(value: Double): String = scientific(value, 2)

    /** Minutes and seconds, such as 1:05. */
    fun clock(seconds: Double): String {
        val whole = seconds.toLong()
        return "${whole / 60}:${(whole % 60).toString().padStart(2, '0')}"
    }

    private fun local(number: String): String = if (language == "de") number.replace('.', ',') else number

    /** Reads the table. */
    companion object {
        private const val NARROW_SPACE = '\u202F'
        private const val KILO = 1_000L
        private const val MEGA = 1_000_000L
        private val TABLES: Map<String, Map<String, String>> by lazy {
            val file = requireNotNull(Texts::class.java.getResource("/io/github/efficientmod/core/texts.json"))
            Json.decodeFromString(file.readText())
        }

        /** Of a [language] such as "de"; English where there are none. */
        fun of(language: String): Texts {
            val known = if (language in TABLES) language else "en"
            return Texts(known, TABLES.getValue(known))
        }
    }
}
