import Foundation
import PhoneCore
import SwiftUI
import UIKit

/// A run that a Mac started with launch arguments: status lines on standard output, and at the end the process ends.
@MainActor
final class HeadlessRun {
    let interruption = Interruption()
    private let words: [String]
    private let phone: Phone
    private let runner: RunnerThread

    /// nil without a `--run`.
    init?(_ words: [String], _ phone: Phone, _ runner: RunnerThread) {
        guard let first = words.firstIndex(of: "--run") else { return nil }
        self.words = Array(words[first...])
        self.phone = phone
        self.runner = runner
    }

    func start() {
        UIApplication.shared.isIdleTimerDisabled = true
        runner.run { [phone, interruption, words] in
            let headless = Headless(
                phone.runtimes, phone, interruption, import: HeadlessRun.importBundle,
                told: { FileHandle.standardOutput.write(Data("\($0)\n".utf8)) })
            exit(headless.run(words: words) ? 0 : 1)
        }
    }

    /// A relative path is below the app's container. The file goes once it is imported.
    private nonisolated static func importBundle(_ path: String) throws -> ModelBundle {
        let place = path.hasPrefix("/") ? path : NSHomeDirectory() + "/" + path
        let bundle = try Import.bundle(place, into: Phone.bundles)
        try? FileManager.default.removeItem(atPath: place)
        return bundle
    }
}

struct HeadlessView: View {
    let screens: Screens

    var body: some View {
        VStack(spacing: 16) {
            ProgressView()
            Text(screens.t("headless.title"))
            NoteView(text: screens.t("measure.keep_open"))
        }
        .padding()
    }
}
