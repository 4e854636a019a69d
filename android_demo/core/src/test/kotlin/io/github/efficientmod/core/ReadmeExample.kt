package io.github.efficientmod.core

import java.io.File
import java.nio.file.Path

// README
fun sayWhatItIs(
    archive: File,
    photo: File,
    private: Path,
    runtime: Runtime,
    decoder: PictureDecoder,
) {
    val bundle = ZipSource(archive).use { BundleStore(private).import(it) }
    Classifier.open(bundle, runtime, decoder).use { classifier ->
        val picture = decoder.upright(photo.readBytes())
        for (best in classifier.classify(picture)) println("%5.1f %% %s".format(100 * best.score, best.label))
    }
}
// README
