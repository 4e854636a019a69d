// Stub of AVFoundation and Core Media: only what App/ uses, to check its types on Linux. Nothing is computed here. The
// declarations are Apple's, on the page above each.
@_exported import CoreVideo
import Foundation
import UIKit

// https://developer.apple.com/documentation/avfoundation/avmediatype
public struct AVMediaType: Hashable, Sendable {
    // https://developer.apple.com/documentation/avfoundation/avmediatype/video
    public static let video = AVMediaType()
}
// https://developer.apple.com/documentation/avfoundation/avauthorizationstatus
public enum AVAuthorizationStatus: Int, Sendable { case notDetermined, restricted, denied, authorized }
// https://developer.apple.com/documentation/avfoundation/avcapturedevice
open class AVCaptureDevice: NSObject {
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/position-swift.enum
    public enum Position: Int, Sendable { case unspecified, back, front }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/devicetype-swift.struct
    public struct DeviceType: Hashable, Sendable {
        // https://developer.apple.com/documentation/avfoundation/avcapturedevice/devicetype-swift.struct/builtinwideanglecamera
        public static let builtInWideAngleCamera = DeviceType()
    }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/torchmode-swift.enum
    public enum TorchMode: Int, Sendable { case off, on, auto }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/default(_:for:position:)
    open class func `default`(
        _ deviceType: DeviceType, for mediaType: AVMediaType?, position: Position
    ) -> AVCaptureDevice? { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/authorizationstatus(for:)
    open class func authorizationStatus(for mediaType: AVMediaType) -> AVAuthorizationStatus { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/requestaccess(for:completionhandler:)
    open class func requestAccess(for mediaType: AVMediaType) async -> Bool { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/hastorch
    open var hasTorch: Bool { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/torchmode-swift.property
    open var torchMode = TorchMode.off
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/lockforconfiguration()
    open func lockForConfiguration() throws {}
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/unlockforconfiguration()
    open func unlockForConfiguration() {}
}
// https://developer.apple.com/documentation/avfoundation/avcaptureinput
open class AVCaptureInput: NSObject {}
// https://developer.apple.com/documentation/avfoundation/avcapturedeviceinput
open class AVCaptureDeviceInput: AVCaptureInput {
    // https://developer.apple.com/documentation/avfoundation/avcapturedeviceinput/init(device:)
    public init(device: AVCaptureDevice) throws {}
}
// https://developer.apple.com/documentation/avfoundation/avcaptureoutput
open class AVCaptureOutput: NSObject {}
// https://developer.apple.com/documentation/avfoundation/avcaptureconnection
open class AVCaptureConnection: NSObject {}
// https://developer.apple.com/documentation/coremedia/cmsamplebuffer
public final class CMSampleBuffer {}
// https://developer.apple.com/documentation/coremedia/cmsamplebuffergetimagebuffer(_:)
public func CMSampleBufferGetImageBuffer(_ sbuf: CMSampleBuffer) -> CVPixelBuffer? { fatalError() }
// https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutputsamplebufferdelegate
public protocol AVCaptureVideoDataOutputSampleBufferDelegate: NSObjectProtocol {
    // https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutputsamplebufferdelegate/captureoutput(_:didoutput:from:)
    func captureOutput(
        _ output: AVCaptureOutput, didOutput sampleBuffer: CMSampleBuffer, from connection: AVCaptureConnection)
}
// https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutput
open class AVCaptureVideoDataOutput: AVCaptureOutput {
    // https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutput/videosettings
    open var videoSettings: [String: Any]!
    // https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutput/alwaysdiscardslatevideoframes
    open var alwaysDiscardsLateVideoFrames = true
    // https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutput/setsamplebufferdelegate(_:queue:)
    open func setSampleBufferDelegate(
        _ sampleBufferDelegate: (any AVCaptureVideoDataOutputSampleBufferDelegate)?,
        queue sampleBufferCallbackQueue: DispatchQueue?
    ) {}
}
// https://developer.apple.com/documentation/avfoundation/avcapturesession
open class AVCaptureSession: NSObject {
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/preset
    public struct Preset: Hashable, Sendable {
        // https://developer.apple.com/documentation/avfoundation/avcapturesession/preset/vga640x480
        public static let vga640x480 = Preset()
    }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/sessionpreset
    open var sessionPreset = Preset.vga640x480
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/inputs
    open var inputs: [AVCaptureInput] { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/outputs
    open var outputs: [AVCaptureOutput] { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/beginconfiguration()
    open func beginConfiguration() {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/commitconfiguration()
    open func commitConfiguration() {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/canaddinput(_:)
    open func canAddInput(_ input: AVCaptureInput) -> Bool { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/canaddoutput(_:)
    open func canAddOutput(_ output: AVCaptureOutput) -> Bool { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/addinput(_:)
    open func addInput(_ input: AVCaptureInput) {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/addoutput(_:)
    open func addOutput(_ output: AVCaptureOutput) {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/removeinput(_:)
    open func removeInput(_ input: AVCaptureInput) {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/removeoutput(_:)
    open func removeOutput(_ output: AVCaptureOutput) {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/startrunning()
    open func startRunning() {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/stoprunning()
    open func stopRunning() {}
}
// https://developer.apple.com/documentation/avfoundation/avlayervideogravity
public struct AVLayerVideoGravity: Hashable, Sendable {
    // https://developer.apple.com/documentation/avfoundation/avlayervideogravity/resizeaspect
    public static let resizeAspect = AVLayerVideoGravity()
}
// https://developer.apple.com/documentation/avfoundation/avcapturevideopreviewlayer
open class AVCaptureVideoPreviewLayer: CALayer {
    // https://developer.apple.com/documentation/avfoundation/avcapturevideopreviewlayer/session
    open var session: AVCaptureSession?
    // https://developer.apple.com/documentation/avfoundation/avcapturevideopreviewlayer/videogravity
    open var videoGravity = AVLayerVideoGravity.resizeAspect
}
