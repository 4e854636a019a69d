package io.github.efficientmod.core

/** How a picture becomes a network's input; orientation, alpha, order of colours and divisor are the same in all 1.x. */
data class Preprocessing(
    val resize: Resize,
    val crop: Crop,
    val normalisation: Normalisation,
)

/** How a picture is scaled before the crop; [height] and [width] are the sides that [rule] aims at. */
data class Resize(
    val rule: ResizeRule,
    val height: Int,
    val width: Int,
    val interpolation: Interpolation,
    val antialias: Boolean,
)

/** Which side becomes what. */
enum class ResizeRule(
    override val word: String,
) : Word {
    SHORTER_SIDE("shorter_side"),
    COVER("cover"),
    STRETCH("stretch"),
    LETTERBOX("letterbox"),
}

/** How a value between pixels is found; [support] is the kernel's reach in pixels. */
enum class Interpolation(
    override val word: String,
    val support: Double,
) : Word {
    BICUBIC("bicubic", 2.0),
    BILINEAR("bilinear", 1.0),
    NEAREST("nearest", 0.0),
}

/** The part of the scaled picture that the network sees; [fill] is R, G, B around a letterbox, null for others. */
data class Crop(
    val position: CropPosition,
    val height: Int,
    val width: Int,
    val fill: List<Int>?,
)

/** Where the crop is. */
enum class CropPosition(
    override val word: String,
) : Word {
    CENTER("center"),
    TOP_LEFT("top_left"),
}
