package io.github.efficientmod.demo

import android.content.ContentProvider
import android.content.ContentValues
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.ParcelFileDescriptor
import android.provider.DocumentsContract
import android.provider.DocumentsContract.Document
import java.io.File

/** The vectors' bundle as a folder of another app: its documents' names are paths below `out`. */
class FolderProvider : ContentProvider() {
    private fun file(id: String) = File(repository("tests/vectors/bundle"), id.removePrefix("out").removePrefix("/"))

    override fun onCreate() = true

    override fun query(
        uri: Uri,
        projection: Array<String>?,
        selection: String?,
        selectionArgs: Array<String>?,
        sortOrder: String?,
    ): Cursor {
        val id = DocumentsContract.getDocumentId(uri)
        val rows = MatrixCursor(checkNotNull(projection))
        for (child in file(id).listFiles().orEmpty()) {
            val type = if (child.isDirectory) Document.MIME_TYPE_DIR else "application/octet-stream"
            rows.addRow(arrayOf("$id/${child.name}", child.name, type))
        }
        return rows
    }

    override fun openFile(
        uri: Uri,
        mode: String,
    ): ParcelFileDescriptor =
        ParcelFileDescriptor.open(file(DocumentsContract.getDocumentId(uri)), ParcelFileDescriptor.MODE_READ_ONLY)

    override fun getType(uri: Uri) = null

    override fun insert(
        uri: Uri,
        values: ContentValues?,
    ) = null

    override fun update(
        uri: Uri,
        values: ContentValues?,
        selection: String?,
        selectionArgs: Array<String>?,
    ) = 0

    override fun delete(
        uri: Uri,
        selection: String?,
        selectionArgs: Array<String>?,
    ) = 0

    companion object {
        const val AUTHORITY = "folders"
    }
}
