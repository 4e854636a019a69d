package io.github.efficientmod.demo

import android.os.Build
import android.os.PowerManager
import android.view.View
import android.window.OnBackInvokedCallback
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.File

/** Calls with and without a look at the system's version, of which the check is to find the second kind. */
@Suppress("unused")
private object Samples {
    fun guarded(manager: PowerManager): Int =
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) manager.currentThermalStatus else 0

    fun afterReturn(view: View) {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.P || view.isAttachedToWindow) return
        view.isAccessibilityHeading = true
    }

    fun unguarded(manager: PowerManager): Int = manager.currentThermalStatus

    fun guardedTooLow(): Any? = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) OnBackInvokedCallback {} else null

    fun guardedBehind(manager: PowerManager): Int {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) println("new")
        return manager.currentThermalStatus
    }

    fun newClass(): Any = OnBackInvokedCallback {}
}

/** The app calls nothing that a system of its least API level lacks, but where it looked at the system's version. */
class ApiLevelsTest {
    private val least = SystemClasses.ofSignature(File("target/signatures/26.signature"))
    private val systems =
        mapOf(
            26 to least,
            31 to SystemClasses.ofJar(File(System.getProperty("android.12")), least),
            33 to SystemClasses.ofSignature(File("target/signatures/33.signature")),
        )

    private fun classes(folder: String) = File(folder).walkTopDown().filter { it.extension == "class" }.toList()

    @Test
    fun theAppCallsWhatItsLeastSystemHas() {
        val classes = classes("target/classes")
        assertTrue(classes.size > 50)
        assertEquals("", ApiLevels(classes, systems).problems().joinToString("\n"))
    }

    @Test
    fun whatIsNewerIsFoundWhereTheVersionIsNotLookedAt() {
        val samples = classes("target/test-classes").filter { it.name == "Samples.class" }
        val found = ApiLevels(samples, systems).problems().map { it.substringAfter("Samples.").substringBefore(':') }
        assertEquals(listOf("guardedBehind", "guardedTooLow", "newClass", "unguarded"), found)
    }
}
