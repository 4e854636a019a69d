package io.github.efficientmod.core

/** One class of a ranking; [label] is null where the bundle has no class names. */
data class Ranked(
    val index: Int,
    val label: String?,
    val score: Double,
)

/** What an app shows of [output]. */
sealed interface Shown {
    val output: String
}

/** The best classes; [probabilities] where the scores are some. */
data class Ranking(
    override val output: String,
    val classes: List<Ranked>,
    val probabilities: Boolean,
) : Shown

/** An image that the network made. */
class MadePicture(
    override val output: String,
    val picture: Picture,
) : Shown

/**
 * What follows a bundle's network. A step that it does not know ends the steps of its output: what would follow depends on
 * it. Throws [BundleException] where a step that it knows has no parameters that it can be done with.
 */
class AfterNetwork(
    private val manifest: Manifest,
    private val labels: List<String>?,
) {
    private val steps: List<Pair<String, Action>> =
        manifest.afterNetwork.mapIndexed { index, step ->
            step.output to
                action(step, index)
        }

    /** What is to be shown of the network's [outputs], in the manifest's order, layout and dtype. */
    fun shown(outputs: List<Values>): List<Shown> =
        manifest.outputs.zip(outputs).flatMap { (declared, values) ->
            val own = steps.filter { it.first == declared.name }.map { it.second }
            shown(declared, values, own.takeWhile { it != Action.Unknown })
        }

    private fun shown(
        declared: NetworkOutput,
        values: Values,
        actions: List<Action>,
    ): List<Shown> {
        var scores = values.doubles()
        var probabilities = declared.meaning == "probabilities"
        return actions.mapNotNull { action ->
            when (action) {
                Action.Softmax -> {
                    scores = softmax(scores, values.shape.last())
                    probabilities = true
                    null
                }

                is Action.TopK -> {
                    val classes = topK(scores, action.k).map { Ranked(it, labels?.getOrNull(it), scores[it]) }
                    Ranking(declared.name, classes, probabilities)
                }

                is Action.ToPicture -> {
                    val (height, width) = values.shape.takeLast(2)
                    MadePicture(declared.name, toPicture(values.floats, height, width, action.normalisation))
                }

                Action.Unknown -> {
                    null
                }
            }
        }
    }

    private fun action(
        step: Step,
        index: Int,
    ): Action {
        val parameters = Field(step.parameters, "after_network.$index.parameters")
        return try {
            when (step.step) {
                "softmax" -> Action.Softmax
                "top_k" -> Action.TopK(parameters["k"].side())
                "to_picture" -> Action.ToPicture(normalisation(parameters)).also { checkImage(step, parameters) }
                else -> Action.Unknown
            }
        } catch (error: FieldException) {
            val problem = Problem(error.refusal, MANIFEST_NAME, error.message.orEmpty(), error.place)
            throw BundleException("The bundle's manifest is damaged", listOf(problem), cause = error)
        }
    }

    private fun checkImage(
        step: Step,
        parameters: Field,
    ) {
        val output = manifest.outputs.first { it.name == step.output }
        val isImage = output.shape.size == 4 && output.shape.take(2) == listOf(1, 3) && output.layout == Layout.NCHW
        if (!isImage || output.dtype != Dtype.FLOAT32) {
            parameters.wrong("${output.name} is no image, float32 NCHW of shape (1, 3, H, W)", Refusal.CONTRADICTION)
        }
    }
}

private sealed interface Action {
    data object Softmax : Action

    data class TopK(
        val k: Int,
    ) : Action

    data class ToPicture(
        val normalisation: Normalisation,
    ) : Action

    data object Unknown : Action
}
