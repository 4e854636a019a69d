package io.github.efficientmod.core.screens

/** What a colour says: something holds, is wrong, needs care, does not count, or goes on; PLAIN says nothing. */
enum class Tone { PLAIN, GOOD, BAD, WARNING, OFF, BUSY }

/** A few words in a coloured shape. */
data class Chip(
    val text: String,
    val tone: Tone,
)

/** A message above a screen's content; [lines] say more. */
data class Banner(
    val title: String,
    val lines: List<String>,
    val tone: Tone,
)

/** A value with its name. */
data class Fact(
    val label: String,
    val value: String,
)

/** A button; one that is not [enabled] says [why]. */
data class Button(
    val text: String,
    val enabled: Boolean = true,
    val why: String? = null,
)

/** What a screen shows that has nothing to show yet; [button] leads on. */
data class Empty(
    val title: String,
    val text: String,
    val button: Button?,
)

/** One of several choices. */
data class Choice(
    val id: String,
    val text: String,
    val chosen: Boolean,
)
