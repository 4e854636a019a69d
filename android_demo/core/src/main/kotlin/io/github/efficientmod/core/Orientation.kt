package io.github.efficientmod.core

import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val ORIENTATION = 0x0112
private const val SHORT = 3

/**
 * The EXIF orientation of a JPEG or PNG file, 1 to 8; 1 where it has none. Android's own reader knows PNG only from
 * version 11 on.
 */
fun exifOrientation(file: ByteArray): Int {
    val bytes = ByteBuffer.wrap(file)
    val exif =
        when {
            file.size > 8 && bytes.getLong(0) == PNG -> pngExif(bytes)
            file.size > 4 && bytes.getShort(0) == JPEG -> jpegExif(bytes)
            else -> null
        }
    return exif?.let { orientation(it) }?.takeIf { it in 1..8 } ?: 1
}

private const val PNG = -0x76afb1b8f2f5e5f6L // 89 50 4E 47 0D 0A 1A 0A
private const val JPEG: Short = -0x28 // FF D8
private const val CHUNK_EXIF = 0x65584966 // eXIf

/** The TIFF block of the chunk eXIf. */
private fun pngExif(file: ByteBuffer): ByteBuffer? {
    var place = 8
    while (place + 8 <= file.limit()) {
        val size = file.getInt(place)
        val start = place + 8
        if (size < 0 || size > file.limit() - start) return null
        if (file.getInt(place + 4) == CHUNK_EXIF) return part(file, start, size)
        place = start + size + 4
        if (place < 0) return null
    }
    return null
}

/** The TIFF block of the segment APP1 that begins with "Exif", before the picture's data begin. */
private fun jpegExif(file: ByteBuffer): ByteBuffer? {
    var place = 2
    while (place + 4 <= file.limit() && file.get(place).toInt() and 0xFF == 0xFF) {
        val marker = file.get(place + 1).toInt() and 0xFF
        val size = file.getShort(place + 2).toInt() and 0xFFFF
        val start = place + 4
        if (marker == 0xFF) {
            place++ // a filling byte
            continue
        }
        if (marker == 0xDA || size < 2 || start + size - 2 > file.limit()) return null
        if (marker == 0xE1 && size >= 8 && file.getInt(start) == 0x45786966 && file.getShort(start + 4).toInt() == 0) {
            return part(file, start + 6, size - 8)
        }
        place = start + size - 2
    }
    return null
}

private fun part(
    file: ByteBuffer,
    start: Int,
    size: Int,
): ByteBuffer {
    val copy = file.duplicate()
    copy.seek(start)
    return copy.slice().also { it.restrict(size) }
}

/** The orientation in the first directory of a TIFF block, or null. */
private fun orientation(tiff: ByteBuffer): Int? {
    if (tiff.limit() < 8) return null
    tiff.order(if (tiff.getShort(0).toInt() == 0x4949) ByteOrder.LITTLE_ENDIAN else ByteOrder.BIG_ENDIAN)
    val directory = tiff.getInt(4)
    if (directory < 8 || directory > tiff.limit() - 2) return null
    val count = tiff.getShort(directory).toInt() and 0xFFFF
    for (index in 0 until count) {
        val entry = directory + 2 + 12 * index
        if (entry + 12 > tiff.limit()) return null
        if (tiff.getShort(entry).toInt() and 0xFFFF == ORIENTATION && tiff.getShort(entry + 2).toInt() == SHORT) {
            return tiff.getShort(entry + 8).toInt()
        }
    }
    return null
}
