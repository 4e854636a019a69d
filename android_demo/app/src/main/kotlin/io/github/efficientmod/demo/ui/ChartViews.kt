package io.github.efficientmod.demo.ui

import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Path
import android.graphics.RectF
import android.graphics.Typeface
import android.view.View
import io.github.efficientmod.core.screens.Curve
import io.github.efficientmod.core.screens.Histogram
import io.github.efficientmod.demo.R

private const val LABEL_SP = 12f

/** What the two charts share: paints and the room for labels. */
abstract class ChartView(
    protected val kit: Kit,
    says: String,
    private val heightDp: Int,
) : View(kit.context) {
    protected val labels =
        Paint(Paint.ANTI_ALIAS_FLAG).apply {
            textSize = LABEL_SP * resources.displayMetrics.density * resources.configuration.fontScale
            typeface = Typeface.create("sans-serif-medium", Typeface.NORMAL)
            fontFeatureSettings = "tnum"
        }
    protected val fill = Paint(Paint.ANTI_ALIAS_FLAG)
    protected val labelHeight get() = labels.textSize * 1.5f

    init {
        contentDescription = says
    }

    override fun onMeasure(
        widthMeasureSpec: Int,
        heightMeasureSpec: Int,
    ) = setMeasuredDimension(MeasureSpec.getSize(widthMeasureSpec), kit.dp(heightDp) + (2 * labelHeight).toInt())

    /** A label whose middle is at [x], moved so that it stays inside. */
    protected fun Canvas.label(
        text: String,
        x: Float,
        baseline: Float,
        color: Int,
    ) {
        labels.color = kit.color(color)
        val wide = labels.measureText(text)
        drawText(text, (x - wide / 2).coerceIn(0f, (this@ChartView.width - wide).coerceAtLeast(0f)), baseline, labels)
    }
}

/** Bars of how often runs took how long, with a line at the median. */
class HistogramView(
    kit: Kit,
    private val histogram: Histogram,
    private val counts: Boolean,
) : ChartView(kit, histogram.says, 96) {
    override fun onDraw(canvas: Canvas) {
        val top = labelHeight
        val bottom = height - labelHeight
        val step = width.toFloat() / histogram.bars.size
        fill.color = kit.color(if (counts) R.color.accent else R.color.ink_soft)
        for ((index, bar) in histogram.bars.withIndex()) {
            if (bar == 0.0) continue
            val high = ((bottom - top) * bar).toFloat().coerceAtLeast(kit.dp(2).toFloat())
            val box = RectF(index * step + step * 0.12f, bottom - high, (index + 1) * step - step * 0.12f, bottom)
            canvas.drawRoundRect(box, kit.dp(2).toFloat(), kit.dp(2).toFloat(), fill)
        }
        fill.color = kit.color(R.color.line)
        canvas.drawRect(0f, bottom, width.toFloat(), bottom + kit.dp(1), fill)
        for (mark in histogram.marks) {
            val x = (mark.at * width).toFloat()
            fill.color = kit.color(R.color.ink)
            canvas.drawRect(x - kit.dp(0.75f), top - labelHeight * 0.15f, x + kit.dp(0.75f), bottom, fill)
            canvas.label(mark.label, x, top - labelHeight * 0.35f, R.color.ink)
        }
        for (tick in histogram.ticks) {
            canvas.label(tick.label, (tick.at * width).toFloat(), bottom + labelHeight * 0.85f, R.color.ink_soft)
        }
    }
}

/** A line of medians over time, over the heat of the phone. */
class CurveView(
    kit: Kit,
    private val curve: Curve,
) : ChartView(kit, curve.says, 128) {
    override fun onDraw(canvas: Canvas) {
        val left = curve.rows.maxOf { labels.measureText(it.label) } + kit.dp(8)
        val box = RectF(left, labelHeight * 0.6f, width - kit.dp(2).toFloat(), height - labelHeight * 1.2f)
        for (heat in curve.heat) {
            fill.color = kit.color(kit.colors(heat.tone).soft)
            canvas.drawRect(box.x(heat.from), box.top, box.x(heat.to), box.bottom, fill)
        }
        for (row in curve.rows) {
            val y = box.y(row.at)
            fill.color = kit.color(R.color.line)
            canvas.drawRect(box.left, y, box.right, y + kit.dp(1), fill)
            labels.color = kit.color(R.color.ink_soft)
            canvas.drawText(row.label, 0f, y + labels.textSize * 0.35f, labels)
        }
        val line = Path()
        for ((index, point) in curve.points.withIndex()) {
            if (index ==
                0
            ) {
                line.moveTo(box.x(point.first), box.y(point.second))
            } else {
                line.lineTo(box.x(point.first), box.y(point.second))
            }
        }
        canvas.drawPath(line, stroke())
        for (tick in curve.ticks) {
            canvas.label(
                tick.label,
                box.x(tick.at),
                height - labelHeight * 0.25f,
                R.color.ink_soft,
            )
        }
    }

    private fun stroke() =
        Paint(Paint.ANTI_ALIAS_FLAG).apply {
            style = Paint.Style.STROKE
            strokeWidth = kit.dp(2.5f).toFloat()
            strokeJoin = Paint.Join.ROUND
            strokeCap = Paint.Cap.ROUND
            color = kit.color(R.color.accent)
        }

    private fun RectF.x(part: Double) = left + (width() * part).toFloat()

    private fun RectF.y(part: Double) = bottom - (height() * part).toFloat()
}

/** A bar that is filled up to [part]; [color] fills it. */
class BarView(
    private val kit: Kit,
    private val color: Int,
    private val heightDp: Int,
) : View(kit.context) {
    private val fill = Paint(Paint.ANTI_ALIAS_FLAG)

    /** From 0 to 1. */
    var part: Double = 0.0
        set(value) {
            field = value.coerceIn(0.0, 1.0)
            invalidate()
        }

    override fun onMeasure(
        widthMeasureSpec: Int,
        heightMeasureSpec: Int,
    ) = setMeasuredDimension(MeasureSpec.getSize(widthMeasureSpec), kit.dp(heightDp))

    override fun onDraw(canvas: Canvas) {
        val round = height / 2f
        fill.color = kit.color(R.color.surface_alt)
        canvas.drawRoundRect(0f, 0f, width.toFloat(), height.toFloat(), round, round, fill)
        fill.color = kit.color(color)
        val wide = if (part == 0.0) 0f else (width * part).toFloat().coerceAtLeast(height.toFloat())
        val from = if (layoutDirection == LAYOUT_DIRECTION_RTL) width - wide else 0f
        canvas.drawRoundRect(from, 0f, from + wide, height.toFloat(), round, round, fill)
    }
}
