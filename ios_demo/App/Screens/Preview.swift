import AVFoundation
import PhoneCore
import SwiftUI
import UIKit

/// The edge of what the network sees, over the picture.
struct SeenView: View {
    let part: Part

    var body: some View {
        Canvas { context, size in
            let place = CGRect(
                x: size.width * part.left, y: size.height * part.top, width: size.width * (part.right - part.left),
                height: size.height * (part.bottom - part.top))
            let seen = place.intersection(CGRect(origin: .zero, size: size))
            context.stroke(Path(seen), with: .color(.yellow), lineWidth: 3)
        }
    }
}

/// The camera's own picture, upright.
struct PreviewView: UIViewRepresentable {
    let session: AVCaptureSession

    func makeUIView(context: Context) -> PreviewLayerView {
        let view = PreviewLayerView()
        view.preview.session = session
        view.preview.videoGravity = .resizeAspect
        return view
    }

    func updateUIView(_ view: PreviewLayerView, context: Context) { view.preview.session = session }
}

final class PreviewLayerView: UIView {
    override class var layerClass: AnyClass { AVCaptureVideoPreviewLayer.self }
    var preview: AVCaptureVideoPreviewLayer { layer as! AVCaptureVideoPreviewLayer }
}
