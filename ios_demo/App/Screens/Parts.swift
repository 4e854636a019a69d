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
}

struct ChipView: View {
    let chip: Chip

    var body: some View {
        Text(chip.text).font(.caption).padding(.horizontal, 8).padding(.vertical, 3)
            .background(chip.tone.color.opacity(0.15)).foregroundStyle(chip.tone.color)
            .clipShape(Capsule())
    }
}

struct BannerView: View {
    let banner: Banner

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            Text(banner.title).font(.headline).foregroundStyle(banner.tone.color)
            ForEach(banner.lines, id: \.self) { Text($0).font(.footnote) }
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

struct ActionView: View {
    let button: PhoneCore.Button
    let act: @MainActor () -> Void

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            SwiftUI.Button(button.text, action: act).disabled(!button.enabled)
            if let why = button.why { Text(why).font(.footnote).foregroundStyle(.secondary) }
        }
    }
}

struct EmptyStateView: View {
    let empty: Empty
    let act: @MainActor () -> Void

    var body: some View {
        VStack(spacing: 12) {
            Text(empty.title).font(.title2)
            Text(empty.text).foregroundStyle(.secondary).multilineTextAlignment(.center)
            if let button = empty.button { ActionView(button: button, act: act) }
        }
        .padding()
    }
}

struct ChoicesView: View {
    let title: String
    let choices: [Choice]
    let choose: @MainActor (String) -> Void

    var body: some View {
        Section(title) {
            ForEach(choices, id: \.id) { choice in
                SwiftUI.Button {
                    choose(choice.id)
                } label: {
                    HStack {
                        Text(choice.text)
                        Spacer()
                        if choice.chosen { Image(systemName: "checkmark") }
                    }
                }
            }
        }
    }
}

struct AnswersView: View {
    let answers: [Answer]

    var body: some View {
        ForEach(answers, id: \.name) { answer in
            VStack(alignment: .leading, spacing: 4) {
                LabeledContent(answer.name) { Text(answer.percent).monospacedDigit() }
                ProgressView(value: min(1, max(0, answer.share)))
            }
        }
    }
}

struct ChecksView: View {
    let checks: [Check]

    var body: some View {
        ForEach(checks, id: \.text) { check in
            LabeledContent(check.text) {
                Text(check.value).foregroundStyle(check.good.map { $0 ? Color.green : .orange } ?? .secondary)
            }
        }
    }
}
