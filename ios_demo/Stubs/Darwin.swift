// Stub of Darwin: only what App/ uses, to check its types on Linux. Nothing is computed here.
@_exported import Foundation
@_exported import Glibc

// https://developer.apple.com/documentation/kernel/1537751-task_self_trap
public func task_self_trap() -> UInt32 { fatalError() }
// https://developer.apple.com/documentation/kernel/task_vm_info_data_t
public struct task_vm_info_data_t {
    public var phys_footprint: UInt64 = 0
    public init() {}
}
// https://developer.apple.com/documentation/kernel/mach_msg_type_number_t
public typealias mach_msg_type_number_t = UInt32
// https://developer.apple.com/documentation/kernel/natural_t
public typealias natural_t = UInt32
// https://developer.apple.com/documentation/kernel/integer_t
public typealias integer_t = Int32
// https://developer.apple.com/documentation/kernel/task_flavor_t
public typealias task_flavor_t = UInt32
// https://developer.apple.com/documentation/kernel/task_vm_info
public let TASK_VM_INFO: Int32 = 22
// https://developer.apple.com/documentation/kernel/kern_success
public let KERN_SUCCESS: Int32 = 0
// https://developer.apple.com/documentation/kernel/1537934-task_info
public func task_info(
    _: UInt32, _: task_flavor_t, _: UnsafeMutablePointer<integer_t>, _: UnsafeMutablePointer<mach_msg_type_number_t>
) -> Int32 { fatalError() }
// https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man3/sysctlbyname.3.html
@discardableResult
public func sysctlbyname(
    _: String, _: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<Int>?, _: UnsafeMutableRawPointer?, _: Int
) -> Int32 { fatalError() }
// https://developer.apple.com/documentation/kernel/clock_uptime_raw
public struct clockid_stub: Sendable {}
public let CLOCK_UPTIME_RAW = clockid_stub()
// https://developer.apple.com/documentation/kernel/1646199-clock_gettime_nsec_np
public func clock_gettime_nsec_np(_: clockid_stub) -> UInt64 { fatalError() }
