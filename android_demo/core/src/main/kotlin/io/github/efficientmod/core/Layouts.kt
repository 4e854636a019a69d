package io.github.efficientmod.core

/** A [shape] with axes in the order [have], reordered to [want]; the shape itself where one of them is ANY. */
fun shapeIn(
    shape: List<Int>,
    have: Layout,
    want: Layout,
): List<Int> =
    when {
        shape.size != 4 || have == want || have == Layout.ANY || want == Layout.ANY -> shape
        want == Layout.NCHW -> listOf(shape[0], shape[3], shape[1], shape[2])
        else -> listOf(shape[0], shape[2], shape[3], shape[1])
    }
