package io.github.efficientmod.demo.files

import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.content.Intent
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.ParcelFileDescriptor
import android.provider.OpenableColumns
import io.github.efficientmod.demo.device.AndroidPlatform
import java.io.File
import java.io.FileNotFoundException

/** Lets the app that a report is shared with read that one file, and nothing else. */
class ReportsProvider : ContentProvider() {
    override fun onCreate() = true

    override fun openFile(
        uri: Uri,
        mode: String,
    ): ParcelFileDescriptor {
        if (mode != "r") throw FileNotFoundException("reports are only read")
        return ParcelFileDescriptor.open(report(uri), ParcelFileDescriptor.MODE_READ_ONLY)
    }

    override fun getType(uri: Uri) = "application/json"

    override fun query(
        uri: Uri,
        projection: Array<String>?,
        selection: String?,
        selectionArgs: Array<String>?,
        sortOrder: String?,
    ): Cursor {
        val file = report(uri)
        val known =
            mapOf<String, Any>(
                OpenableColumns.DISPLAY_NAME to shownName(uri),
                OpenableColumns.SIZE to file.length(),
            )
        val columns = projection ?: known.keys.toTypedArray()
        return MatrixCursor(columns).apply { addRow(columns.map { known[it] }) }
    }

    override fun insert(
        uri: Uri,
        values: ContentValues?,
    ) = throw UnsupportedOperationException()

    override fun update(
        uri: Uri,
        values: ContentValues?,
        selection: String?,
        selectionArgs: Array<String>?,
    ) = throw UnsupportedOperationException()

    override fun delete(
        uri: Uri,
        selection: String?,
        selectionArgs: Array<String>?,
    ) = throw UnsupportedOperationException()

    private fun report(uri: Uri): File {
        val run = uri.pathSegments.firstOrNull().orEmpty()
        val file = File(File(AndroidPlatform.runsFolder(checkNotNull(context)), run), REPORT)
        if (uri.pathSegments.size != 2 || !RUN.matches(run) ||
            !file.isFile
        ) {
            throw FileNotFoundException("no report $run")
        }
        return file
    }

    private fun shownName(uri: Uri) = uri.pathSegments[1]

    /** Makes what is shared. */
    companion object {
        private const val REPORT = "report.json"
        private val RUN = Regex("[A-Za-z0-9_-]+")

        /** Asks which app shall get the report of [run]. */
        fun share(
            context: Context,
            run: String,
        ): Intent {
            val uri = Uri.parse("content://${context.packageName}.reports/$run/efficientmod-report-$run.json")
            val send =
                Intent(Intent.ACTION_SEND)
                    .setType("application/json")
                    .putExtra(Intent.EXTRA_STREAM, uri)
                    .addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
            send.clipData = android.content.ClipData.newRawUri(null, uri)
            return Intent.createChooser(send, null)
        }
    }
}
