// Stub of Darwin: only what App/ uses, to check its types on Linux. Nothing is computed here. The
// declarations are Apple's, on the page above each.
@_exported import Foundation
@_exported import Glibc

// https://developer.apple.com/documentation/kernel/mach_port_t
public typealias mach_port_name_t = UInt32
// https://developer.apple.com/documentation/kernel/kern_return_t
public typealias kern_return_t = Int32
// https://developer.apple.com/documentation/kernel/1537751-task_self_trap
public func task_self_trap() -> mach_port_name_t { fatalError() }
// https://developer.apple.com/documentation/kernel/task_vm_info_data_t
public struct task_vm_info_data_t {
    // https://developer.apple.com/documentation/kernel/task_vm_info
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
// https://developer.apple.com/documentation/kernel/task_vm_info_data_t
public var TASK_VM_INFO: Int32 { 22 }
// https://developer.apple.com/documentation/kernel/kern_success
public var KERN_SUCCESS: Int32 { 0 }
// https://developer.apple.com/documentation/kernel/1537934-task_info
public func task_info(
    _ target_task: mach_port_name_t, _ flavor: task_flavor_t, _ task_info_out: UnsafeMutablePointer<integer_t>!,
    _ task_info_outCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t { fatalError() }
// https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man3/sysctlbyname.3.html
@discardableResult
public func sysctlbyname(
    _: UnsafePointer<CChar>!, _: UnsafeMutableRawPointer!, _: UnsafeMutablePointer<Int>!, _: UnsafeMutableRawPointer!,
    _: Int
) -> Int32 { fatalError() }
// https://developer.apple.com/documentation/kernel/clock_uptime_raw
public var CLOCK_UPTIME_RAW: clockid_t { 8 }
// https://developer.apple.com/documentation/kernel/1646199-clock_gettime_nsec_np
public func clock_gettime_nsec_np(_ __clock_id: clockid_t) -> UInt64 { fatalError() }
