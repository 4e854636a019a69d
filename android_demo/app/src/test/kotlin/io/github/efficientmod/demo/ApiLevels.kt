package io.github.efficientmod.demo

import org.codehaus.mojo.animal_sniffer.SignatureChecker
import org.objectweb.asm.ClassReader
import org.objectweb.asm.Opcodes
import org.objectweb.asm.Type
import org.objectweb.asm.tree.AbstractInsnNode
import org.objectweb.asm.tree.ClassNode
import org.objectweb.asm.tree.FieldInsnNode
import org.objectweb.asm.tree.InsnList
import org.objectweb.asm.tree.IntInsnNode
import org.objectweb.asm.tree.InvokeDynamicInsnNode
import org.objectweb.asm.tree.JumpInsnNode
import org.objectweb.asm.tree.LabelNode
import org.objectweb.asm.tree.LookupSwitchInsnNode
import org.objectweb.asm.tree.MethodInsnNode
import org.objectweb.asm.tree.MethodNode
import org.objectweb.asm.tree.TableSwitchInsnNode
import org.objectweb.asm.tree.TypeInsnNode
import java.io.File
import java.io.InputStream
import java.util.jar.JarFile

/**
 * Which of the system's classes and members the compiled [classes] use where the system may be too old for them. An
 * instruction runs on [least] and newer, or on what the comparisons of `Build.VERSION.SDK_INT` before it leave. The
 * [systems] say what an API level has; for a level between two of them the newer one counts.
 */
class ApiLevels(
    classes: List<File>,
    private val systems: Map<Int, SystemClasses>,
    private val least: Int = 26,
) {
    private val own: Map<String, ClassNode> =
        classes
            .map { file -> ClassNode().also { ClassReader(file.readBytes()).accept(it, ClassReader.SKIP_DEBUG) } }
            .associateBy { it.name }

    /** A line for each use that an older system does not have. */
    fun problems(): List<String> =
        own.values
            .flatMap { node -> node.methods.flatMap { problems(node, it) } + parents(node) }
            .distinct()
            .sorted()

    private fun parents(node: ClassNode): List<String> =
        (listOf(node.superName) + node.interfaces)
            .filterNot { has(it, null, least) }
            .map { "${node.name}: $it is newer than API $least" }

    private fun problems(
        node: ClassNode,
        method: MethodNode,
    ): List<String> {
        val levels = levels(method)
        return method.instructions.toArray().flatMapIndexed { at, instruction ->
            val level = levels[at] ?: return@flatMapIndexed emptyList()
            used(instruction)
                .filterNot { (owner, member) -> has(owner, member, level) }
                .map { (owner, member) ->
                    val what = listOfNotNull(owner, member).joinToString(".")
                    "${node.name}.${method.name}: $what is newer than API $level"
                }
        }
    }

    /** The classes that an instruction needs, with the member where it needs one. */
    private fun used(instruction: AbstractInsnNode): List<Pair<String, String?>> =
        when (instruction) {
            is MethodInsnNode -> listOf(instruction.owner to instruction.name + instruction.desc)
            is FieldInsnNode -> listOf(instruction.owner to "${instruction.name}#${instruction.desc}")
            is TypeInsnNode -> listOf(instruction.desc to null)
            is InvokeDynamicInsnNode -> listOf(Type.getReturnType(instruction.desc).internalName to null)
            else -> emptyList()
        }

    private fun has(
        owner: String,
        member: String?,
        level: Int,
    ): Boolean {
        val name = owner.removePrefix("[").let { if (it.endsWith(';')) Type.getType(it).internalName else it }
        if (owner.startsWith('[') ||
            SYSTEM.none { name.startsWith(it) }
        ) {
            return name !in own || ownHas(name, member, level)
        }
        return declares(name, member, level)
    }

    private fun ownHas(
        name: String,
        member: String?,
        level: Int,
    ): Boolean {
        val node = own.getValue(name)
        val declared =
            node.methods.any { it.name + it.desc == member } || node.fields.any { "${it.name}#${it.desc}" == member }
        return member == null || declared || (listOf(node.superName) + node.interfaces).any { has(it, member, level) }
    }

    private fun declares(
        name: String,
        member: String?,
        level: Int,
    ): Boolean {
        val system = systems.getValue(systems.keys.filter { it >= level }.min())
        val found = system.find(name) ?: return false
        return member == null || member in found.members || found.parents.any { declares(it, member, level) }
    }

    /** The least API level at which each instruction runs; null where none leads to it. */
    private fun levels(method: MethodNode): Array<Int?> {
        val code = method.instructions
        val levels = arrayOfNulls<Int>(code.size())
        val open = ArrayDeque(listOf(0 to least))
        method.tryCatchBlocks.forEach { open += code.indexOf(it.handler) to least }
        while (open.isNotEmpty()) {
            val (at, level) = open.removeFirst()
            val known = levels.getOrNull(at)
            if (at >= code.size() || (known != null && known <= level)) continue
            levels[at] = level
            open += next(code, at, level)
        }
        return levels
    }

    private fun next(
        code: InsnList,
        at: Int,
        level: Int,
    ): List<Pair<Int, Int>> {
        fun to(label: LabelNode) = code.indexOf(label)
        return when (val here = code[at]) {
            is JumpInsnNode -> {
                val (jumps, falls) = compared(here, level)
                listOfNotNull(to(here.label) to jumps, (at + 1 to falls).takeIf { here.opcode != Opcodes.GOTO })
            }

            is TableSwitchInsnNode -> {
                (here.labels + here.dflt).map { to(it) to level }
            }

            is LookupSwitchInsnNode -> {
                (here.labels + here.dflt).map { to(it) to level }
            }

            else -> {
                listOf(at + 1 to level).filter { here.opcode !in ENDS }
            }
        }
    }

    /** The level where a comparison jumps, and where it does not. */
    private fun compared(
        jump: JumpInsnNode,
        level: Int,
    ): Pair<Int, Int> {
        val constant = before(jump)
        val field = before(constant) as? FieldInsnNode
        val number = (constant as? IntInsnNode)?.operand
        if (number == null || field?.owner != "android/os/Build\$VERSION" ||
            field.name != "SDK_INT"
        ) {
            return level to level
        }
        return when (jump.opcode) {
            Opcodes.IF_ICMPLT -> level to maxOf(level, number)
            Opcodes.IF_ICMPGE -> maxOf(level, number) to level
            Opcodes.IF_ICMPLE -> level to maxOf(level, number + 1)
            Opcodes.IF_ICMPGT -> maxOf(level, number + 1) to level
            else -> level to level
        }
    }

    private fun before(instruction: AbstractInsnNode?): AbstractInsnNode? =
        generateSequence(instruction?.previous) { it.previous }.firstOrNull { it.opcode >= 0 }

    companion object {
        private val SYSTEM = listOf("android/", "java/", "javax/", "dalvik/", "org/json/", "org/xml/")
        private val ENDS = setOf(Opcodes.ATHROW) + (Opcodes.IRETURN..Opcodes.RETURN)
    }
}

/** A class of the system: its members, as `name(types)type` and `name#type`, and the classes that it extends. */
class Known(
    val members: Set<String>,
    val parents: List<String>,
)

/** What an API level has. */
fun interface SystemClasses {
    /** A class by its name with slashes; null where the level does not have it. */
    fun find(name: String): Known?

    /** Reads levels. */
    companion object {
        /** Of a signature that gummy-bears makes of an SDK. */
        fun ofSignature(file: File): SystemClasses {
            val classes = file.inputStream().use { SignatureChecker.loadClasses(it) }
            return SystemClasses { name ->
                classes[name]?.let { Known(it.signatures, listOfNotNull(it.superClass) + it.superInterfaces) }
            }
        }

        /** Of a system's own classes, without those of Java, which are taken from an [older] one. */
        fun ofJar(
            file: File,
            older: SystemClasses,
        ): SystemClasses {
            val jar = JarFile(file)
            return SystemClasses { name ->
                if (name.startsWith("android/")) {
                    jar.getEntry("$name.class")?.let { known(jar.getInputStream(it)) }
                } else {
                    older.find(name)
                }
            }
        }

        private fun known(stream: InputStream): Known {
            val node = ClassNode()
            stream.use { ClassReader(it.readBytes()).accept(node, ClassReader.SKIP_CODE) }
            val members = node.methods.map { it.name + it.desc } + node.fields.map { "${it.name}#${it.desc}" }
            return Known(members.toSet(), listOfNotNull(node.superName) + node.interfaces)
        }
    }
}
