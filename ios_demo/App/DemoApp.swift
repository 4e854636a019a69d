import PhoneCore
import SwiftUI
import UIKit

@main
struct DemoApp: App {
    @State private var screens = Screens()
    @Environment(\.scenePhase) private var scenePhase

    var body: some Scene {
        WindowGroup {
            Group {
                if screens.isHeadless { HeadlessView(screens: screens) } else { TabsView(screens: screens) }
            }
            .onOpenURL { url in screens.open(url) }
            .onChange(of: scenePhase) { _, phase in
                // Also when the screen goes off.
                if phase == .background { screens.interrupt(.background) }
            }
        }
    }
}

/// What the views read; it changes with the model.
@MainActor @Observable
final class Screens {
    let t = Texts(Locale.current.language.languageCode?.identifier ?? "en")
    let phone: Phone
    let model: AppModel
    let runner = RunnerThread()
    let headless: HeadlessRun?
    var tab = Tab.bundle { didSet { keepAwake() } }
    var shownResult = false
    private var version = 0

    enum Tab: Hashable { case bundle, attempt, camera, measure }

    init() {
        let (phone, runner) = (Phone(), runner)
        self.phone = phone
        let threads = Threads(
            main: { work in DispatchQueue.main.async { MainActor.assumeIsolated { work() } } },
            runner: { runner.run($0) },
            files: { work in DispatchQueue.global(qos: .userInitiated).async(execute: work) })
        model = AppModel(phone, phone.runtimes, Phone.bundles, Phone.storage, threads)
        headless = HeadlessRun(ProcessInfo.processInfo.arguments, phone, runner)
        model.changed = { [weak self] in self?.change() }
        _ = NotificationCenter.default.addObserver(
            forName: UIApplication.didReceiveMemoryWarningNotification, object: nil, queue: .main
        ) { [weak self] _ in MainActor.assumeIsolated { self?.interrupt(.memory) } }
        headless?.start()
    }

    var isHeadless: Bool { headless != nil }

    private func change() {
        version += 1
        keepAwake()
    }

    /// The screen stays on during work and in front of the camera.
    private func keepAwake() { UIApplication.shared.isIdleTimerDisabled = model.isBusy || tab == .camera }

    /// The state of a screen, read so that a change of the model draws it anew.
    func state<State>(_ make: (Texts, AppModel) -> State) -> State {
        _ = version
        return make(t, model)
    }

    func open(_ url: URL) {
        tab = .bundle
        model.importBundle(url.lastPathComponent) { try PickedBundle.import(url, into: $0) }
    }

    func interrupt(_ reason: Abort) {
        model.interrupt(reason)
        headless?.interruption.raise(reason)
    }

    /// Twice a second, while a run goes on.
    func keepTime() async {
        while !Task.isCancelled {
            model.tickClock()
            try? await Task.sleep(for: .milliseconds(500))
        }
    }
}

/// The bar of four.
struct TabsView: View {
    @Bindable var screens: Screens

    var body: some View {
        TabView(selection: $screens.tab) {
            BundleScreen(screens: screens).tag(Screens.Tab.bundle)
                .tabItem { Label(screens.t("tab.bundle"), systemImage: "shippingbox") }
            TryScreen(screens: screens).tag(Screens.Tab.attempt)
                .tabItem { Label(screens.t("tab.try"), systemImage: "photo") }
            CameraScreen(screens: screens).tag(Screens.Tab.camera)
                .tabItem { Label(screens.t("tab.camera"), systemImage: "camera") }
            MeasureScreen(screens: screens).tag(Screens.Tab.measure)
                .tabItem { Label(screens.t("tab.measure"), systemImage: "stopwatch") }
        }
    }
}
