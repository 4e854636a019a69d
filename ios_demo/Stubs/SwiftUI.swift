// Stub of SwiftUI: only what App/ uses, to check its types on Linux. Nothing is computed here.
@_exported import CoreGraphics
@_exported import Foundation
@_exported import Observation
import UIKit
import UniformTypeIdentifiers

// https://developer.apple.com/documentation/swiftui/view
@MainActor @preconcurrency public protocol View {
    associatedtype Body: View
    @ViewBuilder var body: Body { get }
}
// https://developer.apple.com/documentation/swiftui/view
extension Never: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/view
public protocol LeafView: View where Body == Never {}
extension LeafView {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/view
extension Optional: View where Wrapped: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/modifiedcontent
public struct Modified: LeafView {}
// https://developer.apple.com/documentation/swiftui/viewbuilder
@resultBuilder
public enum ViewBuilder {
    public static func buildBlock<each Content: View>(_: repeat each Content) -> Modified { fatalError() }
    public static func buildIf<Content: View>(_: Content?) -> Content? { fatalError() }
    public static func buildEither<Content: View>(first: Content) -> Modified { fatalError() }
    public static func buildEither<Content: View>(second: Content) -> Modified { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/app
@MainActor @preconcurrency public protocol App {
    associatedtype Body: Scene
    @SceneBuilder var body: Body { get }
    init()
}
extension App {
    public static func main() {}
}
// https://developer.apple.com/documentation/swiftui/scene
@MainActor @preconcurrency public protocol Scene {}
// https://developer.apple.com/documentation/swiftui/scenebuilder
@resultBuilder
public enum SceneBuilder {
    public static func buildBlock<Content: Scene>(_ content: Content) -> Content { content }
}
// https://developer.apple.com/documentation/swiftui/windowgroup
public struct WindowGroup<Content: View>: Scene {
    public init(@ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/scenephase
public enum ScenePhase: Equatable, Sendable { case background, inactive, active }
// https://developer.apple.com/documentation/swiftui/environmentvalues
public struct EnvironmentValues {
    // https://developer.apple.com/documentation/swiftui/environmentvalues/scenephase
    public var scenePhase: ScenePhase { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/environment
@propertyWrapper public struct Environment<Value> {
    public init(_: KeyPath<EnvironmentValues, Value>) {}
    public var wrappedValue: Value { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/state
@propertyWrapper public struct State<Value> {
    public init(wrappedValue: Value) {}
    public var wrappedValue: Value {
        get { fatalError() }
        nonmutating set {}
    }
    public var projectedValue: Binding<Value> { fatalError() }
}
extension State where Value: ExpressibleByNilLiteral {
    public init() {}
}
// https://developer.apple.com/documentation/swiftui/binding
public struct Binding<Value> {
    public var wrappedValue: Value {
        get { fatalError() }
        nonmutating set {}
    }
}
// https://developer.apple.com/documentation/swiftui/bindable
@propertyWrapper @dynamicMemberLookup public struct Bindable<Value: AnyObject> {
    public init(wrappedValue: Value) {}
    public var wrappedValue: Value { fatalError() }
    public var projectedValue: Bindable<Value> { fatalError() }
    public subscript<Subject>(dynamicMember _: ReferenceWritableKeyPath<Value, Subject>) -> Binding<Subject> {
        fatalError()
    }
}

// https://developer.apple.com/documentation/swiftui/text
public struct Text: LeafView {
    public init(_: String) {}
    // https://developer.apple.com/documentation/swiftui/text/font(_:)
    public func font(_: Font?) -> Text { fatalError() }
    // https://developer.apple.com/documentation/swiftui/text/monospaceddigit()
    public func monospacedDigit() -> Text { fatalError() }
    // https://developer.apple.com/documentation/swiftui/text/monospaced(_:)
    public func monospaced(_: Bool = true) -> Text { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/image
public struct Image: LeafView {
    // https://developer.apple.com/documentation/swiftui/image/init(systemname:)
    public init(systemName: String) {}
    // https://developer.apple.com/documentation/swiftui/image/init(decorative:scale:orientation:)
    public init(decorative: CGImage, scale: CGFloat) {}
    // https://developer.apple.com/documentation/swiftui/image/resizable(capinsets:resizingmode:)
    public func resizable() -> Image { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/label
public struct Label: LeafView {
    public init(_: String, systemImage: String) {}
}
// https://developer.apple.com/documentation/swiftui/spacer
public struct Spacer: LeafView {
    public init() {}
}
// https://developer.apple.com/documentation/swiftui/group
public struct Group: LeafView {
    public init<Content: View>(@ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/hstack
public struct HStack: LeafView {
    public init<Content: View>(@ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/horizontalalignment
public enum HorizontalAlignment { case leading, center }
// https://developer.apple.com/documentation/swiftui/vstack
public struct VStack: LeafView {
    public init<Content: View>(
        alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content
    ) {}
}
// https://developer.apple.com/documentation/swiftui/list
public struct List: LeafView {
    public init<Content: View>(@ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/section
public struct Section: LeafView {
    public init<Content: View>(_: String, @ViewBuilder content: () -> Content) {}
    public init<Content: View>(@ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/foreach
public struct ForEach: LeafView {
    public init<Data: RandomAccessCollection, ID: Hashable, Content: View>(
        _: Data, id: KeyPath<Data.Element, ID>, @ViewBuilder content: @escaping (Data.Element) -> Content
    ) {}
}
// https://developer.apple.com/documentation/swiftui/navigationstack
public struct NavigationStack: LeafView {
    public init<Content: View>(@ViewBuilder root: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/tabview
public struct TabView: LeafView {
    public init<Selection: Hashable, Content: View>(
        selection: Binding<Selection>, @ViewBuilder content: () -> Content
    ) {}
}
// https://developer.apple.com/documentation/swiftui/button
public struct Button: LeafView {
    public init(_: String, action: @escaping @MainActor () -> Void) {}
    public init<Content: View>(action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/progressview
public struct ProgressView: LeafView {
    public init() {}
    public init<Value: BinaryFloatingPoint>(value: Value?) {}
}
// https://developer.apple.com/documentation/swiftui/labeledcontent
public struct LabeledContent: LeafView {
    public init<Content: View>(_: String, @ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/sharelink
public struct ShareLink: LeafView {
    public init(_: String, item: URL) {}
    public init(_: String, item: String) {}
}
// https://developer.apple.com/documentation/swiftui/shape
public protocol Shape: View {}
// https://developer.apple.com/documentation/swiftui/rectangle
public struct Rectangle: Shape, LeafView {
    public init() {}
    // https://developer.apple.com/documentation/swiftui/shape/stroke(_:linewidth:antialiased:)
    public func stroke(_: Color, lineWidth: CGFloat) -> Modified { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/capsule
public struct Capsule: Shape, LeafView {
    public init() {}
}
// https://developer.apple.com/documentation/swiftui/shapestyle
public protocol ShapeStyle {}
// https://developer.apple.com/documentation/swiftui/color
public struct Color: ShapeStyle, Sendable {
    public static let primary = Color()
    public static let secondary = Color()
    public static let green = Color()
    public static let red = Color()
    public static let orange = Color()
    public static let gray = Color()
    public static let blue = Color()
    public static let yellow = Color()
    // https://developer.apple.com/documentation/swiftui/color/opacity(_:)
    public func opacity(_: Double) -> Color { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/shapestyle/secondary
extension ShapeStyle where Self == Color {
    public static var secondary: Color { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/font
public struct Font: Sendable {
    public static let largeTitle = Font()
    public static let title2 = Font()
    public static let headline = Font()
    public static let footnote = Font()
    public static let caption = Font()
}
// https://developer.apple.com/documentation/swiftui/edge/set
public enum EdgeSet { case horizontal, vertical }
// https://developer.apple.com/documentation/swiftui/textalignment
public enum TextAlignment { case center }
// https://developer.apple.com/documentation/swiftui/contentmode
public enum ContentMode { case fit }
// https://developer.apple.com/documentation/swiftui/accessibilitychildbehavior
public enum AccessibilityChildBehavior { case ignore }

extension View {
    // https://developer.apple.com/documentation/swiftui/view/tag(_:includeoptional:)
    public func tag<Value: Hashable>(_: Value) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/tabitem(_:)
    public func tabItem<Content: View>(@ViewBuilder _: () -> Content) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/onopenurl(perform:)
    public func onOpenURL(perform: @escaping (URL) -> Void) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/onchange(of:initial:_:)-4psgg
    public func onChange<Value: Equatable>(of: Value, _: @escaping (Value, Value) -> Void) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/onappear(perform:)
    public func onAppear(perform: (() -> Void)? = nil) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/ondisappear(perform:)
    public func onDisappear(perform: (() -> Void)? = nil) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/task(priority:_:)
    public func task(_: @escaping @Sendable @MainActor () async -> Void) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/font(_:)
    public func font(_: Font?) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/padding(_:_:)
    public func padding(_: EdgeSet, _: CGFloat? = nil) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/padding(_:)-68shk
    public func padding(_: CGFloat) -> Modified { fatalError() }
    public func padding() -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/background(_:ignoressafeareaedges:)
    public func background(_: Color) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/foregroundstyle(_:)
    public func foregroundStyle<Style: ShapeStyle>(_: Style) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/clipshape(_:style:)
    public func clipShape<Outline: Shape>(_: Outline) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/disabled(_:)
    public func disabled(_: Bool) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/multilinetextalignment(_:)
    public func multilineTextAlignment(_: TextAlignment) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/navigationtitle(_:)-43srq
    public func navigationTitle(_: String) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/fileimporter(ispresented:allowedcontenttypes:oncompletion:)
    public func fileImporter(
        isPresented: Binding<Bool>, allowedContentTypes: [UTType],
        onCompletion: @escaping (Result<URL, any Error>) -> Void
    ) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/sheet(ispresented:ondismiss:content:)
    public func sheet<Content: View>(isPresented: Binding<Bool>, @ViewBuilder content: @escaping () -> Content)
        -> Modified
    { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/overlay(alignment:content:)
    public func overlay<Content: View>(@ViewBuilder content: () -> Content) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/aspectratio(_:contentmode:)-771ow
    public func aspectRatio(_: CGFloat?, contentMode: ContentMode) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/scaledtofit()
    public func scaledToFit() -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/frame(width:height:alignment:)
    public func frame(width: CGFloat? = nil, height: CGFloat? = nil) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/accessibilityelement(children:)
    public func accessibilityElement(children: AccessibilityChildBehavior) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/accessibilitylabel(_:)-1d7jv
    public func accessibilityLabel(_: String) -> Modified { fatalError() }
    // https://developer.apple.com/documentation/swiftui/view/monospaceddigit()
    public func monospacedDigit() -> Modified { fatalError() }
}

// https://developer.apple.com/documentation/swiftui/path
public struct Path {
    public init() {}
    public init(_: CGRect) {}
    // https://developer.apple.com/documentation/swiftui/path/move(to:)
    public mutating func move(to: CGPoint) {}
    // https://developer.apple.com/documentation/swiftui/path/addline(to:)
    public mutating func addLine(to: CGPoint) {}
}
// https://developer.apple.com/documentation/swiftui/graphicscontext
public struct GraphicsContext {
    // https://developer.apple.com/documentation/swiftui/graphicscontext/shading
    public struct Shading {
        // https://developer.apple.com/documentation/swiftui/graphicscontext/shading/color(_:)
        public static func color(_: Color) -> Shading { fatalError() }
    }
    // https://developer.apple.com/documentation/swiftui/graphicscontext/fill(_:with:style:)
    public func fill(_: Path, with: Shading) {}
    // https://developer.apple.com/documentation/swiftui/graphicscontext/stroke(_:with:linewidth:)
    public func stroke(_: Path, with: Shading, lineWidth: CGFloat = 1) {}
    // https://developer.apple.com/documentation/swiftui/graphicscontext/draw(_:at:anchor:)-5opqf
    public func draw(_: Text, at: CGPoint) {}
}
// https://developer.apple.com/documentation/swiftui/canvas
public struct Canvas: LeafView {
    public init(renderer: @escaping (inout GraphicsContext, CGSize) -> Void) {}
}
// https://developer.apple.com/documentation/swiftui/uiviewrepresentable
@MainActor @preconcurrency public protocol UIViewRepresentable: View where Body == Never {
    associatedtype UIViewType: UIView
    // https://developer.apple.com/documentation/swiftui/uiviewrepresentable/context
    typealias Context = UIViewRepresentableContext<Self>
    // https://developer.apple.com/documentation/swiftui/uiviewrepresentable/makeuiview(context:)
    func makeUIView(context: Context) -> UIViewType
    // https://developer.apple.com/documentation/swiftui/uiviewrepresentable/updateuiview(_:context:)
    func updateUIView(_: UIViewType, context: Context)
}
extension UIViewRepresentable {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/uiviewrepresentablecontext
public struct UIViewRepresentableContext<Representable: UIViewRepresentable> {}
