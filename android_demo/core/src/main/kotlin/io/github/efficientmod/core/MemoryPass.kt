package io.github.efficientmod.core

private const val CALLS = 10

/** What `/proc/self/status` says of the process's memory, in bytes; parts are null where the kernel hides them. */
data class Rss(
    val total: Long,
    val anon: Long?,
    val file: Long?,
)

/** Reads the text of `/proc/self/status`, whose numbers are in kB; null where it has no VmRSS. */
fun rssOf(status: String): Rss? {
    fun bytes(name: String): Long? =
        status
            .lineSequence()
            .firstOrNull { it.startsWith("$name:") }
            ?.filter { it.isDigit() }
            ?.toLongOrNull()
            ?.times(1024)
    return bytes("VmRSS")?.let { Rss(it, bytes("RssAnon"), bytes("RssFile")) }
}

/** Memory before a session is opened, after it, and the most during some calls; nothing is timed. */
internal class MemoryPass(
    private val prover: Prover,
    private val platform: Platform,
) {
    /** Puts what it found into [candidate]; null where the system does not tell. */
    @Suppress("ExplicitGarbageCollectionCall")
    fun run(
        candidate: Candidate,
        inputs: List<List<Values>>,
    ) {
        // What earlier configurations left behind would be given back in the middle.
        System.gc()
        val before = rssOf(platform.memory.status()) ?: return
        prover.withSession(candidate) { session ->
            val opened = rssOf(platform.memory.status()) ?: return@withSession
            val during =
                (0 until CALLS).mapNotNull { call ->
                    session.tryCall(inputs[call % inputs.size], platform.clock)
                    rssOf(platform.memory.status())
                }
            val peak = (during + opened).maxBy { it.total }
            candidate.memory = MemoryUse("rss", before.total, opened.total, peak.total, peak.anon, peak.file)
        }
    }
}
