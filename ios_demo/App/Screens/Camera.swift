import AVFoundation
import PhoneCore
import SwiftUI
import UIKit

struct CameraScreen: View {
    let screens: Screens
    @State private var frames: CameraFrames?
    @State private var place = 0

    private var state: CameraState { screens.state { cameraState($0, $1.app, $1.filming) } }

    var body: some View {
        NavigationStack {
            List {
                if let empty = state.empty { EmptyStateView(empty: empty, act: lead) }
                if let banner = state.banner { BannerView(banner: banner) }
                if state.running, let frames {
                    PreviewView(session: frames.session).aspectRatio(3 / 4, contentMode: .fit)
                        .overlay {
                            Rectangle().stroke(.yellow, lineWidth: 2).aspectRatio(1, contentMode: .fit).padding(12)
                        }
                    Text(state.hint).font(.footnote).foregroundStyle(.secondary)
                    controls(frames)
                }
                if let waiting = state.waiting { Text(waiting) }
                AnswersView(answers: state.answers)
                FactsView(facts: state.tiles)
                if state.running {
                    ChoicesView(title: screens.t("try.runs_on"), choices: state.configurations) { name in
                        screens.model.film { $0.configuration = name }
                    }
                }
                ForEach(state.notes, id: \.self) { Text($0).font(.footnote) }
            }
            .navigationTitle(state.title)
            .onAppear(perform: begin)
            .onDisappear { frames?.stop() }
        }
    }

    @ViewBuilder private func controls(_ frames: CameraFrames) -> some View {
        if let torch = state.torch {
            SwiftUI.Button(torch.says) {
                screens.model.film { $0.torch.toggle() }
                frames.torch(!torch.on)
            }
        }
        if let flip = state.flip {
            SwiftUI.Button(flip) {
                place = 1 - place
                start()
            }
        }
    }

    /// What the button of an empty screen does.
    private func lead() {
        switch screens.model.filming.permission {
        case _ where screens.model.app.proven.isEmpty: screens.tab = .bundle
        case .forever:
            guard let settings = URL(string: UIApplication.openSettingsURLString) else { return }
            UIApplication.shared.open(settings)
        default: Task { await ask() }
        }
    }

    private func ask() async {
        _ = await AVCaptureDevice.requestAccess(for: .video)
        begin()
    }

    private func begin() {
        let status = AVCaptureDevice.authorizationStatus(for: .video)
        let cameras = CameraFrames.positions.compactMap(CameraFrames.camera).count
        screens.model.film {
            $0.permission = status == .authorized ? .given : status == .notDetermined ? .unknown : .forever
            $0.cameras = cameras
            $0.failed = nil
        }
        if status == .authorized && cameras > 0 && state.empty == nil { start() }
    }

    private func start() {
        let model = screens.model
        let frames = frames ?? CameraFrames { decode in model.frame(decode) }
        self.frames = frames
        frames.start(CameraFrames.positions[place]) { started in
            DispatchQueue.main.async {
                MainActor.assumeIsolated {
                    model.film {
                        $0.hasTorch = (try? started.get()) ?? false
                        $0.torch = false
                        if case .failure(let error) = started { $0.failed = "\(error)" }
                    }
                }
            }
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
