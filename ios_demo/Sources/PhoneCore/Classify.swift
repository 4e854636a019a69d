#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The steps after the network (docs/bundle_format.md, "After the network").
public enum AfterNetwork {
    /// Over the last axis, in doubles.
    public static func softmax(_ values: [Double], last: Int) -> [Double] {
        stride(from: 0, to: values.count, by: last).flatMap { start -> [Double] in
            let row = values[start..<start + last]
            let largest = row.max()!
            let powers = row.map { exp($0 - largest) }
            let sum = powers.reduce(0, +)
            return powers.map { $0 / sum }
        }
    }

    /// The indices of the k largest values, in descending order; of equal values the lower index first.
    public static func topK(_ values: [Double], _ k: Int) -> [Int] { Array(descending(values).prefix(k)) }

    /// 8-bit RGB of an image (1, 3, H, W), in float32, each operation rounded.
    public static func toPicture(_ image: Values, _ normalisation: Normalisation) -> Picture {
        let (height, width, values) = (image.shape[2], image.shape[3], image.floats)
        let rgb = (0..<height * width * 3).map { index -> UInt8 in
            let (pixel, channel) = (index / 3, index % 3)
            let scaled = values[channel * height * width + pixel] * Float(normalisation.std[channel])
            let value = (scaled + Float(normalisation.mean[channel])) * Float(255)
            return UInt8(max(0, min(255, value)).rounded(.toNearestOrEven))
        }
        return Picture(height: height, width: width, rgb: rgb)
    }
}

/// One class that a network names, with its probability where the bundle says how to compute one.
public struct Guess: Equatable, Sendable {
    public let index: Int
    public let label: String?
    public let score: Double
}

extension Manifest {
    /// The best classes as `after_network` says; nil where this network names none. `outputs` are those of a run.
    public func guesses(_ outputs: [Values], labels: [String]?) -> [Guess]? {
        guard let top = afterNetwork.first(where: { $0.step == "top_k" }), case .integer(let k)? = top.parameters["k"],
            k > 0, let index = self.outputs.firstIndex(where: { $0.name == top.output }),
            let last = outputs[index].shape.last
        else { return nil }
        var scores = outputs[index].doubles
        for step in afterNetwork.prefix(while: { $0 != top }) where step.output == top.output {
            guard step.step == "softmax" else { return nil }
            scores = AfterNetwork.softmax(scores, last: last)
        }
        return AfterNetwork.topK(scores, k).map { place in
            let label = labels.flatMap { $0.indices.contains(place) ? $0[place] : nil }
            return Guess(index: place, label: label, score: scores[place])
        }
    }
}
