#if os(Linux)
    import Foundation

    @testable import PhoneCore

    /// This machine, for a run with the real LiteRT; it has no battery, no screen, and tells no heat.
    struct LinuxDesktop: PhoneCore.Platform, Thermals, Power, Memory, PhoneCore.Device {
        let reports: any Reports
        let clock: any PhoneCore.Clock = RealClock()

        var thermals: any Thermals { self }
        var power: any Power { self }
        var memory: any Memory { self }
        var device: any PhoneCore.Device { self }

        func status() -> Thermal? { nil }
        func headroom() -> Double? { nil }
        func batteryC() -> Double? { nil }
        func charging() -> Bool? { nil }
        func powerSaver() -> Bool? { nil }
        func brightness() -> Double? { nil }

        func read() -> MemoryReading {
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            func bytes(_ name: String) -> Int? {
                let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
                return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 * 1024 }
            }
            return MemoryReading(
                kind: "rss", bytes: bytes("VmRSS") ?? 0, anonBytes: bytes("RssAnon"), fileBytes: bytes("RssFile"))
        }

        func facts() -> DeviceFacts {
            DeviceFacts(
                app: AppFacts(name: "PhoneCoreTests", version: "1.0", debug: false, platform: "desktop"),
                manufacturer: "unknown", model: "a computer", soc: nil, emulator: false, os: "Linux",
                osVersion: "unknown", osBuild: nil, abi: "x86_64", cores: ProcessInfo.processInfo.processorCount,
                cpuMaxKhz: nil, ramBytes: Int(ProcessInfo.processInfo.physicalMemory), pageSizeBytes: 4096)
        }
    }
#endif
