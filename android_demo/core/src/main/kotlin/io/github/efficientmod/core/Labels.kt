package io.github.efficientmod.core

/** The class names in a labels file, one for each score. Throws [IllegalArgumentException] with what is wrong with it. */
fun parseLabels(content: ByteArray): List<String> {
    val text = utf8(content)
    require(text.endsWith('\n')) { "its last line has no line feed" }
    val labels = text.dropLast(1).split('\n')
    val wrong = labels.indexOfFirst { !isLabel(it) }
    require(wrong < 0) {
        "line ${wrong + 1} is empty, begins or ends with a space, or has a control character"
    }
    return labels
}

private fun isLabel(label: String): Boolean =
    label.isNotEmpty() && label.first() != ' ' && label.last() != ' ' && label.none { it < ' ' || it == '\u007F' }
