package io.github.efficientmod.core

/** The float16 (sign, 5 bits of exponent with bias 15, 10 bits of fraction) nearest to [value]; halves go to even. */
internal fun floatToHalf(value: Float): Short {
    val bits = value.toRawBits()
    val sign = bits ushr 16 and 0x8000
    val magnitude = bits and 0x7FFFFFFF
    val half =
        when {
            magnitude > 0x7F800000 -> 0x7E00

            // NaN
            magnitude >= 0x477FF000 -> 0x7C00

            // 65520 and more round to infinity
            magnitude >= 0x38800000 -> rounded(magnitude - 0x38000000, 13)

            // normal: the exponent's bias changes
            magnitude < 0x33000000 -> 0

            // below half of the least half
            else -> rounded(magnitude and 0x7FFFFF or 0x800000, 126 - (magnitude ushr 23))
        }
    return (sign or half).toShort()
}

/** [bits] without the lowest [dropped], rounded to nearest even. */
private fun rounded(
    bits: Int,
    dropped: Int,
): Int {
    val odd = bits ushr dropped and 1
    return bits + (1 shl (dropped - 1)) - 1 + odd ushr dropped
}
