import PhoneCore
import SwiftUI

/// A row that can be chosen, with a mark where it is.
struct ChoiceRow<Content: View>: View {
    let isChosen: Bool
    let choose: @MainActor () -> Void
    @ViewBuilder let content: Content

    var body: some View {
        SwiftUI.Button(action: choose) {
            HStack {
                content.foregroundStyle(Color.primary)
                Spacer()
                if isChosen { Image(systemName: "checkmark").accessibilityHidden(true) }
            }
        }
        .accessibilityAddTraits(isChosen ? .isSelected : [])
    }
}

struct ChoicesView: View {
    let title: String
    let choices: [Choice]
    let choose: @MainActor (String) -> Void

    var body: some View {
        Section(title) {
            ForEach(choices, id: \.id) { choice in
                ChoiceRow(isChosen: choice.chosen, choose: { choose(choice.id) }) { Text(choice.text) }
            }
        }
    }
}

/// The classes; two of them may have one name.
struct AnswersView: View {
    let answers: [Answer]

    var body: some View {
        ForEach(Array(answers.enumerated()), id: \.offset) { _, answer in
            VStack(alignment: .leading, spacing: 4) {
                LabeledContent(answer.name) { Text(answer.percent).monospacedDigit() }
                ProgressView(value: min(1, max(0, answer.share))).accessibilityHidden(true)
            }
        }
    }
}

struct ChecksView: View {
    let checks: [Check]

    var body: some View {
        ForEach(checks, id: \.text) { check in
            LabeledContent(check.text) {
                ToneText(text: check.value, tone: check.good.map { $0 ? .good : .warning } ?? .plain)
            }
        }
    }
}
