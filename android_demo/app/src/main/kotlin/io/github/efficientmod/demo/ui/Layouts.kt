package io.github.efficientmod.demo.ui

import android.content.Context
import android.view.View
import android.view.ViewGroup
import kotlin.math.max

/** Lays views beside each other, and goes on in the next line where one does not fit. */
class FlowLayout(
    context: Context,
    private val gap: Int,
) : ViewGroup(context) {
    override fun onMeasure(
        widthMeasureSpec: Int,
        heightMeasureSpec: Int,
    ) {
        val most = MeasureSpec.getSize(widthMeasureSpec)
        measureChildren(MeasureSpec.makeMeasureSpec(most, MeasureSpec.AT_MOST), heightMeasureSpec)
        var widest = 0
        val height = place(most) { child, x, _ -> widest = max(widest, x + child.measuredWidth) }
        setMeasuredDimension(resolveSize(widest, widthMeasureSpec), resolveSize(height, heightMeasureSpec))
    }

    override fun onLayout(
        changed: Boolean,
        left: Int,
        top: Int,
        right: Int,
        bottom: Int,
    ) {
        val fromRight = layoutDirection == View.LAYOUT_DIRECTION_RTL
        place(right - left) { child, x, y ->
            val start = if (fromRight) right - left - x - child.measuredWidth else x
            child.layout(start, y, start + child.measuredWidth, y + child.measuredHeight)
        }
    }

    private fun place(
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
) : ViewGroup(context) {
    override fun onMeasure(
        widthMeasureSpec: Int,
        heightMeasureSpec: Int,
    ) {
        val width = MeasureSpec.getSize(widthMeasureSpec)
        measureChildren(MeasureSpec.makeMeasureSpec(width, MeasureSpec.AT_MOST), heightMeasureSpec)
        val heights = children().map { it.measuredHeight }
        setMeasuredDimension(width, if (oneLine(width)) heights.max() else heights.sum() + gap / 4)
    }

    override fun onLayout(
        changed: Boolean,
        left: Int,
        top: Int,
        right: Int,
        bottom: Int,
    ) {
        val width = right - left
        val (first, second) = children()
        val fromRight = layoutDirection == View.LAYOUT_DIRECTION_RTL
        val beside = oneLine(width)
        put(
            first,
            if (fromRight) width - first.measuredWidth else 0,
            if (beside) {
                (bottom - top - first.measuredHeight) /
                    2
            } else {
                0
            },
        )
        val end = if (fromRight) 0 else width - second.measuredWidth
        val start = if (fromRight) width - second.measuredWidth else 0
        put(
            second,
            if (beside) end else start,
            if (beside) (bottom - top - second.measuredHeight) / 2 else first.measuredHeight + gap / 4,
        )
    }

    private fun oneLine(width: Int) = children().sumOf { it.measuredWidth } + gap <= width

    private fun put(
        view: View,
        x: Int,
        y: Int,
    ) = view.layout(x, y, x + view.measuredWidth, y + view.measuredHeight)
}

/** Cards below each other; in two columns where there is room, each card where it ends highest. */
class ColumnsLayout(
    context: Context,
    private val gap: Int,
    private val leastColumn: Int,
    private val mostColumn: Int,
) : ViewGroup(context) {
    override fun onMeasure(
        widthMeasureSpec: Int,
        heightMeasureSpec: Int,
    ) {
        val width = MeasureSpec.getSize(widthMeasureSpec)
        val column = columnWidth(width)
        children().forEach {
            it.measure(
                MeasureSpec.makeMeasureSpec(column, MeasureSpec.EXACTLY),
                MeasureSpec.makeMeasureSpec(0, MeasureSpec.UNSPECIFIED),
            )
        }
        setMeasuredDimension(width, place(width) { _, _, _ -> })
    }

    override fun onLayout(
        changed: Boolean,
        left: Int,
        top: Int,
        right: Int,
        bottom: Int,
    ) {
        place(right - left) { child, x, y -> child.layout(x, y, x + child.measuredWidth, y + child.measuredHeight) }
    }

    private fun columns(width: Int) = if (width >= 2 * leastColumn + gap) 2 else 1

    private fun columnWidth(width: Int) = minOf(mostColumn, (width - gap * (columns(width) - 1)) / columns(width))

    private fun place(
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
