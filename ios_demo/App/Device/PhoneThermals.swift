import PhoneCore
import UIKit

struct PhoneThermals: Thermals {
    func status() -> Thermal? {
        switch ProcessInfo.processInfo.thermalState {
        case .nominal: .nominal
        case .fair: .fair
        case .serious: .serious
        case .critical: .critical
        @unknown default: nil
        }
    }

    /// iOS gives no forecast.
    func headroom() -> Double? { nil }
}
