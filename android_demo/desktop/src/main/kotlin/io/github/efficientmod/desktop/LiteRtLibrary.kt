package io.github.efficientmod.desktop

import java.lang.foreign.Arena
import java.lang.foreign.FunctionDescriptor
import java.lang.foreign.Linker
import java.lang.foreign.MemoryLayout
import java.lang.foreign.MemorySegment
import java.lang.foreign.SymbolLookup
import java.lang.foreign.ValueLayout.ADDRESS
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.lang.invoke.MethodHandle
import java.nio.file.Files
import java.nio.file.Path

private const val LIBRARY = "libLiteRt.so"
private const val FOLDER_VARIABLE = "EFFICIENTMOD_LITERT"
private const val WHEEL =
    "import importlib.util as u; s = u.find_spec('ai_edge_litert'); print(*(s.submodule_search_locations if s else ()))"

/** LiteRT is not on this machine; the message says how to get it. */
class MissingException(
    message: String,
) : Exception(message)

/** A LiteRT function returned another status than ok. */
class LiteRtException(
    message: String,
) : Exception(message)

/**
 * LiteRT's C API of 2.3, as litert/c/ of its repository declares it: every function that is used returns a LiteRtStatus
 * (an int, 0 is ok), takes handles as pointers and gives results through pointers.
 */
class LiteRtLibrary(
    val folder: Path,
) {
    private val linker = Linker.nativeLinker()
    private val symbols = SymbolLookup.libraryLookup(folder.resolve(LIBRARY), Arena.global())
    private val handles = mutableMapOf<Pair<String, List<MemoryLayout>>, MethodHandle>()

    /** The wheel's version, which stands beside it. */
    val version: String by lazy {
        Files.newDirectoryStream(folder.toAbsolutePath().parent, "ai_edge_litert-*.dist-info").use { found ->
            found
                .firstOrNull()
                ?.fileName
                ?.toString()
                ?.substringAfter('-')
                ?.removeSuffix(".dist-info") ?: "unknown"
        }
    }

    /** Calls a function with ints, longs and addresses. Throws [LiteRtException] where its status is not ok. */
    fun call(
        name: String,
        vararg arguments: Any,
    ) {
        val status =
            handle(
                name,
                arguments.map(::layout),
                returns = true,
            ).invokeWithArguments(arguments.toList()) as Int
        if (status != 0) throw LiteRtException("$name returned the status $status, which litert_common.h explains")
    }

    /** Calls a function that returns nothing. */
    fun destroy(
        name: String,
        handle: MemorySegment,
    ) {
        handle(name, listOf(ADDRESS), returns = false).invokeWithArguments(handle)
    }

    /** What a function gives through the pointer that is its last argument. */
    fun get(
        arena: Arena,
        name: String,
        vararg arguments: Any,
    ): MemorySegment {
        val place = arena.allocate(ADDRESS)
        call(name, *arguments, place)
        return place.get(ADDRESS, 0)
    }

    /** A text that C's `free` will free. */
    fun allocated(text: String): MemorySegment {
        val bytes = text.toByteArray() + 0
        val malloc = linker.downcallHandle(libc("malloc"), FunctionDescriptor.of(ADDRESS, JAVA_LONG))
        val place = (malloc.invokeWithArguments(bytes.size.toLong()) as MemorySegment).reinterpret(bytes.size.toLong())
        MemorySegment.copy(bytes, 0, place, JAVA_BYTE, 0, bytes.size)
        return place
    }

    /** The address of C's `free`. */
    val free: MemorySegment get() = libc("free")

    private fun libc(name: String): MemorySegment = linker.defaultLookup().find(name).get()

    @Suppress("SpreadOperator")
    private fun handle(
        name: String,
        arguments: List<MemoryLayout>,
        returns: Boolean,
    ): MethodHandle =
        handles.getOrPut(name to arguments) {
            val types = arguments.toTypedArray()
            val descriptor = if (returns) FunctionDescriptor.of(JAVA_INT, *types) else FunctionDescriptor.ofVoid(*types)
            linker.downcallHandle(symbol(name), descriptor)
        }

    private fun symbol(name: String): MemorySegment =
        symbols.find(name).orElseThrow { LiteRtException("$folder/$LIBRARY has no $name; LiteRT 2.3 has it") }

    private fun layout(argument: Any): MemoryLayout =
        when (argument) {
            is Int -> JAVA_INT
            is Long -> JAVA_LONG
            else -> ADDRESS
        }

    /** Finds LiteRT. */
    companion object {
        /** That of the variable EFFICIENTMOD_LITERT, else of Python's ai-edge-litert. Throws [MissingException]. */
        fun find(): LiteRtLibrary {
            val folder = System.getenv(FOLDER_VARIABLE) ?: ofPython()
            if (folder == null || !Files.exists(Path.of(folder, LIBRARY))) {
                throw MissingException(
                    "There is no $LIBRARY${folder?.let { " in $it" }.orEmpty()}. Type pip install ai-edge-litert, " +
                        "or name the folder that has it in $FOLDER_VARIABLE.",
                )
            }
            return LiteRtLibrary(Path.of(folder))
        }

        private fun ofPython(): String? =
            listOf("python", "python3").firstNotNullOfOrNull { python ->
                runCatching {
                    val process =
                        ProcessBuilder(
                            python,
                            "-c",
                            WHEEL,
                        ).redirectError(ProcessBuilder.Redirect.DISCARD).start()
                    process.inputReader().use { it.readText().trim() }.takeIf {
                        it.isNotEmpty() &&
                            process.waitFor() == 0
                    }
                }.getOrNull()
            }
    }
}
