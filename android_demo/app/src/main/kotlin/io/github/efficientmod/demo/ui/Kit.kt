package io.github.efficientmod.demo.ui

import android.content.Context
import android.content.res.ColorStateList
import android.graphics.Typeface
import android.graphics.drawable.Drawable
import android.graphics.drawable.GradientDrawable
import android.graphics.drawable.RippleDrawable
import android.view.Gravity
import android.view.View
import android.view.ViewGroup
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.ImageView
import android.widget.LinearLayout
import android.widget.TextView
import io.github.efficientmod.core.screens.Banner
import io.github.efficientmod.core.screens.Button
import io.github.efficientmod.core.screens.Chip
import io.github.efficientmod.core.screens.Fact
import io.github.efficientmod.core.screens.Tone
import io.github.efficientmod.demo.R
import kotlin.math.roundToInt

/** The sizes and weights of text. */
enum class Style(
    val sp: Float,
    val medium: Boolean,
    val soft: Boolean,
) {
    TITLE(28f, true, false),
    NUMBER(34f, true, false),
    HEADING(19f, true, false),
    BODY(16f, false, false),
    STRONG(16f, true, false),
    SMALL(14f, false, true),
    LABEL(13f, true, true),
}

/** Makes the few kinds of views that the screens are built of, in the theme's colours. */
class Kit(
    val context: Context,
) {
    /** Density-independent pixels as pixels. */
    fun dp(value: Number): Int = (value.toFloat() * context.resources.displayMetrics.density).roundToInt()

    /** A colour of the theme. */
    fun color(id: Int): Int = context.getColor(id)

    /** A text; figures have one width, so that numbers that change do not move. */
    fun text(
        content: CharSequence,
        style: Style,
        color: Int = if (style.soft) R.color.ink_soft else R.color.ink,
    ): TextView =
        TextView(context).apply {
            text = content
            textSize = style.sp
            typeface = Typeface.create(if (style.medium) "sans-serif-medium" else "sans-serif", Typeface.NORMAL)
            fontFeatureSettings = "tnum"
            setTextColor(color(color))
            includeFontPadding = false
            setLineSpacing(dp(3).toFloat(), 1f)
        }

    /** Views below each other, [gap] dp apart. */
    fun column(
        gap: Int,
        vararg views: View?,
    ): LinearLayout =
        LinearLayout(context).apply {
            orientation = LinearLayout.VERTICAL
            for (view in views.filterNotNull()) {
                val below = if (childCount == 0) 0 else dp(gap)
                addView(view, LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT).apply { topMargin = below })
            }
        }

    /** Views beside each other, [gap] dp apart; the one at [grows] takes what is left. */
    fun row(
        gap: Int,
        grows: Int,
        vararg views: View,
    ): LinearLayout =
        LinearLayout(context).apply {
            orientation = LinearLayout.HORIZONTAL
            gravity = Gravity.CENTER_VERTICAL
            for ((index, view) in views.withIndex()) {
                val fixed = view.layoutParams
                val wide = if (index == grows) 0 else fixed?.width ?: WRAP_CONTENT
                val place =
                    LinearLayout.LayoutParams(
                        wide,
                        fixed?.height ?: WRAP_CONTENT,
                        if (index ==
                            grows
                        ) {
                            1f
                        } else {
                            0f
                        },
                    )
                place.marginStart = if (index == 0) 0 else dp(gap)
                addView(view, place)
            }
        }

    /** Views beside each other that go on in the next line where they do not fit. */
    fun flow(
        gap: Int,
        views: List<View>,
    ): FlowLayout = FlowLayout(context, dp(gap)).apply { views.forEach { addView(it) } }

    /** A surface with rounded corners. */
    fun card(
        gap: Int,
        vararg views: View?,
    ): LinearLayout =
        column(gap, *views).apply {
            background = shape(R.color.surface, 22f, R.color.line)
            setPadding(dp(20), dp(18), dp(20), dp(18))
        }

    /** A filled shape, with an edge where there is one. */
    fun shape(
        fill: Int,
        radius: Float,
        edge: Int? = null,
    ): Drawable =
        GradientDrawable().apply {
            setColor(color(fill))
            cornerRadius = dp(radius).toFloat()
            if (edge != null) setStroke(dp(1), color(edge))
        }

    /** An icon in a colour; [says] is for those who do not see it, null where a text beside it says the same. */
    fun icon(
        drawable: Int,
        color: Int,
        size: Int,
        says: String? = null,
    ): ImageView =
        ImageView(context).apply {
            setImageResource(drawable)
            imageTintList = ColorStateList.valueOf(color(color))
            contentDescription = says
            layoutParams = ViewGroup.LayoutParams(dp(size), dp(size))
        }

    /** An icon that can be touched. */
    fun iconButton(
        drawable: Int,
        says: String,
        onClick: () -> Unit,
    ): ImageView =
        icon(drawable, R.color.ink, TOUCH, says).apply {
            setPadding(dp(12), dp(12), dp(12), dp(12))
            background =
                RippleDrawable(ColorStateList.valueOf(color(R.color.accent_soft)), null, shape(R.color.ink, 24f))
            setOnClickListener { onClick() }
        }

    /** A chip. */
    fun chip(chip: Chip): View {
        val colors = colors(chip.tone)
        val icon = colors.icon?.let { icon(it, colors.ink, 16) }
        val text = text(chip.text, Style.LABEL, colors.ink)
        return row(6, -1, *listOfNotNull(icon, text).toTypedArray()).apply {
            background = shape(colors.soft, 14f)
            setPadding(dp(if (icon == null) 12 else 9), dp(6), dp(12), dp(6))
        }
    }

    /** A message in the colour of its tone. */
    fun banner(banner: Banner): View {
        val colors = colors(banner.tone)
        val lines = banner.lines.map { text(it, Style.SMALL, colors.ink) }
        val words = column(6, text(banner.title, Style.STRONG, colors.ink), *lines.toTypedArray())
        val content =
            colors.icon?.let { row(12, 1, icon(it, colors.ink, 24), words) } ?: row(0, 0, words)
        return content.apply {
            gravity = Gravity.TOP
            background = shape(colors.soft, 18f)
            setPadding(dp(16), dp(14), dp(16), dp(14))
        }
    }

    /** A button over the whole width; the reason why it is off stands below it. */
    fun button(
        button: Button,
        primary: Boolean,
        onClick: () -> Unit,
    ): View {
        val filled = primary && button.enabled
        val ink =
            if (!button.enabled) {
                R.color.off
            } else if (primary) {
                R.color.on_accent
            } else {
                R.color.accent
            }
        val fill =
            if (!button.enabled) {
                R.color.off_soft
            } else if (primary) {
                R.color.accent
            } else {
                R.color.accent_soft
            }
        val view =
            text(button.text, Style.STRONG, ink).apply {
                gravity = Gravity.CENTER
                minHeight = dp(52)
                setPadding(dp(20), dp(10), dp(20), dp(10))
                val ripple = color(if (filled) R.color.accent_soft else R.color.line)
                background = RippleDrawable(ColorStateList.valueOf(ripple), shape(fill, 26f), null)
                isEnabled = button.enabled
                setOnClickListener { onClick() }
                accessibilityDelegate = RoleOf("android.widget.Button")
            }
        val why = button.why?.let { text(it, Style.SMALL).apply { gravity = Gravity.CENTER_HORIZONTAL } }
        return if (why == null) view else column(8, view, why)
    }

    /** A value with its name, in one line where both fit. */
    fun fact(fact: Fact): View =
        PairLayout(context, dp(16)).apply {
            addView(text(fact.label, Style.SMALL))
            addView(text(fact.value, Style.BODY))
        }

    /** A thin line. */
    fun line(): View =
        View(context).apply {
            setBackgroundColor(color(R.color.line))
            minimumHeight = dp(1)
        }

    /** The colours and the icon of a tone. */
    fun colors(tone: Tone): ToneColors = TONES.getValue(tone)

    private companion object {
        const val TOUCH = 48
        val TONES =
            mapOf(
                Tone.PLAIN to ToneColors(R.color.ink_soft, R.color.surface_alt, null),
                Tone.GOOD to ToneColors(R.color.good, R.color.good_soft, R.drawable.ic_check),
                Tone.BAD to ToneColors(R.color.bad, R.color.bad_soft, R.drawable.ic_cross),
                Tone.WARNING to ToneColors(R.color.warning, R.color.warning_soft, R.drawable.ic_warning),
                Tone.OFF to ToneColors(R.color.off, R.color.off_soft, R.drawable.ic_dash),
                Tone.BUSY to ToneColors(R.color.accent, R.color.accent_soft, null),
            )
    }
}

/** The text, the surface and the icon of a tone. */
class ToneColors(
    val ink: Int,
    val soft: Int,
    val icon: Int?,
)
