// Stub of SwiftUI: only what App/ uses, to check its types on Linux. Nothing is computed here. The declarations are Apple's,
// on the page above each: those of iOS 17, with the actors of iOS 18's SDK, which Xcode 16 has.
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
// https://developer.apple.com/documentation/swift/never
extension Never: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swift/optional
extension Optional: View where Wrapped: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/emptyview
public struct EmptyView: View {
    public init() {}
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/tupleview
public struct TupleView<T>: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/viewbuilder
@resultBuilder
public struct ViewBuilder {
    // https://developer.apple.com/documentation/swiftui/viewbuilder/buildblock(_:)
    public static func buildBlock<Content: View>(_ content: Content) -> Content { content }
    // https://developer.apple.com/documentation/swiftui/viewbuilder
    public static func buildBlock<each Content>(_ content: repeat each Content) -> TupleView<(repeat each Content)>
    where repeat each Content: View { fatalError() }
    // https://developer.apple.com/documentation/swiftui/viewbuilder/buildif(_:)
    public static func buildIf<Content: View>(_ content: Content?) -> Content? { content }
    // https://developer.apple.com/documentation/swiftui/viewbuilder/buildeither(first:)
    public static func buildEither<TrueContent: View, FalseContent: View>(first: TrueContent)
        -> _ConditionalContent<TrueContent, FalseContent>
    { fatalError() }
    // https://developer.apple.com/documentation/swiftui/viewbuilder/buildeither(second:)
    public static func buildEither<TrueContent: View, FalseContent: View>(second: FalseContent)
        -> _ConditionalContent<TrueContent, FalseContent>
    { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/viewbuilder/buildeither(first:)
public struct _ConditionalContent<TrueContent: View, FalseContent: View>: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/app
@MainActor @preconcurrency public protocol App {
    associatedtype Body: Scene
    @SceneBuilder var body: Body { get }
    init()
}
// https://developer.apple.com/documentation/swiftui/app/main()
extension App {
    public static func main() {}
}
// https://developer.apple.com/documentation/swiftui/scene
@MainActor @preconcurrency public protocol Scene {
    associatedtype Body: Scene
    @SceneBuilder var body: Body { get }
}
// https://developer.apple.com/documentation/swift/never
extension Never: Scene {}
// https://developer.apple.com/documentation/swiftui/scenebuilder
@resultBuilder
public struct SceneBuilder {
    // https://developer.apple.com/documentation/swiftui/scenebuilder/buildblock(_:)
    public static func buildBlock<Content: Scene>(_ content: Content) -> Content { content }
}
// https://developer.apple.com/documentation/swiftui/windowgroup
public struct WindowGroup<Content: View>: Scene {
    // https://developer.apple.com/documentation/swiftui/windowgroup/init(content:)
    public init(@ViewBuilder content: () -> Content) {}
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/scenephase
public enum ScenePhase: Comparable { case background, inactive, active }
// https://developer.apple.com/documentation/swiftui/environmentvalues
public struct EnvironmentValues {
    // https://developer.apple.com/documentation/swiftui/environmentvalues/scenephase
    public var scenePhase: ScenePhase {
        get { fatalError() }
        set {}
    }
}
// https://developer.apple.com/documentation/swiftui/environment
@propertyWrapper public struct Environment<Value> {
    // https://developer.apple.com/documentation/swiftui/environment/init(_:)
    public init(_ keyPath: KeyPath<EnvironmentValues, Value>) {}
    public var wrappedValue: Value { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/state
@propertyWrapper public struct State<Value> {
    // https://developer.apple.com/documentation/swiftui/state/init(wrappedvalue:)
    public init(wrappedValue value: Value) {}
    public var wrappedValue: Value {
        get { fatalError() }
        nonmutating set {}
    }
    public var projectedValue: Binding<Value> { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/state/init()
extension State where Value: ExpressibleByNilLiteral {
    public init() {}
}
// https://developer.apple.com/documentation/swiftui/binding
@propertyWrapper public struct Binding<Value> {
    public init(projectedValue: Binding<Value>) {}
    public var wrappedValue: Value {
        get { fatalError() }
        nonmutating set {}
    }
}
// https://developer.apple.com/documentation/swiftui/bindable
@propertyWrapper @dynamicMemberLookup public struct Bindable<Value> {
    @available(*, unavailable, message: "The wrapped value must be an object that conforms to Observable")
    public init(wrappedValue: Value) { fatalError() }
    public var wrappedValue: Value {
        get { fatalError() }
        set {}
    }
    public var projectedValue: Bindable<Value> { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/bindable/init(wrappedvalue:)
extension Bindable where Value: AnyObject & Observable {
    public init(wrappedValue: Value) { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/bindable/subscript(dynamicmember:)
extension Bindable where Value: AnyObject {
    public subscript<Subject>(dynamicMember keyPath: ReferenceWritableKeyPath<Value, Subject>) -> Binding<Subject> {
        fatalError()
    }
}

// https://developer.apple.com/documentation/swiftui/text
public struct Text: View, Equatable, Sendable {
    // https://developer.apple.com/documentation/swiftui/text
    public init<S: StringProtocol>(_ content: S) {}
    public var body: Never { return fatalError() }
    // https://developer.apple.com/documentation/swiftui/text/font(_:)
    public func font(_ font: Font?) -> Text { self }
    // https://developer.apple.com/documentation/swiftui/text/monospaceddigit()
    public func monospacedDigit() -> Text { self }
    // https://developer.apple.com/documentation/swiftui/text/monospaced(_:)
    public func monospaced(_ isActive: Bool = true) -> Text { self }
    // https://developer.apple.com/documentation/swiftui/text/foregroundstyle(_:)
    public func foregroundStyle<S: ShapeStyle>(_ style: S) -> Text { self }
}
// https://developer.apple.com/documentation/swiftui/image
public struct Image: View, Equatable, Sendable {
    // https://developer.apple.com/documentation/swiftui/image/orientation
    public enum Orientation: UInt8, CaseIterable, Hashable {
        case up, upMirrored, down, downMirrored, left, leftMirrored, right, rightMirrored
    }
    // https://developer.apple.com/documentation/swiftui/image/resizingmode
    public enum ResizingMode: Sendable { case tile, stretch }
    // https://developer.apple.com/documentation/swiftui/image/init(systemname:)
    public init(systemName: String) {}
    // https://developer.apple.com/documentation/swiftui/image/init(decorative:scale:orientation:)
    public init(decorative cgImage: CGImage, scale: CGFloat, orientation: Orientation = .up) {}
    public var body: Never { return fatalError() }
    // https://developer.apple.com/documentation/swiftui/image/resizable(capinsets:resizingmode:)
    public func resizable(capInsets: EdgeInsets = EdgeInsets(), resizingMode: ResizingMode = .stretch) -> Image { self }
}
// https://developer.apple.com/documentation/swiftui/edgeinsets
public struct EdgeInsets: Equatable {
    // https://developer.apple.com/documentation/swiftui/edgeinsets/init()
    public init() {}
}
// https://developer.apple.com/documentation/swiftui/label
public struct Label<Title: View, Icon: View>: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/label
extension Label where Title == Text, Icon == Image {
    public init<S: StringProtocol>(_ title: S, systemImage name: String) {}
}
// https://developer.apple.com/documentation/swiftui/spacer
public struct Spacer: View {
    // https://developer.apple.com/documentation/swiftui/spacer/init(minlength:)
    public init(minLength: CGFloat? = nil) {}
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/group
public struct Group<Content> {}
// https://developer.apple.com/documentation/swiftui/group
extension Group: View where Content: View {
    public var body: Never { return fatalError() }
    // https://developer.apple.com/documentation/swiftui/group
    public init(@ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/verticalalignment
public struct VerticalAlignment: Equatable {
    // https://developer.apple.com/documentation/swiftui/verticalalignment/center
    public static var center: VerticalAlignment { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/horizontalalignment
public struct HorizontalAlignment: Equatable {
    // https://developer.apple.com/documentation/swiftui/horizontalalignment/leading
    public static var leading: HorizontalAlignment { fatalError() }
    // https://developer.apple.com/documentation/swiftui/horizontalalignment/center
    public static var center: HorizontalAlignment { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/alignment
public struct Alignment: Equatable {
    // https://developer.apple.com/documentation/swiftui/alignment/center
    public static var center: Alignment { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/hstack
public struct HStack<Content: View>: View {
    // https://developer.apple.com/documentation/swiftui/hstack/init(alignment:spacing:content:)
    public init(
        alignment: VerticalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content
    ) {}
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/vstack
public struct VStack<Content: View>: View {
    // https://developer.apple.com/documentation/swiftui/vstack/init(alignment:spacing:content:)
    public init(
        alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content
    ) {}
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/list
public struct List<SelectionValue: Hashable, Content: View>: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/list/init(content:)
extension List where SelectionValue == Never {
    public init(@ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/section
public struct Section<Parent, Content, Footer> {}
// https://developer.apple.com/documentation/swiftui/section
extension Section: View where Parent: View, Content: View, Footer: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/section/init(content:)
extension Section where Parent == EmptyView, Content: View, Footer == EmptyView {
    public init(@ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/section
extension Section where Parent == Text, Content: View, Footer == EmptyView {
    public init<S: StringProtocol>(_ title: S, @ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/foreach
public struct ForEach<Data: RandomAccessCollection, ID: Hashable, Content> {}
// https://developer.apple.com/documentation/swiftui/foreach
extension ForEach: View where Content: View {
    public var body: Never { return fatalError() }
    // https://developer.apple.com/documentation/swiftui/foreach
    public init(
        _ data: Data, id: KeyPath<Data.Element, ID>, @ViewBuilder content: @escaping (Data.Element) -> Content
    ) {}
}
// https://developer.apple.com/documentation/swiftui/navigationpath
public struct NavigationPath {}
// https://developer.apple.com/documentation/swiftui/navigationstack
public struct NavigationStack<Data, Root: View>: View {
    // https://developer.apple.com/documentation/swiftui/navigationstack/init(root:)
    public init(@ViewBuilder root: () -> Root) where Data == NavigationPath {}
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/tabview
public struct TabView<SelectionValue: Hashable, Content: View>: View {
    // https://developer.apple.com/documentation/swiftui/tabview/init(selection:content:)
    public init(selection: Binding<SelectionValue>?, @ViewBuilder content: () -> Content) {}
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/button
public struct Button<Label: View>: View {
    // https://developer.apple.com/documentation/swiftui/button/init(action:label:)
    public init(action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Label) {}
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/button
extension Button where Label == Text {
    public init<S: StringProtocol>(_ title: S, action: @escaping @MainActor () -> Void) {}
}
// https://developer.apple.com/documentation/swiftui/progressview
public struct ProgressView<Label: View, CurrentValueLabel: View>: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/progressview/init()
extension ProgressView where CurrentValueLabel == EmptyView {
    public init() where Label == EmptyView {}
}
// https://developer.apple.com/documentation/swiftui/progressview/init(value:total:)
extension ProgressView {
    public init<V: BinaryFloatingPoint>(value: V?, total: V = 1.0)
    where Label == EmptyView, CurrentValueLabel == EmptyView {}
    // https://developer.apple.com/documentation/swiftui/progressview/init(value:total:label:)
    public init<V: BinaryFloatingPoint>(value: V?, total: V = 1.0, @ViewBuilder label: () -> Label)
    where CurrentValueLabel == EmptyView {}
}
// https://developer.apple.com/documentation/swiftui/labeledcontent
public struct LabeledContent<Label, Content> {}
// https://developer.apple.com/documentation/swiftui/labeledcontent
extension LabeledContent: View where Label: View, Content: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/labeledcontent
extension LabeledContent where Label == Text, Content: View {
    public init<S: StringProtocol>(_ title: S, @ViewBuilder content: () -> Content) {}
}
// https://developer.apple.com/documentation/swiftui/contentunavailableview
public struct ContentUnavailableView<Label: View, Description: View, Actions: View>: View {
    // https://developer.apple.com/documentation/swiftui/contentunavailableview/init(label:description:actions:)
    public init(
        @ViewBuilder label: () -> Label, @ViewBuilder description: () -> Description = { EmptyView() },
        @ViewBuilder actions: () -> Actions = { EmptyView() }
    ) {}
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/defaultsharelinklabel
public struct DefaultShareLinkLabel: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/sharelink
public struct ShareLink<Data: RandomAccessCollection, PreviewImage, PreviewIcon, Label: View>: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/sharelink
extension ShareLink where PreviewImage == Never, PreviewIcon == Never, Label == DefaultShareLinkLabel {
    public init<S: StringProtocol>(_ title: S, item: URL, subject: Text? = nil, message: Text? = nil)
    where Data == CollectionOfOne<URL> {}
    // https://developer.apple.com/documentation/swiftui/sharelink
    public init<S: StringProtocol>(_ title: S, item: String, subject: Text? = nil, message: Text? = nil)
    where Data == CollectionOfOne<String> {}
}
// https://developer.apple.com/documentation/swiftui/shape
public protocol Shape: Sendable, View {}
// https://developer.apple.com/documentation/swiftui/capsule
public struct Capsule: Shape {
    // https://developer.apple.com/documentation/swiftui/capsule/init(style:)
    public init(style: RoundedCornerStyle = .continuous) {}
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/roundedcornerstyle
public enum RoundedCornerStyle: Sendable { case circular, continuous }
// https://developer.apple.com/documentation/swiftui/fillstyle
public struct FillStyle: Equatable {
    // https://developer.apple.com/documentation/swiftui/fillstyle/init(eofill:antialiased:)
    public init(eoFill: Bool = false, antialiased: Bool = true) {}
}
// https://developer.apple.com/documentation/swiftui/shapestyle
public protocol ShapeStyle: Sendable {}
// https://developer.apple.com/documentation/swiftui/color
public struct Color: ShapeStyle, Hashable {
    // https://developer.apple.com/documentation/swiftui/color/primary
    public static let primary = Color()
    // https://developer.apple.com/documentation/swiftui/color/secondary
    public static let secondary = Color()
    // https://developer.apple.com/documentation/swiftui/color/accentcolor
    public static var accentColor: Color { fatalError() }
    // https://developer.apple.com/documentation/swiftui/color/green
    public static let green = Color()
    // https://developer.apple.com/documentation/swiftui/color/red
    public static let red = Color()
    // https://developer.apple.com/documentation/swiftui/color/orange
    public static let orange = Color()
    // https://developer.apple.com/documentation/swiftui/color/gray
    public static let gray = Color()
    // https://developer.apple.com/documentation/swiftui/color/blue
    public static let blue = Color()
    // https://developer.apple.com/documentation/swiftui/color/yellow
    public static let yellow = Color()
    // https://developer.apple.com/documentation/swiftui/color/opacity(_:)
    public func opacity(_ opacity: Double) -> Color { self }
}
// https://developer.apple.com/documentation/swiftui/font
public struct Font: Hashable, Sendable {
    // https://developer.apple.com/documentation/swiftui/font/largetitle
    public static let largeTitle = Font()
    // https://developer.apple.com/documentation/swiftui/font/headline
    public static let headline = Font()
    // https://developer.apple.com/documentation/swiftui/font/footnote
    public static let footnote = Font()
    // https://developer.apple.com/documentation/swiftui/font/caption
    public static let caption = Font()
}
// https://developer.apple.com/documentation/swiftui/edge
public enum Edge: Int8, CaseIterable {
    case top, leading, bottom, trailing
    // https://developer.apple.com/documentation/swiftui/edge/set
    public struct Set: OptionSet, Sendable {
        public let rawValue: Int8
        public init(rawValue: Int8) { self.rawValue = rawValue }
        // https://developer.apple.com/documentation/swiftui/edge/set/all
        public static let all = Set(rawValue: 15)
        // https://developer.apple.com/documentation/swiftui/edge/set/horizontal
        public static let horizontal = Set(rawValue: 10)
        // https://developer.apple.com/documentation/swiftui/edge/set/vertical
        public static let vertical = Set(rawValue: 5)
    }
}
// https://developer.apple.com/documentation/swiftui/contentmode
public enum ContentMode: Hashable, CaseIterable { case fit, fill }
// https://developer.apple.com/documentation/swiftui/accessibilitychildbehavior
public struct AccessibilityChildBehavior: Hashable {
    // https://developer.apple.com/documentation/swiftui/accessibilitychildbehavior/ignore
    public static var ignore: AccessibilityChildBehavior { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/accessibilitytraits
public struct AccessibilityTraits: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    // https://developer.apple.com/documentation/swiftui/accessibilitytraits/isselected
    public static let isSelected = AccessibilityTraits(rawValue: 1)
}
// https://developer.apple.com/documentation/swiftui/textselectability
public protocol TextSelectability {}
// https://developer.apple.com/documentation/swiftui/enabledtextselectability
public struct EnabledTextSelectability: TextSelectability {}
// https://developer.apple.com/documentation/swiftui/textselectability
extension TextSelectability where Self == EnabledTextSelectability {
    // https://developer.apple.com/documentation/swiftui/textselectability/enabled
    public static var enabled: EnabledTextSelectability { fatalError() }
}

// https://developer.apple.com/documentation/swiftui/view
extension View {
    // https://developer.apple.com/documentation/swiftui/view/tag(_:)
    public func tag<V: Hashable>(_ tag: V) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/tabitem(_:)
    public func tabItem<V: View>(@ViewBuilder _ label: () -> V) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/onopenurl(perform:)
    public func onOpenURL(perform action: @escaping (URL) -> Void) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view
    public func onChange<V: Equatable>(
        of value: V, initial: Bool = false, _ action: @escaping (_ oldValue: V, _ newValue: V) -> Void
    ) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/onappear(perform:)
    public func onAppear(perform action: (() -> Void)? = nil) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/ondisappear(perform:)
    public func onDisappear(perform action: (() -> Void)? = nil) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/task(priority:_:)
    public func task(
        priority: TaskPriority = .userInitiated, @_inheritActorContext _ action: @escaping @Sendable () async -> Void
    ) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/font(_:)
    public func font(_ font: Font?) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view
    public func lineLimit(_ number: Int?) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/minimumscalefactor(_:)
    public func minimumScaleFactor(_ factor: CGFloat) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/padding(_:_:)
    public func padding(_ edges: Edge.Set = .all, _ length: CGFloat? = nil) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/background(_:ignoressafeareaedges:)
    public func background<S: ShapeStyle>(_ style: S, ignoresSafeAreaEdges edges: Edge.Set = .all) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/foregroundstyle(_:)
    public func foregroundStyle<S: ShapeStyle>(_ style: S) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/clipshape(_:style:)
    public func clipShape<S: Shape>(_ shape: S, style: FillStyle = FillStyle()) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/disabled(_:)
    public func disabled(_ disabled: Bool) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/textselection(_:)
    public func textSelection<S: TextSelectability>(_ selectability: S) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view
    public func navigationTitle<S: StringProtocol>(_ title: S) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/navigationdestination(ispresented:destination:)
    public func navigationDestination<V: View>(
        isPresented: Binding<Bool>, @ViewBuilder destination: () -> V
    ) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/fileimporter(ispresented:allowedcontenttypes:oncompletion:)
    public func fileImporter(
        isPresented: Binding<Bool>, allowedContentTypes: [UTType],
        onCompletion: @escaping (_ result: Result<URL, any Error>) -> Void
    ) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/overlay(alignment:content:)
    public func overlay<V: View>(alignment: Alignment = .center, @ViewBuilder content: () -> V) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view
    public func aspectRatio(_ aspectRatio: CGFloat? = nil, contentMode: ContentMode) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/scaledtofit()
    public func scaledToFit() -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/frame(width:height:alignment:)
    public func frame(width: CGFloat? = nil, height: CGFloat? = nil, alignment: Alignment = .center) -> some View {
        self
    }
    // https://developer.apple.com/documentation/swiftui/view/accessibilityelement(children:)
    public func accessibilityElement(children: AccessibilityChildBehavior = .ignore) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view
    public func accessibilityLabel<S: StringProtocol>(_ label: S) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/accessibilityhidden(_:)
    public func accessibilityHidden(_ hidden: Bool) -> some View { self }
    // https://developer.apple.com/documentation/swiftui/view/accessibilityaddtraits(_:)
    public func accessibilityAddTraits(_ traits: AccessibilityTraits) -> some View { self }
}

// https://developer.apple.com/documentation/swiftui/path
public struct Path: Equatable, Sendable {
    // https://developer.apple.com/documentation/swiftui/path/init()
    public init() {}
    // https://developer.apple.com/documentation/swiftui/path
    public init(_ rect: CGRect) {}
    // https://developer.apple.com/documentation/swiftui/path/move(to:)
    public mutating func move(to end: CGPoint) {}
    // https://developer.apple.com/documentation/swiftui/path/addline(to:)
    public mutating func addLine(to end: CGPoint) {}
}
// https://developer.apple.com/documentation/swiftui/unitpoint
public struct UnitPoint: Hashable {
    // https://developer.apple.com/documentation/swiftui/unitpoint/center
    public static var center: UnitPoint { fatalError() }
}
// https://developer.apple.com/documentation/swiftui/graphicscontext
public struct GraphicsContext {
    // https://developer.apple.com/documentation/swiftui/graphicscontext/shading
    public struct Shading: Sendable {
        // https://developer.apple.com/documentation/swiftui/graphicscontext/shading/color(_:)
        public static func color(_ color: Color) -> Shading { fatalError() }
    }
    // https://developer.apple.com/documentation/swiftui/graphicscontext/fill(_:with:style:)
    public func fill(_ path: Path, with shading: Shading, style: FillStyle = FillStyle()) {}
    // https://developer.apple.com/documentation/swiftui/graphicscontext/stroke(_:with:linewidth:)
    public func stroke(_ path: Path, with shading: Shading, lineWidth: CGFloat = 1) {}
    // https://developer.apple.com/documentation/swiftui/graphicscontext
    public func draw(_ text: Text, at point: CGPoint, anchor: UnitPoint = .center) {}
}
// https://developer.apple.com/documentation/swiftui/colorrenderingmode
public enum ColorRenderingMode: Sendable { case nonLinear, linear, extendedLinear }
// https://developer.apple.com/documentation/swiftui/canvas
public struct Canvas<Symbols: View>: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/canvas/init(opaque:colormode:rendersasynchronously:renderer:)
extension Canvas where Symbols == EmptyView {
    public init(
        opaque: Bool = false, colorMode: ColorRenderingMode = .nonLinear, rendersAsynchronously: Bool = false,
        renderer: @escaping (inout GraphicsContext, CGSize) -> Void
    ) {}
}
// https://developer.apple.com/documentation/swiftui/uiviewrepresentable
@MainActor @preconcurrency public protocol UIViewRepresentable: View where Body == Never {
    // https://developer.apple.com/documentation/swiftui/uiviewrepresentable/uiviewtype
    associatedtype UIViewType: UIView
    // https://developer.apple.com/documentation/swiftui/uiviewrepresentable/context
    typealias Context = UIViewRepresentableContext<Self>
    // https://developer.apple.com/documentation/swiftui/uiviewrepresentable/makeuiview(context:)
    func makeUIView(context: Context) -> UIViewType
    // https://developer.apple.com/documentation/swiftui/uiviewrepresentable/updateuiview(_:context:)
    func updateUIView(_ uiView: UIViewType, context: Context)
}
// https://developer.apple.com/documentation/swiftui/uiviewrepresentable
extension UIViewRepresentable {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/swiftui/uiviewrepresentablecontext
public struct UIViewRepresentableContext<Representable: UIViewRepresentable> {}
