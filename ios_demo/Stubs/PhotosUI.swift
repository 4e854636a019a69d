// Stub of PhotosUI, with what importing SwiftUI too adds to it: only what App/ uses, to check its types on Linux. Nothing is
// computed here. The declarations are Apple's, on the page above each.
import Foundation
import SwiftUI

// https://developer.apple.com/documentation/coretransferable/transferable
public protocol Transferable {}
// https://developer.apple.com/documentation/foundation/data
extension Data: Transferable {}
// https://developer.apple.com/documentation/photosui/photospickeritem
public struct PhotosPickerItem: Equatable, Hashable {
    // https://developer.apple.com/documentation/photosui/photospickeritem/encodingdisambiguationpolicy
    public struct EncodingDisambiguationPolicy: Equatable, Hashable {
        // https://developer.apple.com/documentation/photosui/photospickeritem/encodingdisambiguationpolicy/automatic
        public static var automatic: EncodingDisambiguationPolicy { fatalError() }
    }
    // https://developer.apple.com/documentation/photosui/photospickeritem/loadtransferable(type:completionhandler:)
    public func loadTransferable<T: Transferable>(
        type: T.Type, completionHandler: @escaping (Result<T?, any Error>) -> Void
    ) -> Progress { fatalError() }
}
// https://developer.apple.com/documentation/photosui/phpickerfilter-swift.struct
public struct PHPickerFilter: Equatable, Hashable {
    // https://developer.apple.com/documentation/photosui/phpickerfilter-swift.struct/images
    public static var images: PHPickerFilter { fatalError() }
}
// https://developer.apple.com/documentation/photosui/photospicker
public struct PhotosPicker<Label: View>: View {
    public var body: Never { return fatalError() }
}
// https://developer.apple.com/documentation/photosui/photospicker
extension PhotosPicker where Label == Text {
    public init<S: StringProtocol>(
        _ title: S, selection: Binding<PhotosPickerItem?>, matching filter: PHPickerFilter? = nil,
        preferredItemEncoding: PhotosPickerItem.EncodingDisambiguationPolicy = .automatic
    ) {}
}
