package io.github.efficientmod.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.nio.file.Files

class ManifestTest {
    @Test
    fun `the example's manifest is read as it is written`() {
        val manifest = readManifest(Files.readAllBytes(Vectors.folder.resolve("bundle/manifest.json")))
        assertEquals("tiny", manifest.model.name)
        assertEquals(listOf(1, 3, 16, 24), manifest.inputs.single().shape)
        assertEquals(17, manifest.files().size)
    }
}
