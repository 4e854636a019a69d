#if os(Linux)
    import Foundation
    import Glibc

    @testable import PhoneCore

    /// The real LiteRT, through the C interface that the ai-edge-litert wheel's library exports: `litert/c/` of
    /// https://github.com/google-ai-edge/LiteRT, with the signatures of version 2.3. On the processor only.
    final class LiteRtForeign: Runtime, @unchecked Sendable {
        let name = "LiteRT"
        let version: String
        let targets: Set<String> = ["tflite"]
        let dtypes: Set<Dtype> = [.float32]
        private let library: LiteRtLibrary

        /// The wheel's folder, which run_tests names; nil where there is none.
        static let folder = ProcessInfo.processInfo.environment["LITERT_FOLDER"]

        init() throws {
            library = try LiteRtLibrary(LiteRtForeign.folder! + "/libLiteRt.so")
            version = ProcessInfo.processInfo.environment["LITERT_VERSION"] ?? "unknown"
        }

        func modes(_ artifact: Artifact) -> [Mode] { [Mode(unit: "cpu", computePrecision: "float32")] }

        func open(_ path: String, _ configuration: Configuration) throws -> any Session {
            try LiteRtSession(library, path, configuration.artifact)
        }
    }

    struct LiteRtError: Error, CustomStringConvertible {
        let description: String
    }

    typealias Handle = UnsafeMutableRawPointer

    final class LiteRtLibrary {
        typealias Create3 = @convention(c) (Int32, Handle?, UnsafeMutablePointer<Handle?>) -> Int32
        typealias ModelFromFile = @convention(c) (Handle?, UnsafePointer<CChar>, UnsafeMutablePointer<Handle?>) -> Int32
        typealias Create = @convention(c) (UnsafeMutablePointer<Handle?>) -> Int32
        typealias SetAccelerators = @convention(c) (Handle?, Int32) -> Int32
        typealias Compile = @convention(c) (Handle?, Handle?, Handle?, UnsafeMutablePointer<Handle?>) -> Int32
        typealias ByIndex = @convention(c) (Handle?, Int, UnsafeMutablePointer<Handle?>) -> Int32
        typealias NameByIndex = @convention(c) (Handle?, Int, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Int32
        typealias Fill = @convention(c) (Handle?, Handle?) -> Int32
        typealias Buffer = @convention(c) (Handle?, Int32, Handle?, Int, UnsafeMutablePointer<Handle?>) -> Int32
        typealias Lock = @convention(c) (Handle?, UnsafeMutablePointer<Handle?>, Int32) -> Int32
        typealias Unlock = @convention(c) (Handle?) -> Int32
        typealias Run = @convention(c) (
            Handle?, Int, Int, UnsafeMutablePointer<Handle?>, Int, UnsafeMutablePointer<Handle?>
        ) -> Int32
        typealias Destroy = @convention(c) (Handle?) -> Void

        private let library: Handle

        init(_ path: String) throws {
            guard let library = dlopen(path, RTLD_NOW) else {
                throw LiteRtError(description: String(cString: dlerror()))
            }
            self.library = library
        }

        func function<F>(_ name: String, _: F.Type) -> F {
            guard let symbol = dlsym(library, name) else { fatalError("LiteRT has no \(name)") }
            return unsafeBitCast(symbol, to: F.self)
        }
    }

    /// One compiled model with its buffers in the processor's memory.
    final class LiteRtSession: Session {
        let facts: SessionFacts = {
            var facts = SessionFacts(backends: ["XNNPACK"], computePrecision: "float32")
            facts.outside = []
            return facts
        }()
        private let library: LiteRtLibrary
        private let artifact: Artifact
        private var handles: [(String, Handle?)] = []
        private var compiled: Handle?
        private var environment: Handle?
        /// In the order of the file's signature.
        private var inputs: [Handle?] = []
        private var outputs: [Handle?] = []
        /// Where in that order the artifact's first, second, ... is.
        private var inputPlaces: [Int] = []
        private var outputPlaces: [Int] = []

        init(_ library: LiteRtLibrary, _ path: String, _ artifact: Artifact) throws {
            self.library = library
            self.artifact = artifact
            environment = try made("LiteRtDestroyEnvironment") {
                library.function("LiteRtCreateEnvironment", LiteRtLibrary.Create3.self)(0, nil, &$0)
            }
            let model = try made("LiteRtDestroyModel") {
                library.function("LiteRtCreateModelFromFile", LiteRtLibrary.ModelFromFile.self)(environment, path, &$0)
            }
            let options = try made("LiteRtDestroyOptions") {
                library.function("LiteRtCreateOptions", LiteRtLibrary.Create.self)(&$0)
            }
            let processor: Int32 = 1
            let set = library.function("LiteRtSetOptionsHardwareAccelerators", LiteRtLibrary.SetAccelerators.self)
            try check(set(options, processor))
            compiled = try made("LiteRtDestroyCompiledModel") {
                library.function("LiteRtCreateCompiledModel", LiteRtLibrary.Compile.self)(
                    environment, model, options, &$0)
            }
            var signature: Handle?
            try check(library.function("LiteRtGetModelSignature", LiteRtLibrary.ByIndex.self)(model, 0, &signature))
            let ins = artifact.inputs.map { ($0.name, $0.shape.reduce($0.dtype.size, *)) }
            let outs = artifact.outputs.map { ($0.name, $0.shape.reduce($0.dtype.size, *)) }
            (inputs, inputPlaces) = try buffers(signature, "Input", ins)
            (outputs, outputPlaces) = try buffers(signature, "Output", outs)
        }

        private func check(_ status: Int32) throws {
            if status != 0 { throw LiteRtError(description: "LiteRT's status \(status)") }
        }

        private func made(_ destroy: String, _ make: (inout Handle?) -> Int32) throws -> Handle? {
            var handle: Handle?
            try check(make(&handle))
            handles.append((destroy, handle))
            return handle
        }

        private func buffers(
            _ signature: Handle?, _ kind: String, _ own: [(name: String, size: Int)]
        ) throws -> ([Handle?], [Int]) {
            let nameOf = library.function("LiteRtGetSignature\(kind)Name", LiteRtLibrary.NameByIndex.self)
            let tensorOf = library.function("LiteRtGetSignature\(kind)TensorByIndex", LiteRtLibrary.ByIndex.self)
            let typeOf = library.function("LiteRtGetRankedTensorType", LiteRtLibrary.Fill.self)
            let create = library.function("LiteRtCreateManagedTensorBuffer", LiteRtLibrary.Buffer.self)
            var names: [String] = []
            var made: [Handle?] = []
            for index in own.indices {
                var name: UnsafePointer<CChar>?
                var tensor: Handle?
                try check(nameOf(signature, index, &name))
                try check(tensorOf(signature, index, &tensor))
                names.append(String(cString: name!))
                // A LiteRtRankedTensorType has 72 bytes; it goes from one call to the next as it is.
                let type = Handle.allocate(byteCount: 128, alignment: 16)
                defer { type.deallocate() }
                try check(typeOf(tensor, type))
                guard let size = own.first(where: { $0.name == names[index] })?.size else {
                    throw LiteRtError(description: "the file has \(names), not \(own.map(\.name))")
                }
                let hostMemory: Int32 = 1
                made.append(
                    try self.made("LiteRtDestroyTensorBuffer") { create(environment, hostMemory, type, size, &$0) })
            }
            return (made, own.map { names.firstIndex(of: $0.name)! })
        }

        private func locked(_ buffer: Handle?, _ mode: Int32, _ use: (Handle) -> Void) throws {
            var address: Handle?
            try check(library.function("LiteRtLockTensorBuffer", LiteRtLibrary.Lock.self)(buffer, &address, mode))
            use(address!)
            try check(library.function("LiteRtUnlockTensorBuffer", LiteRtLibrary.Unlock.self)(buffer))
        }

        func write(_ values: [Values]) throws {
            for (place, value) in zip(inputPlaces, values) {
                try locked(inputs[place], 1) { address in
                    value.bytes.withUnsafeBytes { address.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
                }
            }
        }

        func run() throws {
            let run = library.function("LiteRtRunCompiledModel", LiteRtLibrary.Run.self)
            try check(run(compiled, 0, inputs.count, &inputs, outputs.count, &outputs))
        }

        func read() throws -> [Values] {
            try zip(artifact.outputs, outputPlaces).map { own, place in
                var bytes = [UInt8](repeating: 0, count: own.shape.reduce(own.dtype.size, *))
                try locked(outputs[place], 0) { address in
                    bytes.withUnsafeMutableBytes { $0.copyMemory(from: .init(start: address, count: $0.count)) }
                }
                return Values(own.dtype, own.shape, bytes: bytes)
            }
        }

        func close() {
            for (destroy, handle) in handles.reversed() {
                library.function(destroy, LiteRtLibrary.Destroy.self)(handle)
            }
            handles = []
        }
    }
#endif
