// Stub of PhotosUI: only what App/ uses, to check its types on Linux. Nothing is computed here.
import Foundation
import SwiftUI

// https://developer.apple.com/documentation/photosui/photospickeritem
public struct PhotosPickerItem: Equatable, Sendable {
    // https://developer.apple.com/documentation/photosui/photospickeritem/loadtransferable(type:)
    public func loadTransferable<T>(type: T.Type) async throws -> T? { fatalError() }
}
// https://developer.apple.com/documentation/photosui/phpickerfilter-swift.struct
public struct PHPickerFilter: Sendable {
    // https://developer.apple.com/documentation/photosui/phpickerfilter-swift.struct/images
    public static let images = PHPickerFilter()
}
// https://developer.apple.com/documentation/photosui/photospicker
public struct PhotosPicker: View {
    // https://developer.apple.com/documentation/photosui/photospicker/init(_:selection:matching:preferreditemencoding:)-7mlsk
    public init(_: String, selection: Binding<PhotosPickerItem?>, matching: PHPickerFilter? = nil) {}
    public var body: Never { return fatalError() }
}
