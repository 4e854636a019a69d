import AVFoundation
import PhoneCore
import SwiftUI
import UIKit

struct CameraScreen: View {
    let screens: Screens
    @State private var frames: CameraFrames?
    @State private var place = 0

    var body: some View {
        let state = screens.state { cameraState($0, $1.app, $1.filming) }
        NavigationStack {
            Group {
                if let empty = state.empty {
                    EmptyStateView(empty: empty, symbol: "camera", act: lead)
                } else {
                    List { content(state) }
                }
            }
            .navigationTitle(state.title)
            .onAppear(perform: begin)
            .onDisappear { frames?.stop() }
        }
    }

    @ViewBuilder private func content(_ state: CameraState) -> some View {
        if let banner = state.banner { BannerView(banner: banner) }
        if state.running, let frames {
            PreviewView(session: frames.session)
                .aspectRatio(CameraFrames.width / CameraFrames.height, contentMode: .fit)
                .overlay { if let seen { SeenView(part: seen) } }
                .accessibilityElement(children: .ignore).accessibilityLabel(state.hint)
            NoteView(text: state.hint)
            controls(state, frames)
        }
        if let waiting = state.waiting { Text(waiting) }
        AnswersView(answers: state.answers)
        FactsView(facts: state.tiles)
        if state.running {
            ChoicesView(title: screens.t("try.runs_on"), choices: state.configurations) { name in
                screens.model.film { $0.configuration = name }
            }
        }
        ForEach(state.notes, id: \.self) { NoteView(text: $0) }
    }

    /// What the network sees of a frame.
    private var seen: Part? {
        screens.model.app.bundle?.manifest.inputs.first?.preprocessing.map {
            seenPart($0, Int(CameraFrames.height), Int(CameraFrames.width))
        }
    }

    @ViewBuilder private func controls(_ state: CameraState, _ frames: CameraFrames) -> some View {
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
        if status == .authorized && cameras > 0 && !screens.model.app.proven.isEmpty { start() }
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
