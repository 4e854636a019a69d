package io.github.efficientmod.core

import java.awt.image.BufferedImage
import java.awt.image.IndexColorModel
import java.nio.ByteBuffer
import javax.imageio.ImageIO

/** The JVM's decoder, by samples: its own conversion to RGB changes grey. */
object ImageIoDecoder : PictureDecoder {
    override fun decode(content: ByteArray): Picture {
        val image = ImageIO.read(content.inputStream())
        requireNotNull(image) { "no picture" }
        val rgba = ByteBuffer.allocate(image.height * image.width * 4)
        for (y in 0 until image.height) {
            for (x in 0 until image.width) pixel(image, x, y).forEach { rgba.put(it.toByte()) }
        }
        return Picture.ofRgba(image.height, image.width, rgba)
    }

    private fun pixel(
        image: BufferedImage,
        x: Int,
        y: Int,
    ): List<Int> {
        val colours = image.colorModel
        if (colours is IndexColorModel) {
            val index = image.raster.getSample(x, y, 0)
            return listOf(
                colours.getRed(index),
                colours.getGreen(index),
                colours.getBlue(index),
                colours.getAlpha(index),
            )
        }
        val samples =
            List(image.raster.numBands) { band ->
                image.raster.getSample(x, y, band) shr (colours.getComponentSize(band) - 8)
            }
        val alpha = if (colours.hasAlpha()) samples.last() else 255
        return if (samples.size < 3) List(3) { samples[0] } + alpha else samples.take(3) + alpha
    }
}
