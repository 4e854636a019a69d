package io.github.efficientmod.demo.ui

import android.content.Context
import android.view.View
import android.view.ViewGroup
import kotlin.math.max

/** A group whose height follows from its width. Views are placed from the left, and the other way where one reads so. */
abstract class ArrangedLayout(
    context: Context,
) : ViewGroup(context) {
    /** How wide [child] may be in a group of this [width], as a measure specification. */
    protected open fun specification(
        child: View,
        width: Int,
    ): Int = MeasureSpec.makeMeasureSpec(width, MeasureSpec.AT_MOST)

    /** Hands each child with its place to [put], and returns the height. */
    protected abstract fun arrange(
        width: Int,
        put: (child: View, x: Int, y: Int) -> Unit,
    ): Int

    override fun onMeasure(
        widthMeasureSpec: Int,
        heightMeasureSpec: Int,
    ) {
        val width = MeasureSpec.getSize(widthMeasureSpec)
        val anyHeight = MeasureSpec.makeMeasureSpec(0, MeasureSpec.UNSPECIFIED)
        children().forEach { it.measure(specification(it, width), anyHeight) }
        var widest = 0
        val height = arrange(width) { child, x, _ -> widest = max(widest, x + child.measuredWidth) }
        setMeasuredDimension(resolveSize(widest, widthMeasureSpec), height)
    }

    override fun onLayout(
        changed: Boolean,
        left: Int,
        top: Int,
        right: Int,
        bottom: Int,
    ) {
        val fromRight = layoutDirection == View.LAYOUT_DIRECTION_RTL
        arrange(right - left) { child, x, y ->
            val start = if (fromRight) right - left - x - child.measuredWidth else x
            child.layout(start, y, start + child.measuredWidth, y + child.measuredHeight)
        }
    }
}

/** Lays views beside each other, and goes on in the next line where one does not fit. */
class FlowLayout(
    context: Context,
    private val gap: Int,
) : ArrangedLayout(context) {
    override fun arrange(
        width: Int,
        put: (View, Int, Int) -> Unit,
    ): Int {
        var x = 0
        var y = 0
        var lineHeight = 0
        for (child in children()) {
            if (x > 0 && x + child.measuredWidth > width) {
                x = 0
                y += lineHeight + gap
                lineHeight = 0
            }
            put(child, x, y)
            x += child.measuredWidth + gap
            lineHeight = max(lineHeight, child.measuredHeight)
        }
        return y + lineHeight
    }
}

/** Two views at the two ends of a line; where they do not fit, the second below the first. */
class PairLayout(
    context: Context,
    private val gap: Int,
) : ArrangedLayout(context) {
    override fun arrange(
        width: Int,
        put: (View, Int, Int) -> Unit,
    ): Int {
        val (first, second) = children()
        if (first.measuredWidth + gap + second.measuredWidth > width) {
            val below = first.measuredHeight + gap / 4
            put(first, 0, 0)
            put(second, 0, below)
            return below + second.measuredHeight
        }
        val height = max(first.measuredHeight, second.measuredHeight)
        put(first, 0, (height - first.measuredHeight) / 2)
        put(second, width - second.measuredWidth, (height - second.measuredHeight) / 2)
        return height
    }
}

/** Cards below each other; several in two columns where there is room, each card where it ends highest. */
class ColumnsLayout(
    context: Context,
    private val gap: Int,
    private val leastColumn: Int,
    private val mostColumn: Int,
) : ArrangedLayout(context) {
    override fun specification(
        child: View,
        width: Int,
    ) = MeasureSpec.makeMeasureSpec(columnWidth(width), MeasureSpec.EXACTLY)

    private fun columns(width: Int) = if (children().size > 1 && width >= 2 * leastColumn + gap) 2 else 1

    private fun columnWidth(width: Int) = minOf(mostColumn, (width - gap * (columns(width) - 1)) / columns(width))

    override fun arrange(
        width: Int,
        put: (View, Int, Int) -> Unit,
    ): Int {
        val count = columns(width)
        val column = columnWidth(width)
        val start = (width - count * column - (count - 1) * gap) / 2
        val heights = IntArray(count)
        for (child in children()) {
            val at = heights.indices.minBy { heights[it] }
            put(child, start + at * (column + gap), heights[at])
            heights[at] += child.measuredHeight + gap
        }
        return max(0, heights.max() - gap)
    }
}

internal fun ViewGroup.children(): List<View> =
    (0 until childCount).map { getChildAt(it) }.filter {
        it.visibility !=
            View.GONE
    }
