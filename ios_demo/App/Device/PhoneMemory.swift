import Darwin
import PhoneCore

/// phys_footprint: what the system counts against an app's limit, mapped files that were changed included.
struct PhoneMemory: Memory {
    func read() -> MemoryReading {
        var info = task_vm_info_data_t()
        var count = mach_msg_type_number_t(MemoryLayout<task_vm_info_data_t>.size / MemoryLayout<natural_t>.size)
        let status = withUnsafeMutablePointer(to: &info) { pointer in
            pointer.withMemoryRebound(to: integer_t.self, capacity: Int(count)) {
                // mach_task_self_ is a variable, which Swift 6 does not let a thread read.
                task_info(task_self_trap(), task_flavor_t(TASK_VM_INFO), $0, &count)
            }
        }
        return MemoryReading(kind: "phys_footprint", bytes: status == KERN_SUCCESS ? Int(info.phys_footprint) : 0)
    }
}
