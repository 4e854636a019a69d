import Darwin
import Foundation
import PhoneCore

/// CLOCK_UPTIME_RAW, which ticks every 41.7 ns on today's phones and stands still while the phone sleeps.
struct SystemClock: PhoneCore.Clock {
    func nanos() -> Int { Int(clock_gettime_nsec_np(CLOCK_UPTIME_RAW)) }
    func now() -> Date { Date() }
    func sleep(_ nanos: Int) { Thread.sleep(forTimeInterval: Double(nanos) / 1e9) }
}
