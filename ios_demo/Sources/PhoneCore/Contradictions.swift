/// The rules between fields of a manifest (docs/bundle_format.md); all that are broken are told at once.
struct Contradictions {
    private let manifest: Manifest
    private(set) var found: [String] = []

    init(in manifest: Manifest) {
        self.manifest = manifest
        checkWhole()
        checkNames()
        checkPlaces()
        manifest.inputs.forEach { check($0) }
        manifest.artifacts.forEach { check($0) }
        manifest.golden.forEach { check($0) }
    }

    private mutating func demand(_ holds: Bool, _ text: String) {
        if !holds { found.append(text) }
    }

    private mutating func checkWhole() {
        let weights = manifest.model.weights
        let isSeeded = weights.kind == .seeded
        demand(
            isSeeded == (weights.sha256 == nil) && isSeeded == (weights.seed != nil),
            "seeded weights need a seed, and all others a SHA-256")
        demand(
            isSeeded == (weights.statement == "seeded: for latency only"),
            "the statement of seeded weights, and only theirs, is \"seeded: for latency only\"")
        demand(
            manifest.artifacts.contains(where: \.failed) == (manifest.status == .failed),
            "the status must be failed exactly when an artifact failed")
        if let labels = manifest.labels {
            demand(
                labels.count == manifest.model.numClasses,
                "\(labels.count) labels for \(manifest.model.numClasses.map(String.init) ?? "no") classes")
        }
        for step in manifest.afterNetwork {
            demand(
                manifest.outputs.contains { $0.name == step.output },
                "the step \(step.step) is for \(step.output), which is not an output")
        }
        for output in manifest.outputs { checkLayout(output.name, output.shape, output.layout) }
    }

    private mutating func checkLayout(_ name: String, _ shape: [Int], _ layout: Layout) {
        demand(layout == .any || shape.count == 4, "\(name) of shape \(shape) has no layout \(layout.rawValue)")
    }

    private mutating func checkNames() {
        checkDistinct("inputs or outputs", manifest.inputs.map(\.name) + manifest.outputs.map(\.name))
        checkDistinct("samples", manifest.golden.map(\.name))
        checkDistinct("artifacts", manifest.artifacts.map { "\($0.target) \($0.precision) \($0.part)" })
    }

    private mutating func checkDistinct(_ what: String, _ names: [String]) {
        for (name, count) in Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +) where count > 1 {
            found.append("two \(what) have the name \(name)")
        }
    }

    /// Ignoring case: Apple's and Windows' file systems treat `a` and `A` as one name.
    private mutating func checkPlaces() {
        var seen: Set<String> = ["manifest.json"]
        for listed in manifest.files {
            let place = listed.stored.file.lowercased()
            let segments = place.split(separator: "/")
            let parents = segments.indices.dropFirst().map { segments[..<$0].joined(separator: "/") }
            let isInside = parents.contains(where: seen.contains)
            demand(
                !seen.contains(place) && !isInside && !seen.contains { $0.hasPrefix(place + "/") },
                "\(listed.stored.file) is listed twice, or inside another listed file")
            seen.insert(place)
        }
    }

    private mutating func check(_ input: Input) {
        checkLayout(input.name, input.shape, input.layout)
        demand(
            (input.kind == .picture) == (input.preprocessing != nil),
            "a preprocessing is required for a picture, and not allowed for other inputs")
        guard let preprocessing = input.preprocessing else { return }
        let (resize, crop) = (preprocessing.resize, preprocessing.crop)
        demand(
            input.shape == [1, 3, crop.height, crop.width] && input.dtype == .float32 && input.layout == .nchw,
            "a picture becomes float32 NCHW of shape [1, 3, \(crop.height), \(crop.width)]")
        demand((resize.rule == .letterbox) == (crop.fill != nil), "a fill colour is for letterboxes, and only for them")
        demand(
            crop.fill != nil || (resize.height >= crop.height && resize.width >= crop.width),
            "the crop is larger than the scaled picture")
        demand(
            resize.rule != .shorterSide || resize.height == resize.width,
            "the rule shorter_side needs equal height and width")
        demand(
            resize.antialias == (resize.interpolation != .nearest),
            "bicubic and bilinear are antialiased, nearest is not")
    }

    private mutating func check(_ artifact: Artifact) {
        let taken = artifact.inputs.map(\.input)
        let given = artifact.outputs.map(\.output)
        checkDistinct("inputs or outputs of \(artifact.file)", taken + given)
        for own in artifact.inputs { checkTensor(artifact.file, own.input, own.shape, own.layout) }
        for own in artifact.outputs { checkTensor(artifact.file, own.output, own.shape, own.layout) }
        let pictures = Set(manifest.inputs.filter { $0.kind == .picture }.map(\.name))
        demand(
            artifact.inputs.allSatisfy { $0.normalisation == nil || pictures.contains($0.input) },
            "\(artifact.file) normalises an input that is not a picture")
        demand(
            artifact.part != Artifact.main
                || (Set(taken) == Set(manifest.inputs.map(\.name)) && Set(given) == Set(manifest.outputs.map(\.name))),
            "\(artifact.file) is the whole network and lacks some of its inputs or outputs")
        for proof in artifact.proofs {
            demand(
                (proof.state == .proven) == (proof.reason == nil), "a proof has a reason exactly when it is not proven")
        }
        let configurations = artifact.proofs.map {
            "\($0.unit) \($0.computePrecision) \($0.threads.map(String.init) ?? "")"
        }
        checkDistinct("proofs of \(artifact.file)", configurations)
    }

    private mutating func checkTensor(_ file: String, _ name: String, _ shape: [Int], _ layout: Layout) {
        checkLayout("\(file): \(name)", shape, layout)
        let inputs = manifest.inputs.map { ($0.name, $0.shape, $0.layout) }
        let outputs = manifest.outputs.map { ($0.name, $0.shape, $0.layout) }
        guard let declared = (inputs + outputs).first(where: { $0.0 == name }) else {
            found.append("\(file) has \(name), which is not an input or output of the network")
            return
        }
        demand(
            (declared.2 == .any) == (layout == .any) && shape.laidOut(from: layout, to: declared.2) == declared.1,
            "\(file): \(name) is \(shape) \(layout.rawValue) for \(declared.1) \(declared.2.rawValue)")
    }

    private mutating func check(_ sample: GoldenSample) {
        guard sample.inputs.map(\.input) == manifest.inputs.map(\.name),
            sample.outputs.map(\.output) == manifest.outputs.map(\.name)
        else {
            found.append("the inputs or outputs of the sample \(sample.name) are not the network's")
            return
        }
        let stored = sample.inputs.map(\.tensor.size) + sample.outputs.map(\.tensor.size)
        let declared =
            manifest.inputs.map { bytes($0.shape, $0.dtype) } + manifest.outputs.map { bytes($0.shape, $0.dtype) }
        demand(stored == declared, "the size of a tensor of the sample \(sample.name) does not match its shape")
        demand(
            sample.inputs.map { $0.picture != nil } == manifest.inputs.map { $0.kind == .picture },
            "the sample \(sample.name) must have a picture for each input of kind picture, and for no other input")
    }
}

extension Artifact {
    /// Whether a proof failed, and none on another unit succeeded.
    var failed: Bool {
        let states = proofs.map(\.state)
        return states.contains(.failed) && !states.contains(.proven) && !states.contains(.interpreted)
    }
}

/// Bytes of a tensor; -1, which no file has, where the product leaves the integers.
private func bytes(_ shape: [Int], _ dtype: Dtype) -> Int {
    shape.reduce(dtype.size) { product, side in
        let (result, overflow) = product.multipliedReportingOverflow(by: side)
        return overflow || product < 0 ? -1 : result
    }
}
