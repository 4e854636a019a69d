import PhoneCore
import SwiftUI

/// The pieces that the screens are made of; each shows one record of the core.

extension Tone {
    var color: Color {
        switch self {
        case .plain: .secondary
        case .good: .green
        case .bad: .red
        case .warning: .orange
        case .off: .gray
        case .busy: .blue
        }
    }

    /// What tells the tone without its colour.
    var symbol: String {
        switch self {
        case .plain: "info.circle"
        case .good: "checkmark.circle.fill"
        case .bad: "xmark.octagon.fill"
        case .warning: "exclamationmark.triangle.fill"
        case .off: "minus.circle"
        case .busy: "clock"
        }
    }
}

/// A text after the symbol of its tone; the text keeps the contrast of the others.
struct ToneText: View {
    let text: String
    let tone: Tone

    var body: some View {
        HStack(spacing: 4) {
            Image(systemName: tone.symbol).foregroundStyle(tone.color).accessibilityHidden(true)
            Text(text).foregroundStyle(Color.primary)
        }
    }
}

struct ChipView: View {
    let chip: Chip

    var body: some View {
        ToneText(text: chip.text, tone: chip.tone).font(.caption).padding(.horizontal, 8).padding(.vertical, 3)
            .background(chip.tone.color.opacity(0.15)).clipShape(Capsule())
    }
}

struct BannerView: View {
    let banner: Banner

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            ToneText(text: banner.title, tone: banner.tone).font(.headline)
            ForEach(Array(banner.lines.enumerated()), id: \.offset) { Text($1).font(.footnote) }
        }
    }
}

struct FactsView: View {
    let facts: [Fact]

    var body: some View {
        ForEach(facts, id: \.label) { fact in
            LabeledContent(fact.label) { Text(fact.value).monospacedDigit() }
        }
    }
}

struct NoteView: View {
    let text: String

    var body: some View { Text(text).font(.footnote).foregroundStyle(Color.secondary) }
}

struct ActionView: View {
    let button: PhoneCore.Button
    let act: @MainActor () -> Void

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            SwiftUI.Button(button.text, action: act).disabled(!button.enabled)
            if let why = button.why { NoteView(text: why) }
        }
    }
}

struct EmptyStateView: View {
    let empty: Empty
    let symbol: String
    let act: @MainActor () -> Void

    var body: some View {
        ContentUnavailableView {
            Label(empty.title, systemImage: symbol)
        } description: {
            Text(empty.text)
        } actions: {
            if let button = empty.button { ActionView(button: button, act: act) }
        }
    }
}
