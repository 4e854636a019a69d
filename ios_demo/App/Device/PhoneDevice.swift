import Darwin
import PhoneCore
import UIKit

/// What the phone is, read once on the main thread.
struct PhoneDevice: PhoneCore.Device {
    private let described: DeviceFacts

    @MainActor init() {
        let info = Foundation.Bundle.main.infoDictionary ?? [:]
        let process = ProcessInfo.processInfo
        let simulated = process.environment["SIMULATOR_MODEL_IDENTIFIER"]
        described = DeviceFacts(
            app: AppFacts(
                name: Foundation.Bundle.main.bundleIdentifier ?? "unknown",
                version: info["CFBundleShortVersionString"] as? String ?? "unknown", debug: PhoneDevice.isDebug,
                platform: "ios"),
            manufacturer: "Apple", model: simulated ?? PhoneDevice.text("hw.machine"), soc: nil,
            emulator: simulated != nil, os: UIDevice.current.systemName, osVersion: UIDevice.current.systemVersion,
            osBuild: PhoneDevice.text("kern.osversion"), abi: PhoneDevice.abi, cores: process.processorCount,
            cpuMaxKhz: nil, ramBytes: Int(process.physicalMemory), pageSizeBytes: Int(getpagesize()))
    }

    func facts() -> DeviceFacts { described }

    /// A text that sysctl knows; empty where it knows none.
    static func text(_ name: String) -> String {
        var size = 0
        sysctlbyname(name, nil, &size, nil, 0)
        guard size > 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: size)
        sysctlbyname(name, &bytes, &size, nil, 0)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    #if DEBUG
        private static let isDebug = true
    #else
        private static let isDebug = false
    #endif

    #if arch(arm64)
        private static let abi = "arm64"
    #else
        private static let abi = "x86_64"
    #endif
}
