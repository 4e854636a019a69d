import Foundation
import PhoneCore

/// This phone, its folders and its runtimes.
struct Phone: Platform {
    let clock: any PhoneCore.Clock = SystemClock()
    let thermals: any Thermals = PhoneThermals()
    let power: any Power
    let memory: any Memory = PhoneMemory()
    let device: any PhoneCore.Device
    let reports: any Reports
    let runtimes: [any Runtime]

    /// Documents, which Files and a Mac see: reports are in `runs`.
    static let documents = URL.documentsDirectory
    /// Bundles, out of sight.
    static let bundles = URL.applicationSupportDirectory.appendingPathComponent("bundles").path
    /// What was proven.
    static let storage = Storage(URL.applicationSupportDirectory.appendingPathComponent("remembered").path)

    @MainActor init() {
        let power = PhonePower()
        power.watch()
        let device = PhoneDevice()
        let facts = device.facts()
        self.power = power
        self.device = device
        reports = FolderReports(Phone.documents.appendingPathComponent("runs"))
        let models = CompiledModels(
            folder: URL.cachesDirectory.appendingPathComponent("compiled"), systemBuild: facts.osBuild ?? "unknown",
            clock: SystemClock())
        runtimes = [CoreMLRuntime(version: facts.osVersion, models: models), ExecuTorchRuntime()]
    }
}
