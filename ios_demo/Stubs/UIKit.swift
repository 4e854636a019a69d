// Stub of UIKit, with what Apple's own Foundation has and Linux's lacks: only what App/ uses, to check its types on Linux.
// Nothing is computed here. The declarations are Apple's, on the page above each.
@_exported import Foundation

// https://developer.apple.com/documentation/foundation/processinfo
extension ProcessInfo {
    // https://developer.apple.com/documentation/foundation/processinfo/thermalstate-swift.enum
    public enum ThermalState: Int, Sendable { case nominal, fair, serious, critical }
    // https://developer.apple.com/documentation/foundation/processinfo/thermalstate-swift.property
    public var thermalState: ThermalState { fatalError() }
    // https://developer.apple.com/documentation/foundation/processinfo/islowpowermodeenabled
    public var isLowPowerModeEnabled: Bool { fatalError() }
}
// https://developer.apple.com/documentation/foundation/url
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
    public struct ReadingOptions: OptionSet, Sendable {
        public let rawValue: UInt
        public init(rawValue: UInt) { self.rawValue = rawValue }
    }
    // https://developer.apple.com/documentation/foundation/nsfilecoordinator/coordinate(readingitemat:options:error:byaccessor:)
    // Its error is an NSErrorPointer, which Linux lacks; `&failure` is both.
    open func coordinate(
        readingItemAt url: URL, options: ReadingOptions = [], error outError: inout NSError?,
        byAccessor reader: (URL) -> Void
    ) {}
}
// https://developer.apple.com/documentation/quartzcore/calayer
open class CALayer: NSObject {}
// https://developer.apple.com/documentation/uikit/uiresponder
@MainActor open class UIResponder: NSObject {}
// https://developer.apple.com/documentation/uikit/uiview
@MainActor open class UIView: UIResponder {
    // https://developer.apple.com/documentation/uikit/uiview/layerclass
    open class var layerClass: AnyClass { fatalError() }
    // https://developer.apple.com/documentation/uikit/uiview/layer
    open var layer: CALayer { fatalError() }
}
// https://developer.apple.com/documentation/uikit/uidevice
@MainActor open class UIDevice: NSObject {
    // https://developer.apple.com/documentation/uikit/uidevice/batterystate-swift.enum
    public enum BatteryState: Int, Sendable { case unknown, unplugged, charging, full }
    // https://developer.apple.com/documentation/uikit/uidevice/current
    open class var current: UIDevice { fatalError() }
    // https://developer.apple.com/documentation/uikit/uidevice/isbatterymonitoringenabled
    public var isBatteryMonitoringEnabled = false
    // https://developer.apple.com/documentation/uikit/uidevice/batterystate-swift.property
    public var batteryState: BatteryState { fatalError() }
    // https://developer.apple.com/documentation/uikit/uidevice/systemname
    public var systemName: String { fatalError() }
    // https://developer.apple.com/documentation/uikit/uidevice/systemversion
    public var systemVersion: String { fatalError() }
    // https://developer.apple.com/documentation/uikit/uidevice/batterystatedidchangenotification
    open class var batteryStateDidChangeNotification: NSNotification.Name { fatalError() }
}
// https://developer.apple.com/documentation/uikit/uiscreen
@MainActor open class UIScreen: NSObject {
    // https://developer.apple.com/documentation/uikit/uiscreen/main
    open class var main: UIScreen { fatalError() }
    // https://developer.apple.com/documentation/uikit/uiscreen/brightness
    public var brightness: CGFloat { fatalError() }
    // https://developer.apple.com/documentation/uikit/uiscreen/brightnessdidchangenotification
    open class var brightnessDidChangeNotification: NSNotification.Name { fatalError() }
}
// https://developer.apple.com/documentation/uikit/uiapplication
@MainActor open class UIApplication: UIResponder {
    // https://developer.apple.com/documentation/uikit/uiapplication/openexternalurloptionskey
    public struct OpenExternalURLOptionsKey: Hashable, RawRepresentable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
    }
    // https://developer.apple.com/documentation/uikit/uiapplication/shared
    open class var shared: UIApplication { fatalError() }
    // https://developer.apple.com/documentation/uikit/uiapplication/isidletimerdisabled
    public var isIdleTimerDisabled = false
    // https://developer.apple.com/documentation/uikit/uiapplication/open(_:options:completionhandler:)
    open func open(
        _ url: URL, options: [OpenExternalURLOptionsKey: Any] = [:],
        completionHandler completion: ((Bool) -> Void)? = nil
    ) {}
    // https://developer.apple.com/documentation/uikit/uiapplication/opensettingsurlstring
    open class var openSettingsURLString: String { fatalError() }
    // https://developer.apple.com/documentation/uikit/uiapplication/didreceivememorywarningnotification
    open class var didReceiveMemoryWarningNotification: NSNotification.Name { fatalError() }
}
// https://developer.apple.com/documentation/uikit/uipasteboard
@MainActor open class UIPasteboard: NSObject {
    // https://developer.apple.com/documentation/uikit/uipasteboard/general
    open class var general: UIPasteboard { fatalError() }
    // https://developer.apple.com/documentation/uikit/uipasteboard/string
    public var string: String?
}
