package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Manifest
import io.github.efficientmod.core.Values
import io.github.efficientmod.core.softmax
import io.github.efficientmod.core.topK
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.intOrNull

/** A class that a network names, with its score after the steps of the manifest. */
data class Guess(
    val index: Int,
    val label: String?,
    val score: Double,
)

/**
 * The best classes as the manifest's steps after the network say, the best first; empty where this network names none,
 * or has a step before that this app does not know.
 */
fun guesses(
    manifest: Manifest,
    labels: List<String>?,
    outputs: List<Values>,
): List<Guess> {
    val top = manifest.afterNetwork.firstOrNull { it.step == "top_k" } ?: return emptyList()
    val before = manifest.afterNetwork.takeWhile { it != top }.filter { it.output == top.output }
    val place = manifest.outputs.indexOfFirst { it.name == top.output }
    val count = (top.parameters["k"] as? JsonPrimitive)?.intOrNull
    if (place < 0 || count == null || before.any { it.step != "softmax" }) return emptyList()
    var scores = outputs[place].doubles()
    repeat(before.size) { scores = softmax(scores, manifest.outputs[place].shape.last()) }
    return topK(scores, count).map { Guess(it, labels?.getOrNull(it), scores[it]) }
}
