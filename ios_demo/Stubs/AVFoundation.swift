// Stub of AVFoundation and Core Media: only what App/ uses, to check its types on Linux. Nothing is computed here.
@_exported import CoreVideo
import Foundation
import UIKit

// https://developer.apple.com/documentation/avfoundation/avmediatype
public struct AVMediaType: Sendable {
    // https://developer.apple.com/documentation/avfoundation/avmediatype/video
    public static let video = AVMediaType()
}
// https://developer.apple.com/documentation/avfoundation/avauthorizationstatus
public enum AVAuthorizationStatus { case notDetermined, restricted, denied, authorized }
// https://developer.apple.com/documentation/avfoundation/avcapturedevice
open class AVCaptureDevice: NSObject {
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/position-swift.enum
    public enum Position: Sendable { case unspecified, back, front }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/devicetype-swift.struct
    public struct DeviceType: Sendable {
        // https://developer.apple.com/documentation/avfoundation/avcapturedevice/devicetype-swift.struct/builtinwideanglecamera
        public static let builtInWideAngleCamera = DeviceType()
    }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/torchmode-swift.enum
    public enum TorchMode { case off, on, auto }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/default(_:for:position:)
    public class func `default`(_: DeviceType, for: AVMediaType?, position: Position) -> AVCaptureDevice? {
        fatalError()
    }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/authorizationstatus(for:)
    public class func authorizationStatus(for: AVMediaType) -> AVAuthorizationStatus { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/requestaccess(for:completionhandler:)
    public class func requestAccess(for: AVMediaType) async -> Bool { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/hastorch
    public var hasTorch: Bool { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/torchmode-swift.property
    public var torchMode = TorchMode.off
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/lockforconfiguration()
    public func lockForConfiguration() throws {}
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/unlockforconfiguration()
    public func unlockForConfiguration() {}
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
public func CMSampleBufferGetImageBuffer(_: CMSampleBuffer) -> CVPixelBuffer? { fatalError() }
// https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutputsamplebufferdelegate
public protocol AVCaptureVideoDataOutputSampleBufferDelegate: AnyObject {
    // https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutputsamplebufferdelegate/captureoutput(_:didoutput:from:)
    func captureOutput(_: AVCaptureOutput, didOutput: CMSampleBuffer, from: AVCaptureConnection)
}
// https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutput
open class AVCaptureVideoDataOutput: AVCaptureOutput {
    // https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutput/videosettings
    public var videoSettings: [String: Any]!
    // https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutput/alwaysdiscardslatevideoframes
    public var alwaysDiscardsLateVideoFrames = true
    // https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutput/setsamplebufferdelegate(_:queue:)
    public func setSampleBufferDelegate(
        _: (any AVCaptureVideoDataOutputSampleBufferDelegate)?, queue: DispatchQueue?
    ) {}
}
// https://developer.apple.com/documentation/avfoundation/avcapturesession
open class AVCaptureSession: NSObject {
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/preset
    public struct Preset: Sendable {
        // https://developer.apple.com/documentation/avfoundation/avcapturesession/preset/vga640x480
        public static let vga640x480 = Preset()
    }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/sessionpreset
    public var sessionPreset = Preset.vga640x480
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/inputs
    public var inputs: [AVCaptureInput] { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/outputs
    public var outputs: [AVCaptureOutput] { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/beginconfiguration()
    public func beginConfiguration() {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/commitconfiguration()
    public func commitConfiguration() {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/canaddinput(_:)
    public func canAddInput(_: AVCaptureInput) -> Bool { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/canaddoutput(_:)
    public func canAddOutput(_: AVCaptureOutput) -> Bool { fatalError() }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/addinput(_:)
    public func addInput(_: AVCaptureInput) {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/addoutput(_:)
    public func addOutput(_: AVCaptureOutput) {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/removeinput(_:)
    public func removeInput(_: AVCaptureInput) {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/removeoutput(_:)
    public func removeOutput(_: AVCaptureOutput) {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/startrunning()
    public func startRunning() {}
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/stoprunning()
    public func stopRunning() {}
}
// https://developer.apple.com/documentation/avfoundation/avlayervideogravity
public struct AVLayerVideoGravity: Sendable {
    // https://developer.apple.com/documentation/avfoundation/avlayervideogravity/resizeaspect
    public static let resizeAspect = AVLayerVideoGravity()
}
// https://developer.apple.com/documentation/avfoundation/avcapturevideopreviewlayer
open class AVCaptureVideoPreviewLayer: CALayer {
    // https://developer.apple.com/documentation/avfoundation/avcapturevideopreviewlayer/session
    public var session: AVCaptureSession?
    // https://developer.apple.com/documentation/avfoundation/avcapturevideopreviewlayer/videogravity
    public var videoGravity = AVLayerVideoGravity.resizeAspect
}
