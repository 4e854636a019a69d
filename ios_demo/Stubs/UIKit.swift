// Stub of UIKit, with what Apple's own Foundation has and Linux's lacks: only what App/ uses, to check its types on Linux.
// Nothing is computed here.
@_exported import Foundation

extension ProcessInfo {
    // https://developer.apple.com/documentation/foundation/processinfo/thermalstate-swift.enum
    public enum ThermalState { case nominal, fair, serious, critical }
    // https://developer.apple.com/documentation/foundation/processinfo/thermalstate-swift.property
    public var thermalState: ThermalState { fatalError() }
    // https://developer.apple.com/documentation/foundation/processinfo/islowpowermodeenabled
    public var isLowPowerModeEnabled: Bool { fatalError() }
}
extension URL {
    // https://developer.apple.com/documentation/foundation/url/applicationsupportdirectory
    public static var applicationSupportDirectory: URL { fatalError() }
    // https://developer.apple.com/documentation/foundation/url/documentsdirectory
    public static var documentsDirectory: URL { fatalError() }
    // https://developer.apple.com/documentation/foundation/url/cachesdirectory
    public static var cachesDirectory: URL { fatalError() }
    // https://developer.apple.com/documentation/foundation/url/startaccessingsecurityscopedresource()
    public func startAccessingSecurityScopedResource() -> Bool { fatalError() }
    // https://developer.apple.com/documentation/foundation/url/stopaccessingsecurityscopedresource()
    public func stopAccessingSecurityScopedResource() {}
}
// https://developer.apple.com/documentation/foundation/nsfilecoordinator
open class NSFileCoordinator: NSObject {
    // https://developer.apple.com/documentation/foundation/nsfilecoordinator/readingoptions
    public struct ReadingOptions: OptionSet {
        public let rawValue: UInt
        public init(rawValue: UInt) { self.rawValue = rawValue }
    }
    // https://developer.apple.com/documentation/foundation/nsfilecoordinator/coordinate(readingitemat:options:error:byaccessor:)
    public func coordinate(
        readingItemAt: URL, options: ReadingOptions, error: inout NSError?, byAccessor: (URL) -> Void
    ) {}
}
// https://developer.apple.com/documentation/quartzcore/calayer
open class CALayer: NSObject {}
// https://developer.apple.com/documentation/uikit/uiview
@MainActor open class UIView: NSObject {
    // https://developer.apple.com/documentation/uikit/uiview/layerclass
    open class var layerClass: AnyClass { fatalError() }
    // https://developer.apple.com/documentation/uikit/uiview/layer
    public var layer: CALayer { fatalError() }
}
// https://developer.apple.com/documentation/uikit/uidevice
@MainActor open class UIDevice: NSObject {
    // https://developer.apple.com/documentation/uikit/uidevice/batterystate-swift.enum
    public enum BatteryState { case unknown, unplugged, charging, full }
    // https://developer.apple.com/documentation/uikit/uidevice/current
    public class var current: UIDevice { fatalError() }
    // https://developer.apple.com/documentation/uikit/uidevice/isbatterymonitoringenabled
    public var isBatteryMonitoringEnabled = false
    // https://developer.apple.com/documentation/uikit/uidevice/batterystate-swift.property
    public var batteryState: BatteryState { fatalError() }
    // https://developer.apple.com/documentation/uikit/uidevice/systemname
    public var systemName: String { fatalError() }
    // https://developer.apple.com/documentation/uikit/uidevice/systemversion
    public var systemVersion: String { fatalError() }
    // https://developer.apple.com/documentation/uikit/uidevice/batterystatedidchangenotification
    public nonisolated class var batteryStateDidChangeNotification: NSNotification.Name { fatalError() }
}
// https://developer.apple.com/documentation/uikit/uiscreen
@MainActor open class UIScreen: NSObject {
    // https://developer.apple.com/documentation/uikit/uiscreen/main
    public class var main: UIScreen { fatalError() }
    // https://developer.apple.com/documentation/uikit/uiscreen/brightness
    public var brightness: CGFloat { fatalError() }
    // https://developer.apple.com/documentation/uikit/uiscreen/brightnessdidchangenotification
    public nonisolated class var brightnessDidChangeNotification: NSNotification.Name { fatalError() }
}
// https://developer.apple.com/documentation/uikit/uiapplication
@MainActor open class UIApplication: NSObject {
    // https://developer.apple.com/documentation/uikit/uiapplication/shared
    public class var shared: UIApplication { fatalError() }
    // https://developer.apple.com/documentation/uikit/uiapplication/isidletimerdisabled
    public var isIdleTimerDisabled = false
    // https://developer.apple.com/documentation/uikit/uiapplication/open(_:options:completionhandler:)
    public func open(_: URL) {}
    // https://developer.apple.com/documentation/uikit/uiapplication/opensettingsurlstring
    public nonisolated class var openSettingsURLString: String { fatalError() }
    // https://developer.apple.com/documentation/uikit/uiapplication/didreceivememorywarningnotification
    public nonisolated class var didReceiveMemoryWarningNotification: NSNotification.Name { fatalError() }
}
// https://developer.apple.com/documentation/uikit/uipasteboard
@MainActor open class UIPasteboard: NSObject {
    // https://developer.apple.com/documentation/uikit/uipasteboard/general
    public class var general: UIPasteboard { fatalError() }
    // https://developer.apple.com/documentation/uikit/uipasteboard/string
    public var string: String?
}
