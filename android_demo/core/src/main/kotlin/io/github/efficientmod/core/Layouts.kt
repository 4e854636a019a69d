package io.github.efficientmod.core

/** A [shape] with axes in the order [have], reordered to [want]; the shape itself where one of them is ANY. */
fun shapeIn(
    shape: List<Int>,
    have: Layout,
    want: Layout,
): List<Int> =
    when {
        !isMoved(shape, have, want) -> shape
        want == Layout.NCHW -> listOf(shape[0], shape[3], shape[1], shape[2])
        else -> listOf(shape[0], shape[2], shape[3], shape[1])
    }

private fun isMoved(
    shape: List<Int>,
    have: Layout,
    want: Layout,
) = shape.size == 4 && have != want && Layout.ANY !in setOf(have, want)

/** The values of a tensor with its axes in another order. */
internal fun laidOut(
    values: Values,
    have: Layout,
    want: Layout,
): Values {
    if (!isMoved(values.shape, have, want)) return values
    val shape = shapeIn(values.shape, have, want)
    val rows = if (want == Layout.NHWC) values.shape[1] else values.shape[1] * values.shape[2]
    val columns = values.shape.fold(1, Int::times) / values.shape[0] / rows
    return Values.of(values.dtype, shape, transposed(values.bytes, values.dtype.bytes, rows, columns))
}

/** Each matrix of [rows] x [columns] values of [size] bytes, one after the other, with rows and columns exchanged. */
private fun transposed(
    bytes: ByteArray,
    size: Int,
    rows: Int,
    columns: Int,
): ByteArray {
    val result = ByteArray(bytes.size)
    val matrix = rows * columns
    for (index in 0 until bytes.size / size) {
        val start = index - index % matrix
        val row = index % matrix / columns
        val column = index % columns
        bytes.copyInto(result, (start + column * rows + row) * size, index * size, (index + 1) * size)
    }
    return result
}
