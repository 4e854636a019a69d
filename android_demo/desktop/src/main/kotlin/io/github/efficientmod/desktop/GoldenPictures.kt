package io.github.efficientmod.desktop

import io.github.efficientmod.core.Picture
import io.github.efficientmod.core.PictureDecoder
import javax.imageio.ImageIO

/** Golden pictures, which are 8-bit RGB PNG; other files are refused. */
object GoldenPictures : PictureDecoder {
    override fun decode(content: ByteArray): Picture {
        val raster = requireNotNull(ImageIO.read(content.inputStream())) { "this is no picture" }.raster
        require(raster.numBands == 3 && raster.sampleModel.getSampleSize(0) == 8) { "this is no 8-bit RGB picture" }
        val rgb = raster.getPixels(0, 0, raster.width, raster.height, null as IntArray?)
        return Picture(raster.height, raster.width, ByteArray(rgb.size) { rgb[it].toByte() })
    }
}
