package io.github.efficientmod.demo.ui

import android.util.TypedValue
import android.view.Gravity
import android.view.View
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.LinearLayout
import io.github.efficientmod.demo.R

/** A place that the bar leads to. */
class Place(
    val id: String,
    val text: String,
    val icon: Int,
)

/** The bar at the bottom, or at the side where the window is wide. */
class NavigationBar(
    private val kit: Kit,
    private val places: List<Place>,
    private val wide: Boolean,
    private val go: (String) -> Unit,
) {
    val view =
        LinearLayout(kit.context).apply {
            orientation = if (wide) LinearLayout.VERTICAL else LinearLayout.HORIZONTAL
            setBackgroundColor(kit.color(R.color.surface))
        }
    private var current: String? = null

    /** Marks the place [id] as the one that is shown. */
    fun show(id: String) {
        if (id == current) return
        current = id
        view.removeAllViews()
        for (place in places) {
            val params =
                if (wide) {
                    LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT).apply { topMargin = kit.dp(12) }
                } else {
                    LinearLayout.LayoutParams(0, WRAP_CONTENT, 1f)
                }
            view.addView(item(place, place.id == id), params)
        }
    }

    private fun item(
        place: Place,
        here: Boolean,
    ): View {
        val ink = if (here) R.color.accent else R.color.ink_soft
        val icon =
            kit.icon(place.icon, ink, ICON).apply {
                if (here) background = kit.shape(R.color.accent_soft, PILL / 2f)
                setPadding(kit.dp(20), kit.dp(4), kit.dp(20), kit.dp(4))
            }
        val label =
            kit.text(place.text, Style.LABEL, ink).apply {
                gravity = Gravity.CENTER
                maxLines = 1
                val most = textSize.toInt()
                setAutoSizeTextTypeUniformWithConfiguration(kit.dp(LEAST_DP), most, 1, TypedValue.COMPLEX_UNIT_PX)
                minHeight = most * 3 / 2
            }
        return LinearLayout(kit.context).apply {
            orientation = LinearLayout.VERTICAL
            gravity = Gravity.CENTER_HORIZONTAL
            setPadding(kit.dp(4), kit.dp(10), kit.dp(4), kit.dp(10))
            addView(icon, LinearLayout.LayoutParams(kit.dp(64), kit.dp(PILL)))
            addView(label, LinearLayout.LayoutParams(MATCH_PARENT, label.minHeight).apply { topMargin = kit.dp(3) })
            contentDescription = place.text
            isSelected = here
            setOnClickListener { go(place.id) }
            accessibilityDelegate = RoleOf("android.widget.TabWidget")
        }
    }

    private companion object {
        const val ICON = 24
        const val LEAST_DP = 10
        const val PILL = 32
    }
}
