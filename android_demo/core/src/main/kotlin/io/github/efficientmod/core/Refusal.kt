package io.github.efficientmod.core

/** Why a bundle is refused: the codes of `docs/bundle_format.md`, the same in every reader. */
enum class Refusal(
    val code: String,
) {
    NO_MANIFEST("no_manifest"),
    UNREADABLE("unreadable"),
    NOT_JSON("not_json"),
    NO_FORMAT_VERSION("no_format_version"),
    UNKNOWN_MAJOR_VERSION("unknown_major_version"),
    MISSING_FIELD("missing_field"),
    WRONG_VALUE("wrong_value"),
    PATH_OUTSIDE("path_outside"),
    CONTRADICTION("contradiction"),
    MISSING_FILE("missing_file"),
    WRONG_KIND("wrong_kind"),
    LINK("link"),
    BAD_NAME("bad_name"),
    SIZE_MISMATCH("size_mismatch"),
    DIGEST_MISMATCH("digest_mismatch"),
    BAD_LABELS("bad_labels"),
}

/** One problem of [file] in a bundle, in a sentence; [field] is the place in that file, such as `model.name`. */
data class Problem(
    val refusal: Refusal,
    val file: String,
    val text: String,
    val field: String? = null,
) {
    override fun toString(): String = "${field ?: file}: $text"
}

/** A bundle that cannot be used; [problems] has at least one entry. The message names the first few. */
class BundleException(
    what: String,
    val problems: List<Problem>,
    advice: String = "Export the bundle again.",
    cause: Throwable? = null,
) : Exception("$what: ${shown(problems)}. $advice", cause) {
    private companion object {
        const val SHOWN = 5

        fun shown(problems: List<Problem>): String {
            val more = if (problems.size > SHOWN) "; and ${problems.size - SHOWN} more" else ""
            return problems.take(SHOWN).joinToString("; ") + more
        }
    }
}
