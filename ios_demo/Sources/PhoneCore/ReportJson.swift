import Foundation

/// Each record as report.schema.json has it: every key is there, null where a value is unknown.
protocol Reportable {
    var json: Json { get }
}

extension Int: Reportable {
    var json: Json { .integer(self) }
}

extension Double: Reportable {
    var json: Json { .number(self) }
}

extension Bool: Reportable {
    var json: Json { .bool(self) }
}

extension String: Reportable {
    var json: Json { .text(self) }
}

extension Optional: Reportable where Wrapped: Reportable {
    var json: Json { self?.json ?? .null }
}

extension Array: Reportable where Element: Reportable {
    var json: Json { .array(map(\.json)) }
}

extension Dictionary: Reportable where Key == String, Value == String {
    var json: Json { .object(mapValues(\.json)) }
}

private func object(_ members: KeyValuePairs<String, any Reportable>) -> Json {
    .object(Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.json) }))
}

extension Report: Reportable {
    /// The text of a report's file.
    public func toJson() -> String { json.line() + "\n" }

    var json: Json {
        object([
            "format_version": Report.version, "run_id": runId, "started_at": startedAt, "app": device.app,
            "plan": plan, "bundle": bundle, "device": device, "conditions": conditions, "configs": configs,
            "camera": camera,
        ])
    }
}

extension AppFacts: Reportable {
    var json: Json {
        object(["name": name, "version": version, "build": debug ? "debug" : "release", "platform": platform])
    }
}

extension Plan: Reportable {
    var json: Json {
        object([
            "name": name, "rounds": rounds, "cold_opens": coldOpens, "warmup_calls": warmupCalls,
            "warmup_s": warmupS, "warmup_limit_s": warmupLimitS, "burst_calls": burstCalls, "burst_s": burstS,
            "paced_calls": pacedCalls, "paced_interval_ms": pacedIntervalMs, "sustained_s": sustainedS,
            "cooldown_limit_s": cooldownLimitS, "battery_rise_c": batteryRiseC,
        ])
    }
}

extension ReportedBundle: Reportable {
    var json: Json {
        object([
            "manifest_sha256": manifestSha256, "model": model, "weights": weights, "resolution": resolution,
            "generator": generator,
        ])
    }
}

extension Weights: Reportable {
    var json: Json { object(["kind": kind.rawValue, "sha256": sha256, "seed": seed, "statement": statement]) }
}

extension Generator: Reportable {
    var json: Json { object(["name": name, "version": version]) }
}

extension DeviceFacts: Reportable {
    var json: Json {
        object([
            "manufacturer": manufacturer, "model": model, "soc": soc, "emulator": emulator, "os": os,
            "os_version": osVersion, "os_build": osBuild, "abi": abi, "cores": cores, "cpu_max_khz": cpuMaxKhz,
            "ram_bytes": ramBytes, "page_size_bytes": pageSizeBytes,
        ])
    }
}

extension Condition: Reportable {
    var json: Json {
        object([
            "at_s": atS, "thermal": thermal?.rawValue, "headroom": headroom, "battery_c": batteryC,
            "charging": charging, "power_saver": powerSaver, "brightness": brightness, "foreground": foreground,
        ])
    }
}

extension ReportedConfiguration: Reportable {
    var json: Json {
        let artifact = configuration.artifact
        return object([
            "artifact": artifact.file, "artifact_sha256": artifact.stored.sha256, "target": artifact.target,
            "precision": artifact.precision, "runtime": configuration.runtime, "runtime_version": runtimeVersion,
            "unit": configuration.mode.unit, "compute_precision": facts.computePrecision,
            "threads": configuration.threads, "options": facts.options, "processor": facts.processor,
            "software": facts.software, "backends": facts.backends, "outside": facts.outside,
            "placement": facts.placement, "state": state.rawValue, "reason": reason, "replay": replay, "load": load,
            "waits": waits, "phases": phases, "latency": latency, "memory": memory,
        ])
    }
}

extension Reason: Reportable {
    var json: Json { object(["code": code, "text": text]) }
}

extension Placement: Reportable {
    var json: Json { object(["cpu": cpu, "gpu": gpu, "neural_engine": neuralEngine]) }
}

extension Replay: Reportable {
    var json: Json {
        object([
            "preprocessing": preprocessing, "verdict": verdict, "repeatable": repeatable, "outputs": outputs,
            "again": again.map(outcome),
        ])
    }
}

private func outcome(_ passed: Bool) -> String { passed ? "passed" : "failed" }

extension DifferingValues: Reportable {
    var json: Json { object(["sample": sample, "input": input, "differing": differing]) }
}

extension SampleOutputs: Reportable {
    var json: Json { object(["sample": sample, "outputs": outputs]) }
}

extension RawOutput: Reportable {
    var json: Json {
        object(["shape": shape, "dtype": dtype.rawValue, "base64": bytes.map { Data($0).base64EncodedString() }])
    }
}

extension Verdict: Reportable {
    var json: Json {
        object([
            "outcome": outcome(passed), "limits": limits, "samples": samples, "worst": worst,
            "violations": violations,
        ])
    }
}

extension Limits: Reportable {
    var json: Json {
        object([
            "max_relative_error": maxRelativeError, "mean_relative_error": meanRelativeError, "cosine": cosine,
            "sqnr_db": sqnrDb, "displacement": displacement,
        ])
    }
}

extension JudgedSample: Reportable {
    var json: Json { object(["sample": sample, "outputs": outputs, "faults": faults]) }
}

extension Fault: Reportable {
    var json: Json { object(["output": output, "fault": kind.rawValue]) }
}

extension Violation: Reportable {
    var json: Json { object(["output": output, "quantity": quantity]) }
}

extension OutputMetrics: Reportable {
    var json: Json {
        object([
            "output": output, "range": range, "max_abs_error": maxAbsError, "mean_abs_error": meanAbsError,
            "max_relative_error": maxRelativeError, "mean_relative_error": meanRelativeError, "cosine": cosine,
            "sqnr_db": sqnrDb, "top1": top1, "top5": top5,
        ])
    }
}

extension Agreement: Reportable {
    var json: Json { object(["agrees": agrees, "margin": margin, "displacement": displacement]) }
}

extension Wait: Reportable {
    var json: Json { object(["started_s": startedS, "waited_s": waitedS, "cooled": cooled]) }
}

extension Load: Reportable {
    var json: Json {
        object(["open_ns": openNs, "first_call_ns": firstCallNs, "compile_ns": compileNs, "first_ever": firstEver])
    }
}

extension Phase: Reportable {
    var json: Json {
        object([
            "kind": kind.rawValue, "round": round, "interval_ms": intervalMs, "started_s": startedS,
            "start_ns": startNs, "input_ns": inputNs, "run_ns": runNs, "output_ns": outputNs,
            "statistics": statistics,
        ])
    }
}

extension Percentiles: Reportable {
    var json: Json {
        object([
            "count": count, "p50_ms": p50Ms, "p90_ms": p90Ms, "p99_ms": p99Ms, "min_ms": minMs, "mean_ms": meanMs,
        ])
    }
}

extension PhaseStatistics: Reportable {
    var json: Json {
        guard case .object(var members) = percentiles.json else { return .null }
        members["steadiness"] = steadiness.json
        members["drift"] = drift.json
        return .object(members)
    }
}

extension Spread: Reportable {
    var json: Json { object(["p50_ms": p50Ms, "p90_ms": p90Ms]) }
}

extension MemoryUse: Reportable {
    var json: Json {
        object([
            "kind": kind, "before_bytes": beforeBytes, "opened_bytes": openedBytes, "peak_bytes": peakBytes,
            "anon_bytes": anonBytes, "file_bytes": fileBytes,
        ])
    }
}

extension ReportedCamera: Reportable {
    var json: Json {
        object([
            "config": config, "seconds": seconds, "frames": frames, "dropped": dropped,
            "preprocess_ns": preprocessNs, "end_to_end_ns": endToEndNs, "preprocess": Spread(preprocessNs),
            "end_to_end": Spread(endToEndNs),
        ])
    }
}
