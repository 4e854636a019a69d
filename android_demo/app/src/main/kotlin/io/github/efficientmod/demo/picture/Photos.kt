package io.github.efficientmod.demo.picture

import android.graphics.Bitmap
import android.graphics.BitmapFactory
import io.github.efficientmod.core.Picture
import io.github.efficientmod.core.PictureDecoder
import java.nio.ByteBuffer

/** The system's decoder, without its colour matching, premultiplication and scaling. */
object Photos : PictureDecoder {
    override fun decode(content: ByteArray): Picture {
        val options =
            BitmapFactory.Options().apply {
                inPreferredConfig = Bitmap.Config.ARGB_8888
                inPremultiplied = false
                inScaled = false
            }
        val bitmap =
            requireNotNull(BitmapFactory.decodeByteArray(content, 0, content.size, options)) {
                "Android does not decode this file as a picture"
            }
        val pixels = ByteBuffer.allocate(bitmap.byteCount)
        bitmap.copyPixelsToBuffer(pixels)
        val picture = Picture.ofRgba(bitmap.height, bitmap.width, pixels, bitmap.rowBytes)
        bitmap.recycle()
        return picture
    }
}
