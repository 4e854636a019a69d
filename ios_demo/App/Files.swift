import Foundation
import PhoneCore
import UIKit

/// A bundle from Files, the share sheet or a Mac: read through a coordinator, which fetches what lies in a cloud.
enum PickedBundle {
    static func `import`(_ url: URL, into folder: String) throws -> ModelBundle {
        let isScoped = url.startAccessingSecurityScopedResource()
        defer { if isScoped { url.stopAccessingSecurityScopedResource() } }
        var found: Result<ModelBundle, any Error>?
        var failure: NSError?
        NSFileCoordinator().coordinate(readingItemAt: url, options: [], error: &failure) { place in
            found = Result { try Import.bundle(place.path, into: folder) }
        }
        if let failure { throw failure }
        let bundle = try found!.get()
        // What another app handed over is a copy, which only this app removes.
        if url.deletingLastPathComponent().lastPathComponent == "Inbox" { try? FileManager.default.removeItem(at: url) }
        return bundle
    }
}
