import CoreML
import PhoneCore
import SwiftUI
import UIKit

struct SelfCheckScreen: View {
    let screens: Screens

    private var runtimes: [RuntimeCheck] {
        let devices = MLModel.availableComputeDevices.map { device in
            switch device {
            case .cpu: "CPU"
            case .gpu: "GPU"
            case .neuralEngine: "Neural Engine"
            @unknown default: "another unit"
            }
        }
        return screens.phone.runtimes.map { runtime in
            RuntimeCheck(
                name: runtime.name, version: runtime.version,
                backends: runtime.targets.contains("coreml") ? devices : ["XNNPACK", "Core ML"])
        }
    }

    var body: some View {
        let state = screens.state { selfCheckState($0, screens.phone.device.facts(), runtimes, $1.app) }
        List {
            Text(state.intro)
            ChecksView(checks: state.checks)
            Text(state.text).font(.footnote).monospaced().textSelection(.enabled)
            ActionView(button: state.copy) { UIPasteboard.general.string = state.text }
            ShareLink(state.share.text, item: state.text)
        }
        .navigationTitle(state.title)
    }
}
