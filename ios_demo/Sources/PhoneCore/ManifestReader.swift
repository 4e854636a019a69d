/// Each record from its field; the first field that is missing or has a wrong value is thrown as `RefusedBundle`.

extension Manifest {
    init(_ field: Field) throws {
        formatVersion = try field("format_version").text()
        generator = try Generator(field("generator"))
        status = try field("status").choice(Status.self)
        task = try field("task")("name").word()
        model = try Model(field("model"))
        inputs = try field("inputs").list(least: 1, Input.init)
        outputs = try field("outputs").list(least: 1, Output.init)
        afterNetwork = try field("after_network").list(Step.init)
        labels = try field("labels").orNull(Labels.init)
        artifacts = try field("artifacts").list(least: 1, Artifact.init)
        failed = try field("failed").list(FailedVariant.init)
        golden = try field("golden").list(least: 1, GoldenSample.init)
        proof = try StoredFile(field("proof"))
        otherFiles = try field("other_files").list(StoredFile.init)
    }
}

extension StoredFile {
    init(_ field: Field) throws {
        file = try field("file").bundlePath()
        sha256 = try field("sha256").sha256()
        size = try field("size").size()
    }
}

extension Generator {
    init(_ field: Field) throws {
        name = try field("name").text()
        version = try field("version").text()
    }
}

extension Model {
    init(_ field: Field) throws {
        name = try field("name").text()
        numClasses = try field("num_classes").orNull { try $0.side() }
        weights = try Weights(field("weights"))
    }
}

extension Weights {
    init(_ field: Field) throws {
        kind = try field("kind").choice(Kind.self)
        sha256 = try field("sha256").orNull { try $0.sha256() }
        seed = try field("seed").orNull { try $0.integer(-Field.largest...Field.largest) }
        statement = try field("statement").text()
    }
}

extension Input {
    init(_ field: Field) throws {
        name = try field("name").name()
        shape = try field("shape").shape()
        dtype = try field("dtype").networkDtype()
        layout = try field("layout").choice(Layout.self)
        kind = try field("kind").choice(Kind.self)
        preprocessing = try field("preprocessing").orNull(Preprocessing.init)
    }
}

extension Output {
    init(_ field: Field) throws {
        name = try field("name").name()
        shape = try field("shape").shape()
        dtype = try field("dtype").networkDtype()
        layout = try field("layout").choice(Layout.self)
        role = try field("role").word()
        meaning = try field("meaning").word()
    }
}

extension Step {
    init(_ field: Field) throws {
        step = try field("step").word()
        output = try field("output").name()
        let object = try field("parameters")
        guard case .object(let members) = object.value else {
            throw object.refused(.wrongValue, "it is not an object")
        }
        parameters = members
    }
}

extension Labels {
    init(_ field: Field) throws {
        stored = try StoredFile(field)
        count = try field("count").side()
    }
}

extension Artifact {
    private enum Kind: String, CaseIterable { case file, folder }

    init(_ field: Field) throws {
        stored = try StoredFile(field)
        isFolder = try field("kind").choice(Kind.self) == .folder
        part = try field("part").word()
        target = try field("target").word()
        precision = try field("precision").word()
        runtime = try field("runtime").text()
        leastRuntime = try field("least_runtime").text()
        inputs = try field("inputs").list(least: 1, ArtifactInput.init)
        outputs = try field("outputs").list(least: 1, ArtifactOutput.init)
        proofs = try field("proofs").list(least: 1, UnitProof.init)
    }
}

extension ArtifactInput {
    init(_ field: Field) throws {
        name = try field("name").text()
        shape = try field("shape").shape()
        dtype = try field("dtype").choice(Dtype.self)
        layout = try field("layout").choice(Layout.self)
        input = try field("input").name()
        normalisation = try field("normalisation").orNull(Normalisation.init)
    }
}

extension ArtifactOutput {
    init(_ field: Field) throws {
        name = try field("name").text()
        shape = try field("shape").shape()
        dtype = try field("dtype").choice(Dtype.self)
        layout = try field("layout").choice(Layout.self)
        output = try field("output").name()
    }
}

extension Normalisation {
    init(_ field: Field) throws {
        mean = try field("mean").three { try $0.double() }
        std = try field("std").three { try $0.double(above: 0) }
    }
}

extension UnitProof {
    init(_ field: Field) throws {
        unit = try field("unit").word()
        computePrecision = try field("compute_precision").word()
        threads = try field("threads").orNull { try $0.side() }
        state = try field("state").choice(State.self)
        reason = try field("reason").orNull { try $0.text() }
        limits = try Limits(field("limits"))
    }
}

extension Limits {
    init(_ field: Field) throws {
        maxRelativeError = try field("max_relative_error").double(atLeast: 0)
        meanRelativeError = try field("mean_relative_error").double(atLeast: 0)
        cosine = try field("cosine").double()
        sqnrDb = try field("sqnr_db").double()
        displacement = try field("displacement").double(atLeast: 0)
    }
}

extension FailedVariant {
    init(_ field: Field) throws {
        target = try field("target").word()
        precision = try field("precision").word()
        reason = try field("reason").text()
    }
}

extension GoldenSample {
    init(_ field: Field) throws {
        name = try field("name").name()
        kind = try field("kind").word()
        inputs = try field("inputs").list(least: 1, GoldenInput.init)
        outputs = try field("outputs").list(least: 1, GoldenOutput.init)
    }
}

extension GoldenInput {
    init(_ field: Field) throws {
        input = try field("input").name()
        picture = try field("picture").orNull(GoldenPicture.init)
        tensor = try StoredFile(field("tensor"))
    }
}

extension GoldenPicture {
    init(_ field: Field) throws {
        stored = try StoredFile(field)
        height = try field("height").side()
        width = try field("width").side()
        credit = try field("credit").orNull { try $0.text() }
    }
}

extension GoldenOutput {
    init(_ field: Field) throws {
        output = try field("output").name()
        tensor = try StoredFile(field("tensor"))
    }
}

extension Preprocessing {
    init(_ field: Field) throws {
        try field("orientation").constant("exif")
        try field("alpha").constant("over_white")
        try field("color_order").constant("RGB")
        resize = try Resize(field("resize"))
        crop = try Crop(field("crop"))
        _ = try field("divisor").integer(255...255)
        normalisation = try Normalisation(field)
    }
}

extension Resize {
    static let sides = 1...(1 << 17)

    init(_ field: Field) throws {
        rule = try field("rule").choice(Rule.self)
        height = try field("height").integer(Resize.sides)
        width = try field("width").integer(Resize.sides)
        interpolation = try field("interpolation").choice(Interpolation.self)
        antialias = try field("antialias").bool()
    }
}

extension Crop {
    init(_ field: Field) throws {
        position = try field("position").choice(Position.self)
        height = try field("height").integer(Resize.sides)
        width = try field("width").integer(Resize.sides)
        fill = try field("fill").orNull { try $0.three { UInt8(try $0.integer(0...255)) } }
    }
}

extension Field {
    fileprivate func shape() throws -> [Int] { try list { try $0.side() } }

    fileprivate func networkDtype() throws -> Dtype {
        let dtype = try choice(Dtype.self)
        guard [.float32, .int32, .int64, .bool].contains(dtype) else {
            throw refused(.wrongValue, "it is no dtype of a network's input or output")
        }
        return dtype
    }
}
