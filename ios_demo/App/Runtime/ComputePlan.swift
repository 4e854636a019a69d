import CoreML
import Foundation
import PhoneCore

/// Which unit Core ML prefers for each operation of a compiled model: what it plans, not what it did.
enum ComputePlan {
    /// nil before iOS 17.4, and where the model is no program or the plan cannot be made.
    static func placement(_ compiled: URL, _ settings: MLModelConfiguration) -> Placement? {
        guard #available(iOS 17.4, *) else { return nil }
        let units = settings.computeUnits
        return try? waitFor {
            let settings = MLModelConfiguration()
            settings.computeUnits = units
            let plan = try await MLComputePlan.load(contentsOf: compiled, configuration: settings)
            guard case .program(let program) = plan.modelStructure, let main = program.functions["main"] else {
                throw RefusedError("the model is no program")
            }
            let devices = main.block.operations.compactMap { plan.deviceUsage(for: $0)?.preferred }
            return Placement(
                cpu: devices.count { if case .cpu = $0 { true } else { false } },
                gpu: devices.count { if case .gpu = $0 { true } else { false } },
                neuralEngine: devices.count { if case .neuralEngine = $0 { true } else { false } })
        }
    }
}
