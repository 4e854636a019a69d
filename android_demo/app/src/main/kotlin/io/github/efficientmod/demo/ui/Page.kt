package io.github.efficientmod.demo.ui

import android.content.Context
import android.view.Gravity
import android.view.View
import android.view.ViewGroup
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.FrameLayout
import android.widget.LinearLayout
import android.widget.ScrollView
import io.github.efficientmod.core.screens.Empty
import io.github.efficientmod.demo.R

/** A card of a page: as long as its [key] is equal, its view stays, so that touches and scrolling go on. */
class Card(
    val key: Any,
    val build: () -> View,
)

/** A screen: a title with what can be done beside it, and cards below it that scroll. */
class Page(
    private val kit: Kit,
) {
    private val head = FrameLayout(kit.context)
    private val cards = ColumnsLayout(kit.context, kit.dp(14), kit.dp(LEAST_COLUMN), kit.dp(MOST_COLUMN))
    private var keys = emptyList<Any>()
    private var headKey: Any? = null
    private val content =
        LinearLayout(kit.context).apply {
            orientation = LinearLayout.VERTICAL
            setPadding(kit.dp(16), kit.dp(12), kit.dp(16), kit.dp(24))
            addView(head, LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT).apply { bottomMargin = kit.dp(12) })
            addView(cards, LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT))
        }

    /** The view of it. */
    val view: View =
        ScrollView(kit.context).apply {
            isFillViewport = true
            clipToPadding = false
            addView(content, ViewGroup.LayoutParams(MATCH_PARENT, WRAP_CONTENT))
        }

    /** Shows [shown] under [title], with [side] at the title's end and [back] before it where it leads back. */
    fun show(
        title: String,
        shown: List<Card>,
        side: List<Card> = emptyList(),
        back: Card? = null,
    ) {
        showHead(title, side, back)
        val old = keys.indices.associate { keys[it] to cards.getChildAt(it) }
        val views = shown.map { old[it.key] ?: it.build() }
        if (views != cards.children()) {
            cards.removeAllViews()
            views.forEach { cards.addView(it) }
        }
        keys = shown.map { it.key }
    }

    private fun showHead(
        title: String,
        side: List<Card>,
        back: Card?,
    ) {
        val key = listOf(title, side.map { it.key }, back?.key)
        if (key == headKey) return
        headKey = key
        val name = kit.text(title, Style.TITLE).apply { heading() }
        val parts = listOfNotNull(back?.build?.invoke()) + name + side.map { it.build() }
        head.removeAllViews()
        head.addView(
            kit.row(4, parts.indexOf(name), *parts.toTypedArray()).apply {
                minimumHeight = kit.dp(56)
                setPadding(kit.dp(if (back == null) 4 else 0), 0, 0, 0)
            },
        )
    }

    private companion object {
        const val LEAST_COLUMN = 340
        const val MOST_COLUMN = 680
    }
}

/** What an empty screen shows: a picture of what is missing, what to do, and a button to do it. */
fun Kit.empty(
    empty: Empty,
    drawable: Int,
    onClick: () -> Unit,
    vararg more: View,
): View {
    val badge =
        FrameLayout(context).apply {
            background = shape(R.color.accent_soft, 44f)
            val size = dp(40)
            addView(icon(drawable, R.color.accent, 40), FrameLayout.LayoutParams(size, size, Gravity.CENTER))
        }
    val words =
        column(
            10,
            text(empty.title, Style.HEADING).apply { gravity = Gravity.CENTER_HORIZONTAL },
            text(empty.text, Style.SMALL).apply { gravity = Gravity.CENTER_HORIZONTAL },
        )
    return card(20, words, empty.button?.let { button(it, primary = true, onClick) }, *more).apply {
        gravity = Gravity.CENTER_HORIZONTAL
        setPadding(dp(24), dp(32), dp(24), dp(24))
        addView(badge, 0, LinearLayout.LayoutParams(dp(88), dp(88)).apply { bottomMargin = dp(20) })
    }
}

/** Marks a text as a heading for screen readers, where the system knows headings. */
fun View.heading() {
    if (android.os.Build.VERSION.SDK_INT >= android.os.Build.VERSION_CODES.P) isAccessibilityHeading = true
}

/** Whether the device has the room of a tablet. */
fun Context.isWide(): Boolean = resources.configuration.screenWidthDp >= WIDE_DP

private const val WIDE_DP = 720
