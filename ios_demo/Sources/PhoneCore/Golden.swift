/// A file of the bundle that is not what the manifest lists any more.
public struct ChangedFile: Error, Equatable, Sendable, CustomStringConvertible {
    public let problem: Problem

    public var description: String { problem.description }
}

/// The golden samples of a bundle, read once for all configurations.
public struct Golden: Sendable {
    public struct Sample: Sendable {
        public let name: String
        /// For each input of the network: the pixels that it sees, or nil for an input that is no picture.
        public let pixels: [Picture?]
        /// For each input of the network: the golden tensor.
        public let tensors: [Values]
        /// For each output of the network: what the reference gave.
        public let outputs: [Values]
    }

    public let samples: [Sample]
    /// How many values of each preprocessed picture differ from its tensor in a bit.
    public let differing: [DifferingValues]

    /// Checks the digests of the samples' files, decodes and preprocesses; throws `ChangedFile` and `PngError`.
    public init(_ bundle: ModelBundle) throws { try self.init(bundle) { $0.pixels($1) } }

    /// `see` makes of a decoded picture the pixels that the network sees.
    init(_ bundle: ModelBundle, see: (Preprocessing, Picture) -> Picture) throws {
        let manifest = bundle.manifest
        var samples: [Sample] = []
        var differing: [DifferingValues] = []
        for sample in manifest.golden {
            try sample.files.forEach { try bundle.demand(Listed(stored: $0, isFolder: false)) }
            var pixels: [Picture?] = []
            var tensors: [Values] = []
            for (given, declared) in zip(sample.inputs, manifest.inputs) {
                let tensor = Values(
                    declared.dtype, declared.shape, bytes: try Files.bytes(bundle.path(of: given.tensor)))
                tensors.append(tensor)
                guard let picture = given.picture, let preprocessing = declared.preprocessing else {
                    pixels.append(nil)
                    continue
                }
                let decoded = try Png.decode(try Files.bytes(bundle.path(of: picture.stored)))
                let seen = see(preprocessing, decoded)
                let count = preprocessing.tensor(seen).differing(from: tensor)
                differing.append(DifferingValues(sample: sample.name, input: given.input, differing: count))
                pixels.append(seen)
            }
            let outputs = try zip(sample.outputs, manifest.outputs).map { given, declared in
                Values(declared.dtype, declared.shape, bytes: try Files.bytes(bundle.path(of: given.tensor)))
            }
            samples.append(Sample(name: sample.name, pixels: pixels, tensors: tensors, outputs: outputs))
        }
        self.samples = samples
        self.differing = differing
    }

    /// Whether the golden outputs are few enough to be kept in a report.
    var areKept: Bool {
        samples.flatMap(\.outputs).map(\.bytes.count).reduce(0, +) <= Report.rawLimitBytes
    }

    /// What an artifact takes for each sample, in the order of its inputs.
    func inputs(_ artifact: Artifact, _ manifest: Manifest) -> [[Values]] {
        samples.map { sample in
            artifact.inputs.map { own in
                let index = manifest.inputs.firstIndex { $0.name == own.input }!
                return sample.pixels[index].map(own.tensor)
                    ?? own.tensor(manifest.inputs[index], sample.tensors[index])
            }
        }
    }
}

extension ModelBundle {
    /// Throws `ChangedFile` where a listed file is not as the manifest states.
    func demand(_ listed: Listed) throws {
        if let problem = check(listed) { throw ChangedFile(problem: problem) }
    }
}

extension Artifact {
    /// Its outputs, in its order, as the network's outputs in the network's order; as they are where their count is
    /// another, which a replay tells.
    func networkOutputs(_ own: [Values], _ manifest: Manifest) -> [Values] {
        guard own.count == outputs.count else { return own }
        return manifest.outputs.map { declared in
            let index = outputs.firstIndex { $0.output == declared.name }!
            return outputs[index].networkOutput(declared, own[index])
        }
    }
}
