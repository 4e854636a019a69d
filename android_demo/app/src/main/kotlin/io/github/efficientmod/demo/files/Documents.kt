package io.github.efficientmod.demo.files

import android.content.ContentResolver
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.provider.DocumentsContract
import android.provider.DocumentsContract.Document
import android.provider.OpenableColumns
import io.github.efficientmod.core.BundleSource
import io.github.efficientmod.core.SourceEntry
import io.github.efficientmod.core.ZipSource
import java.io.File
import java.io.IOException
import java.io.InputStream

/** Files and folders that other apps hand over. */
class Documents(
    private val context: Context,
) {
    private val resolver: ContentResolver = context.contentResolver

    /** The name that a person knows the document by. */
    fun name(uri: Uri): String =
        runCatching {
            resolver.query(uri, arrayOf(OpenableColumns.DISPLAY_NAME), null, null, null)?.use { row ->
                if (row.moveToFirst()) row.getString(0) else null
            }
        }.getOrNull() ?: uri.lastPathSegment?.substringAfterLast('/') ?: "?"

    /** The name of a folder that was chosen. */
    fun folderName(tree: Uri): String =
        DocumentsContract.getTreeDocumentId(tree).substringAfterLast('/').substringAfterLast(':')

    /** All bytes of a document, such as a photo. */
    fun read(uri: Uri): ByteArray = open(uri).use { it.readBytes() }

    /** An archive; its bytes are copied first, since an archive is read from its end. The copy goes when it is closed. */
    fun archive(uri: Uri): BundleSource {
        val copy = File.createTempFile("bundle", ".embundle", context.cacheDir)
        return runCatching {
            open(uri).use { input -> copy.outputStream().use { input.copyTo(it) } }
            val zip = ZipSource(copy)
            object : BundleSource by zip {
                override fun close() {
                    zip.close()
                    copy.delete()
                }
            }
        }.onFailure { copy.delete() }.getOrThrow()
    }

    /** A folder that was chosen. */
    fun folder(tree: Uri): BundleSource = TreeSource(resolver, tree)

    private fun open(uri: Uri): InputStream =
        resolver.openInputStream(uri) ?: throw IOException("the other app does not hand over the file")

    /** Reads intents. */
    companion object {
        /** What an intent hands over, null where it is nothing. */
        fun handedOver(intent: Intent?): Uri? =
            when (intent?.action) {
                Intent.ACTION_VIEW -> {
                    intent.data
                }

                Intent.ACTION_SEND -> {
                    @Suppress("DEPRECATION") // the typed form begins with Android 13
                    intent.getParcelableExtra(Intent.EXTRA_STREAM) as? Uri
                }

                else -> {
                    null
                }
            }
    }
}

/** A folder of another app, by the storage access framework; links do not exist there. */
private class TreeSource(
    private val resolver: ContentResolver,
    private val tree: Uri,
) : BundleSource {
    private val ids = hashMapOf("" to DocumentsContract.getTreeDocumentId(tree))

    override fun entries(path: String): List<SourceEntry> {
        val children = DocumentsContract.buildChildDocumentsUriUsingTree(tree, id(path))
        val columns = arrayOf(Document.COLUMN_DOCUMENT_ID, Document.COLUMN_DISPLAY_NAME, Document.COLUMN_MIME_TYPE)
        val rows =
            resolver.query(children, columns, null, null, null) ?: throw IOException("the folder cannot be listed")
        return rows.use {
            val found = mutableListOf<SourceEntry>()
            while (rows.moveToNext()) {
                val name = rows.getString(1)
                ids[if (path.isEmpty()) name else "$path/$name"] = rows.getString(0)
                found += SourceEntry(name, kind(rows.getString(2)))
            }
            found
        }
    }

    override fun open(path: String): InputStream {
        val document = DocumentsContract.buildDocumentUriUsingTree(tree, id(path))
        return resolver.openInputStream(document) ?: throw IOException("the file $path is not handed over")
    }

    override fun close() = Unit

    private fun kind(type: String) =
        if (type == Document.MIME_TYPE_DIR) SourceEntry.Kind.FOLDER else SourceEntry.Kind.FILE

    private fun id(path: String): String = ids[path] ?: throw IOException("no $path in the folder")
}
