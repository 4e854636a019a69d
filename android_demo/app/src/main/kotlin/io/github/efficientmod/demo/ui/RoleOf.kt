package io.github.efficientmod.demo.ui

import android.view.View
import android.view.accessibility.AccessibilityNodeInfo

/** Tells a screen reader that a view is what [className] is, and whether it is [checked] where it can be. */
class RoleOf(
    private val className: String,
    private val checked: (() -> Boolean)? = null,
) : View.AccessibilityDelegate() {
    override fun onInitializeAccessibilityNodeInfo(
        host: View,
        info: AccessibilityNodeInfo,
    ) {
        super.onInitializeAccessibilityNodeInfo(host, info)
        info.className = className
        val checked = checked ?: return
        info.isCheckable = true
        @Suppress("DEPRECATION") // its successor begins with API 36
        info.isChecked = checked()
    }
}
