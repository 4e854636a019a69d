import Testing

@testable import PhoneCore

/// What docs/phone_report.md defines: frames, statistics, plans.
@Suite struct PhoneReportTests {
    @Test func frames() throws {
        for one in Vectors.cases("yuv.json") {
            let planes = ["y", "cb", "cr"].map { name in
                (one[name]!["base64"]!.base64, one[name]!["row_stride"]!.int, one[name]!["pixel_stride"]!.int)
            }
            let found = try? planes[0].0.withUnsafeBytes { y in
                try planes[1].0.withUnsafeBytes { cb in
                    try planes[2].0.withUnsafeBytes { cr in
                        let frame = YuvFrame(
                            width: one["width"]!.int, height: one["height"]!.int,
                            y: Plane(y, rowStride: planes[0].1, pixelStride: planes[0].2),
                            cb: Plane(cb, rowStride: planes[1].1, pixelStride: planes[1].2),
                            cr: Plane(cr, rowStride: planes[2].1, pixelStride: planes[2].2))
                        return try frame.picture(rotation: one["rotation"]!.int)
                    }
                }
            }
            guard one["rgb"]! != .null else {
                #expect(found == nil, "\(one["name"]!)")
                continue
            }
            let shape = one["shape"]!.ints
            #expect(found == Picture(height: shape[0], width: shape[1], rgb: one["rgb"]!.base64), "\(one["name"]!)")
        }
    }

    @Test func statistics() throws {
        for one in Vectors.cases("statistics.json") {
            let (starts, runs) = (one["start_ns"]!.ints, one["run_ns"]!.ints)
            let found = PhaseStatistics(starts, runs).json
            #expect(sameNumbers(found, one["statistics"]!), "\(one["name"]!): \(found)")
            let windows = Window.of(starts, runs)
            let expected = one["windows"]!.list
            #expect(windows.map(\.startS) == expected.map { $0["start_s"]!.int })
            #expect(windows.map(\.count) == expected.map { $0["count"]!.int })
            #expect(zip(windows, expected).allSatisfy { near($0.p50Ms, $1["p50_ms"]!.double) })
        }
    }

    @Test func plans() throws {
        let expected = Vectors.cases("plans.json")
        #expect(Plan.all.count == expected.count)
        for (plan, values) in zip(Plan.all, expected) { #expect(sameNumbers(plan.json, values)) }
    }

    @Test func aPlanWithOneFieldChanged() throws {
        #expect(try Plan.quick.with("burst_calls", "7").burstCalls == 7)
        #expect(try Plan.quick.with("burst_s", "0.5").burstS == 0.5)
        for (field, text) in [
            ("rounds", "0"), ("burst_calls", "-1"), ("burst_s", "nan"), ("burst_s", "-1"), ("x", "1"),
        ] {
            #expect(throws: ArgumentError.self) { try Plan.quick.with(field, text) }
        }
    }
}

/// Equal, with numbers near each other and 1 equal to 1.0.
func sameNumbers(_ found: Json, _ expected: Json) -> Bool {
    switch (found, expected) {
    case (.integer, .integer), (.integer, .number), (.number, .integer), (.number, .number):
        return near(found.double, expected.double)
    case (.array(let a), .array(let b)):
        return a.count == b.count && zip(a, b).allSatisfy { sameNumbers($0, $1) }
    case (.object(let a), .object(let b)):
        return a.keys == b.keys && a.allSatisfy { sameNumbers($0.value, b[$0.key]!) }
    default: return found == expected
    }
}
