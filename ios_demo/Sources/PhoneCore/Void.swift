// docs/phone_report.md, "configs", has the codes of void times, in the order of the checks here.

/// What a report says of the circumstances of a configuration's times.
struct Circumstances {
    private static let slackS = 1e-6

    let plan: Plan
    let device: DeviceFacts
    let conditions: [Condition]

    /// Why the times of a configuration do not count: the first of the reasons; nil where they count.
    func voidReason(_ config: ReportedConfiguration) -> Reason? {
        if device.app.debug { return Reason(code: "debug_build", text: "this is a debug build of the app") }
        if device.emulator { return Reason(code: "emulator", text: "this is an emulator") }
        if config.facts.software {
            let unit = config.configuration.mode.unit.uppercased()
            return Reason(code: "software_unit", text: "the CPU imitates the \(unit)")
        }
        let during = config.phases.flatMap(conditions(of:))
        if during.contains(where: { !$0.foreground }) {
            return Reason(code: "left_foreground", text: "the app left the foreground, or the screen went off")
        }
        if during.contains(where: { $0.powerSaver == true }) {
            return Reason(code: "power_saver", text: "the power saver was on")
        }
        let cold = config.phases.filter { $0.kind != .sustained }.flatMap(conditions(of:))
        if cold.contains(where: { $0.thermal?.isTooHot == true }) {
            return Reason(code: "too_hot", text: "the device became too hot")
        }
        if config.replay?.again == false {
            return Reason(code: "wrong_result_after", text: "after the timing, the replay failed")
        }
        let runsTooLittle = (1...plan.rounds).contains { isShort($0, config.phases) }
        return runsTooLittle ? Reason(code: "too_few_runs", text: "it ran less than the plan asks for") : nil
    }

    /// The conditions from the last one before a phase on to its end.
    private func conditions(of phase: Phase) -> [Condition] {
        [conditions.last { $0.atS <= phase.startedS }].compactMap { $0 }
            + conditions.filter { $0.atS > phase.startedS && $0.atS <= phase.endedS }
    }

    /// Whether a phase of a round is missing or shorter than the plan asks for.
    private func isShort(_ round: Int, _ phases: [Phase]) -> Bool {
        func isShort(_ kind: Phase.Kind, _ calls: Int, _ seconds: Double) -> Bool {
            guard let phase = phases.last(where: { $0.round == round && $0.kind == kind }) else { return true }
            return phase.runNs.count < calls || phase.endedS - phase.startedS < seconds - Circumstances.slackS
        }
        return plan.hasBurst && isShort(.burst, plan.burstCalls, plan.burstS)
            || plan.pacedCalls > 0 && isShort(.paced, plan.pacedCalls, 0)
            || plan.sustainedS > 0 && isShort(.sustained, 1, plan.sustainedS)
    }
}

extension Plan {
    var hasWarmup: Bool { warmupCalls > 0 || warmupS > 0 }
    var hasBurst: Bool { burstCalls > 0 || burstS > 0 }
}
