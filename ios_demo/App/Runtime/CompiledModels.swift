import CoreML
import Foundation
import PhoneCore

/// Core ML's compiled models, kept by the SHA-256 of the .mlpackage and the system's build: another model or another
/// system compiles anew.
struct CompiledModels {
    /// `wasThere` says that this system had compiled, and so loaded, the model before.
    struct Found {
        let url: URL
        let compileNanos: Int?
        let wasThere: Bool
    }

    let folder: URL
    let systemBuild: String
    let clock: SystemClock

    func compiled(_ package: URL, _ sha256: String) throws -> Found {
        let place = folder.appendingPathComponent("\(sha256)-\(systemBuild).mlmodelc")
        if FileManager.default.fileExists(atPath: place.path) {
            return Found(url: place, compileNanos: nil, wasThere: true)
        }
        let began = clock.nanos()
        let made = try waitFor { try await MLModel.compileModel(at: package) }
        let nanos = clock.nanos() - began
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.moveItem(at: made, to: place)
        return Found(url: place, compileNanos: nanos, wasThere: false)
    }
}
