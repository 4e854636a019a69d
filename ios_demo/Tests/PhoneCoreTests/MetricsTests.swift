import Testing

@testable import PhoneCore

@Suite struct MetricsTests {
    @Test func verdicts() throws {
        for one in Vectors.cases("metrics.json") {
            let name = one["name"]!.string
            let (references, results) = (tensors(one["references"]!), tensors(one["results"]!))
            let limits = try Limits(one["tolerance"]!.field())
            let names = references.indices.map { "sample_\($0)" }
            let verdict = Verdict.judge(names, references, results, limits)
            #expect(verdict.passed == (one["outcome"]!.string == "passed"), "\(name)")
            for (found, expected) in zip(verdict.samples, one["samples"]!.list) {
                let faults = expected["faults"]!.list
                #expect(found.faults.map(\.kind.rawValue) == faults.map { $0["fault"]!.string }, "\(name)")
                #expect(found.faults.map(\.output) == faults.map { $0["output"] == .null ? nil : $0["output"]!.int })
                check(found.outputs, expected["outputs"]!.list, name)
            }
            check(verdict.worst, one["worst"]!.list, name)
            let violations = one["violations"]!.list
            #expect(verdict.violations.map(\.quantity) == violations.map { $0["quantity"]!.string }, "\(name)")
            #expect(verdict.violations.map(\.output) == violations.map { $0["output"]!.int }, "\(name)")
        }
    }

    private func tensors(_ samples: Json) -> [[Values]] { samples.list.map { $0.list.map(\.tensor) } }

    private func check(_ found: [OutputMetrics], _ expected: [Json], _ name: String) {
        #expect(found.count == expected.count, "\(name)")
        for (metrics, expected) in zip(found, expected) {
            let numbers: [(Double, String)] = [
                (metrics.range, "range"), (metrics.maxAbsError, "max_abs_error"),
                (metrics.meanAbsError, "mean_abs_error"), (metrics.maxRelativeError, "max_relative_error"),
                (metrics.meanRelativeError, "mean_relative_error"), (metrics.cosine, "cosine"),
                (metrics.sqnrDb, "sqnr_db"),
            ]
            #expect(metrics.output == expected["output"]!.int)
            for (value, field) in numbers { #expect(near(value, expected[field]!.double), "\(name): \(field)") }
            check(metrics.top1, expected["top1"]!, name)
            check(metrics.top5, expected["top5"]!, name)
        }
    }

    private func check(_ found: Agreement?, _ expected: Json, _ name: String) {
        guard let found else {
            #expect(expected == .null, "\(name)")
            return
        }
        #expect(found.agrees == expected["agrees"]?.truth, "\(name)")
        #expect(near(found.margin, expected["margin"]?.double ?? .nan), "\(name)")
        #expect(near(found.displacement, expected["displacement"]?.double ?? .nan), "\(name)")
    }

    @Test func afterTheNetwork() throws {
        for one in Vectors.cases("after_network.json") {
            let (values, parameters) = (one["values"]!.tensor, one["parameters"]!)
            switch one["step"]!.string {
            case "softmax":
                let found = AfterNetwork.softmax(values.doubles, last: values.shape.last!)
                #expect(zip(found, one["result"]!.doubles).allSatisfy { near($0, $1) }, "\(one)")
            case "top_k":
                #expect(AfterNetwork.topK(values.doubles, parameters["k"]!.int) == one["result"]!.ints)
            default:
                let normalisation = Normalisation(mean: parameters["mean"]!.doubles, std: parameters["std"]!.doubles)
                #expect(AfterNetwork.toPicture(values, normalisation) == one["result"]!.picture)
            }
        }
    }
}
