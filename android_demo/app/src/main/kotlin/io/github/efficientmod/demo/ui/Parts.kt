package io.github.efficientmod.demo.ui

import android.view.Gravity
import android.view.View
import android.widget.CheckBox
import android.widget.LinearLayout
import android.widget.ProgressBar
import io.github.efficientmod.core.screens.Answer
import io.github.efficientmod.core.screens.Busy
import io.github.efficientmod.core.screens.Check
import io.github.efficientmod.core.screens.Choice
import io.github.efficientmod.core.screens.Tickable
import io.github.efficientmod.demo.R

// What several screens show.

/** Choices as shapes beside each other; the chosen one is filled. */
fun Kit.choices(
    choices: List<Choice>,
    onChoose: (String) -> Unit,
): View =
    flow(
        8,
        choices.map { choice ->
            text(choice.text, Style.LABEL, if (choice.chosen) R.color.on_accent else R.color.ink).apply {
                background =
                    if (choice.chosen) shape(R.color.accent, 20f) else shape(R.color.surface, 20f, R.color.line)
                gravity = Gravity.CENTER
                minHeight = dp(40)
                setPadding(dp(16), dp(8), dp(16), dp(8))
                setOnClickListener { onChoose(choice.id) }
                accessibilityDelegate = RoleOf("android.widget.RadioButton") { choice.chosen }
            }
        },
    )

/** A class with its probability and a bar. */
fun Kit.answer(
    answer: Answer,
    best: Boolean,
): View {
    val line =
        PairLayout(context, dp(16)).apply {
            addView(text(answer.name, if (best) Style.STRONG else Style.BODY))
            addView(text(answer.percent, if (best) Style.STRONG else Style.BODY))
        }
    val bar = BarView(this, if (best) R.color.accent else R.color.ink_soft, 6).apply { part = answer.share }
    return column(6, line, bar)
}

/** A condition with a tick, or a mark where it does harm. */
fun Kit.check(check: Check): View {
    val (drawable, color) =
        when (check.good) {
            true -> R.drawable.ic_check to R.color.good
            false -> R.drawable.ic_warning to R.color.warning
            null -> R.drawable.ic_dash to R.color.off
        }
    val words =
        PairLayout(context, dp(16)).apply {
            addView(text(check.text, Style.BODY))
            addView(text(check.value, Style.SMALL, if (check.good == false) R.color.warning else R.color.ink_soft))
        }
    return row(12, 1, icon(drawable, color, 20), words)
}

/** A configuration that can be ticked. */
fun Kit.tickable(
    one: Tickable,
    onTick: (Boolean) -> Unit,
): View {
    val box =
        CheckBox(context).apply {
            isChecked = one.ticked
            isEnabled = one.enabled
            isClickable = false
            importantForAccessibility = View.IMPORTANT_FOR_ACCESSIBILITY_NO
        }
    val ink = if (one.enabled) R.color.ink else R.color.off
    val words =
        column(
            2,
            text(one.title, Style.BODY, ink),
            text(one.subtitle, Style.SMALL),
            one.why?.let {
                text(it, Style.LABEL, R.color.off)
            },
        )
    return row(8, 1, box, words).apply {
        minimumHeight = dp(48)
        setPadding(0, dp(4), 0, dp(4))
        isEnabled = one.enabled
        setOnClickListener { onTick(!one.ticked) }
        accessibilityDelegate = RoleOf("android.widget.CheckBox") { one.ticked }
    }
}

/** Something that takes a while. */
fun Kit.busy(busy: Busy): View {
    val fraction = busy.fraction
    val bar =
        if (fraction == null) {
            ProgressBar(context, null, android.R.attr.progressBarStyleHorizontal).apply { isIndeterminate = true }
        } else {
            BarView(this, R.color.accent, 8).apply { part = fraction }
        }
    return card(12, text(busy.text, Style.BODY), bar)
}

/** A card with a heading. */
fun Kit.section(
    title: String,
    gap: Int,
    vararg views: View?,
): LinearLayout = card(gap, text(title, Style.HEADING).apply { heading() }, *views)
