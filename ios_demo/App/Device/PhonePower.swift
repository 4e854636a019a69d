import PhoneCore
import UIKit

/// The battery and the screen, which only the main thread may ask: what it last said.
final class PhonePower: Power, @unchecked Sendable {
    private let lock = NSLock()
    private var isCharging: Bool?
    private var screenBrightness: Double?

    /// Looks now, and whenever one of them changes.
    @MainActor func watch() {
        UIDevice.current.isBatteryMonitoringEnabled = true
        look()
        for name in [UIDevice.batteryStateDidChangeNotification, UIScreen.brightnessDidChangeNotification] {
            _ = NotificationCenter.default.addObserver(forName: name, object: nil, queue: .main) { [self] _ in
                MainActor.assumeIsolated { look() }
            }
        }
    }

    @MainActor private func look() {
        let state = UIDevice.current.batteryState
        let brightness = Double(UIScreen.main.brightness)
        lock.withLock {
            isCharging = state == .unknown ? nil : state != .unplugged
            screenBrightness = brightness
        }
    }

    /// iOS tells no app the battery's temperature.
    func batteryC() -> Double? { nil }
    func charging() -> Bool? { lock.withLock { isCharging } }
    func powerSaver() -> Bool? { ProcessInfo.processInfo.isLowPowerModeEnabled }
    func brightness() -> Double? { lock.withLock { screenBrightness } }
}
