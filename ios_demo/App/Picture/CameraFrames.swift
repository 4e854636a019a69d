import AVFoundation
import CoreVideo
import Foundation
import PhoneCore

/// The camera's frames as they come, full-range YCbCr; late ones are dropped by the system, and those that come while one
/// is at work by the model.
final class CameraFrames: NSObject, AVCaptureVideoDataOutputSampleBufferDelegate, @unchecked Sendable {
    /// The app stands upright, and the sensor lies on its side.
    private static let rotation = 90
    /// Of an upright frame.
    static let width = 480.0
    static let height = 640.0

    let session = AVCaptureSession()
    private let queue = DispatchQueue(label: "camera")
    private let taken: @Sendable (@escaping @Sendable () throws -> Picture) -> Void
    private var device: AVCaptureDevice?

    init(_ taken: @escaping @Sendable (@escaping @Sendable () throws -> Picture) -> Void) { self.taken = taken }

    static let positions: [AVCaptureDevice.Position] = [.back, .front]

    static func camera(_ position: AVCaptureDevice.Position) -> AVCaptureDevice? {
        AVCaptureDevice.default(.builtInWideAngleCamera, for: .video, position: position)
    }

    /// Starts the camera on the back or the front, and tells whether it has a torch, or why it does not start.
    func start(_ position: AVCaptureDevice.Position, _ done: @escaping @Sendable (Result<Bool, any Error>) -> Void) {
        queue.async { [self] in
            done(
                Result {
                    try configure(position)
                    session.startRunning()
                    return device?.hasTorch ?? false
                })
        }
    }

    func stop() {
        queue.async { [self] in session.stopRunning() }
    }

    func torch(_ on: Bool) {
        queue.async { [self] in
            guard let device, device.hasTorch, (try? device.lockForConfiguration()) != nil else { return }
            device.torchMode = on ? .on : .off
            device.unlockForConfiguration()
        }
    }

    private func configure(_ position: AVCaptureDevice.Position) throws {
        guard let camera = CameraFrames.camera(position) else { throw RefusedError("there is no such camera") }
        session.beginConfiguration()
        defer { session.commitConfiguration() }
        session.inputs.forEach(session.removeInput)
        session.outputs.forEach(session.removeOutput)
        session.sessionPreset = .vga640x480
        let (input, output) = (try AVCaptureDeviceInput(device: camera), AVCaptureVideoDataOutput())
        output.videoSettings = [
            kCVPixelBufferPixelFormatTypeKey as String: kCVPixelFormatType_420YpCbCr8BiPlanarFullRange
        ]
        output.alwaysDiscardsLateVideoFrames = true
        output.setSampleBufferDelegate(self, queue: queue)
        guard session.canAddInput(input), session.canAddOutput(output) else {
            throw RefusedError("the camera cannot be used now")
        }
        session.addInput(input)
        session.addOutput(output)
        device = camera
    }

    func captureOutput(
        _ output: AVCaptureOutput, didOutput sampleBuffer: CMSampleBuffer, from connection: AVCaptureConnection
    ) {
        guard let buffer = CMSampleBufferGetImageBuffer(sampleBuffer) else { return }
        let frame = FrameBuffer(buffer: buffer)
        taken { try frame.picture(rotation: CameraFrames.rotation) }
    }
}

/// A frame on its way to the runner's thread. Nobody writes into it after it was given.
private struct FrameBuffer: @unchecked Sendable {
    let buffer: CVPixelBuffer

    func picture(rotation: Int) throws -> Picture {
        CVPixelBufferLockBaseAddress(buffer, .readOnly)
        defer { CVPixelBufferUnlockBaseAddress(buffer, .readOnly) }
        let (luma, chroma) = (try plane(0), try plane(1))
        return try YuvFrame(
            width: CVPixelBufferGetWidth(buffer), height: CVPixelBufferGetHeight(buffer),
            y: Plane(luma.bytes, rowStride: luma.row, pixelStride: 1),
            cb: Plane(chroma.bytes, rowStride: chroma.row, pixelStride: 2),
            cr: Plane(UnsafeRawBufferPointer(rebasing: chroma.bytes.dropFirst()), rowStride: chroma.row, pixelStride: 2)
        ).picture(rotation: rotation)
    }

    private func plane(_ index: Int) throws -> (bytes: UnsafeRawBufferPointer, row: Int) {
        guard let base = CVPixelBufferGetBaseAddressOfPlane(buffer, index) else { throw FrameError() }
        let row = CVPixelBufferGetBytesPerRowOfPlane(buffer, index)
        return (UnsafeRawBufferPointer(start: base, count: row * CVPixelBufferGetHeightOfPlane(buffer, index)), row)
    }
}
