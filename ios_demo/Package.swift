// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "PhoneCore",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "PhoneCore", targets: ["PhoneCore"])],
    targets: [
        .target(name: "PhoneCore", resources: [.process("Resources")]),
        .testTarget(name: "PhoneCoreTests", dependencies: ["PhoneCore"]),
    ],
    swiftLanguageModes: [.v6]
)
