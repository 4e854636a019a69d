package io.github.efficientmod.demo.ui

import android.graphics.Bitmap
import android.graphics.BitmapShader
import android.graphics.Canvas
import android.graphics.Matrix
import android.graphics.Outline
import android.graphics.Paint
import android.graphics.RectF
import android.graphics.Shader
import android.view.View
import android.view.ViewOutlineProvider
import android.widget.FrameLayout
import io.github.efficientmod.core.Picture
import io.github.efficientmod.core.screens.Part

/** The pixels as a bitmap. */
fun Picture.bitmap(): Bitmap {
    val pixels =
        IntArray(height * width) { index ->
            val at = 3 * index
            OPAQUE or ((rgb[at].toInt() and BYTE) shl 16) or ((rgb[at + 1].toInt() and BYTE) shl 8) or
                (rgb[at + 2].toInt() and BYTE)
        }
    return Bitmap.createBitmap(pixels, width, height, Bitmap.Config.ARGB_8888)
}

private const val OPAQUE = 0xFF shl 24
private const val BYTE = 0xFF

/** A picture with rounded corners, in the middle of its room; [most] dp high at most. */
class PictureView(
    private val kit: Kit,
    picture: Picture,
    says: String,
    most: Int,
) : View(kit.context) {
    private val bitmap = picture.bitmap()
    private val most = kit.dp(most)
    private val paint = Paint(Paint.ANTI_ALIAS_FLAG or Paint.FILTER_BITMAP_FLAG)

    init {
        contentDescription = says
        paint.shader = BitmapShader(bitmap, Shader.TileMode.CLAMP, Shader.TileMode.CLAMP)
    }

    private fun scale(room: Int) = minOf(room.toFloat() / bitmap.width, most.toFloat() / bitmap.height)

    override fun onMeasure(
        widthMeasureSpec: Int,
        heightMeasureSpec: Int,
    ) {
        val room = MeasureSpec.getSize(widthMeasureSpec)
        setMeasuredDimension(room, (bitmap.height * scale(room)).toInt())
    }

    override fun onDraw(canvas: Canvas) {
        val scale = scale(width)
        val wide = bitmap.width * scale
        val start = (width - wide) / 2
        paint.shader.setLocalMatrix(
            Matrix().apply {
                setScale(scale, scale)
                postTranslate(start, 0f)
            },
        )
        val round = kit.dp(16).toFloat()
        canvas.drawRoundRect(start, 0f, start + wide, height.toFloat(), round, round, paint)
    }
}

/** Cuts a view to rounded corners. */
fun View.clipTo(radius: Float) {
    clipToOutline = true
    outlineProvider =
        object : ViewOutlineProvider() {
            override fun getOutline(
                view: View,
                outline: Outline,
            ) = outline.setRoundRect(0, 0, view.width, view.height, radius)
        }
}

/** Draws over a preview what the network sees of it: a part of the view's sides, the rest darkened. */
class CropView(
    private val kit: Kit,
) : View(kit.context) {
    private val shade = Paint().apply { color = SHADE }
    private val edge =
        Paint(Paint.ANTI_ALIAS_FLAG).apply {
            style = Paint.Style.STROKE
            strokeWidth = kit.dp(2).toFloat()
            color = EDGE
        }

    /** The part that the network sees. */
    var seen: Part = Part(0.0, 0.0, 1.0, 1.0)
        set(value) {
            field = value
            invalidate()
        }

    override fun onDraw(canvas: Canvas) {
        val seen =
            RectF(
                (width * seen.left).toFloat(),
                (height * seen.top).toFloat(),
                (width * seen.right).toFloat(),
                (height * seen.bottom).toFloat(),
            )
        canvas.drawRect(0f, 0f, width.toFloat(), seen.top, shade)
        canvas.drawRect(0f, seen.bottom, width.toFloat(), height.toFloat(), shade)
        canvas.drawRect(0f, seen.top, seen.left, seen.bottom, shade)
        canvas.drawRect(seen.right, seen.top, width.toFloat(), seen.bottom, shade)
        seen.inset(kit.dp(1).toFloat(), kit.dp(1).toFloat())
        canvas.drawRoundRect(seen, kit.dp(10).toFloat(), kit.dp(10).toFloat(), edge)
    }

    private companion object {
        const val SHADE = 0x80000000.toInt()
        const val EDGE = 0xFFFFFFFF.toInt()
    }
}

/** Keeps the proportions [ratio], width by height, of what is in it, and centres it; it is [most] pixels high at most. */
class RatioFrame(
    kit: Kit,
    private val most: Int,
) : FrameLayout(kit.context) {
    /** Width by height. */
    var ratio: Float = 1f
        set(value) {
            field = value
            requestLayout()
        }

    override fun onMeasure(
        widthMeasureSpec: Int,
        heightMeasureSpec: Int,
    ) {
        val room = MeasureSpec.getSize(widthMeasureSpec)
        val height = (room / ratio).toInt().coerceAtMost(most)
        val width = (height * ratio).toInt().coerceAtMost(room)
        for (child in children()) {
            child.measure(
                MeasureSpec.makeMeasureSpec(width, MeasureSpec.EXACTLY),
                MeasureSpec.makeMeasureSpec(height, MeasureSpec.EXACTLY),
            )
        }
        setMeasuredDimension(room, height)
    }

    override fun onLayout(
        changed: Boolean,
        left: Int,
        top: Int,
        right: Int,
        bottom: Int,
    ) {
        for (child in children()) {
            val start = (right - left - child.measuredWidth) / 2
            child.layout(start, 0, start + child.measuredWidth, child.measuredHeight)
        }
    }
}
