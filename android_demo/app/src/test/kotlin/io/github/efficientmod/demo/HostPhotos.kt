package io.github.efficientmod.demo

import io.github.efficientmod.core.Picture
import io.github.efficientmod.core.PictureDecoder
import io.github.efficientmod.demo.picture.Photos

/** The app's decoder on Linux, where the graphics library stores B, G, R, A; Android's stores R, G, B, A. */
object HostPhotos : PictureDecoder {
    override fun decode(content: ByteArray): Picture {
        val picture = Photos.decode(content)
        for (at in picture.rgb.indices step 3) {
            val red = picture.rgb[at + 2]
            picture.rgb[at + 2] = picture.rgb[at]
            picture.rgb[at] = red
        }
        return picture
    }
}
