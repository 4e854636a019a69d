package io.github.efficientmod.core

import java.time.Instant

/** Why a configuration gives no answers on this device: it is not run there, or its results are wrong. */
class UnprovenException(
    override val message: String,
) : Exception(message)

/**
 * A bundle's classifier in one configuration of a runtime, for an app of one's own. It answers only after the golden samples
 * were replayed on this device. One thread opens, uses and closes it.
 */
class Classifier private constructor(
    private val bundle: Bundle,
    private val artifact: Artifact,
    private val session: Session,
) : AutoCloseable {
    private val preprocessor =
        Preprocessor(
            bundle.manifest.inputs
                .single()
                .preprocessing!!,
        )
    private val feed = PictureFeed(artifact.inputs.single())
    private val afterNetwork = AfterNetwork(bundle.manifest, bundle.labels())

    /** The best classes of an upright picture, the best first. */
    fun classify(picture: Picture): List<Ranked> {
        session.write(listOf(feed.values(preprocessor.pixels(picture))))
        session.run()
        val outputs = declaredOutputs(bundle.manifest, artifact, session.read())
        return afterNetwork.shown(outputs).firstNotNullOf { (it as? Ranking)?.classes }
    }

    override fun close() = session.close()

    /** Opens classifiers. */
    companion object {
        /**
         * Proves [configuration] and opens it; without one, the first that [runtime] offers for the bundle. Throws
         * [UnprovenException], and [IllegalArgumentException] for a bundle that is no classifier of pictures.
         */
        fun open(
            bundle: Bundle,
            runtime: Runtime,
            decoder: PictureDecoder,
            configuration: Configuration? =
                configurations(
                    bundle.manifest,
                    listOf(runtime),
                    threads = listOf(4),
                ).firstOrNull(),
        ): Classifier {
            val name = bundle.manifest.model.name
            require(isClassifier(bundle.manifest)) { "$name is no classifier of pictures." }
            if (configuration ==
                null
            ) {
                throw UnprovenException("The bundle of $name has no file that ${runtime.name} runs.")
            }
            val prover = Prover(bundle, Golden(bundle, decoder), SystemClock)
            val candidate = Candidate(configuration, runtime).also(prover::prove)
            candidate.out?.let { (_, reason) -> throw UnprovenException("${configuration.name}: ${reason.text}") }
            return when (val opening = runtime.tryOpen(bundle.path(configuration.artifact), configuration)) {
                is Opening.Opened -> Classifier(bundle, configuration.artifact, opening.session)
                is Opening.Refused -> throw UnprovenException(opening.sentence)
                is Opening.Failed -> throw UnprovenException(opening.sentence)
            }
        }

        private fun isClassifier(manifest: Manifest): Boolean =
            manifest.inputs.singleOrNull()?.preprocessing != null && manifest.afterNetwork.any { it.step == "top_k" }
    }
}

private object SystemClock : Clock {
    override fun nanos(): Long = System.nanoTime()

    override fun now(): Instant = Instant.now()

    override fun sleep(nanos: Long) = Thread.sleep(nanos / 1_000_000)
}
