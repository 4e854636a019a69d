import PhoneCore
import SwiftUI

struct ResultScreen: View {
    let screens: Screens
    let report: Report

    private var file: URL { Phone.documents.appendingPathComponent("runs/\(report.runId)/report.json") }

    var body: some View {
        let state = resultState(screens.t, report)
        List {
            Text(state.subtitle)
            if let banner = state.banner { BannerView(banner: banner) }
            ForEach(Array(state.cards.enumerated()), id: \.offset) { CardView(card: $1) }
            Section(state.conditionsTitle) { FactsView(facts: state.conditions) }
            ShareLink(state.share.text, item: file)
        }
        .navigationTitle(state.title)
    }
}

struct CardView: View {
    let card: ResultCard

    var body: some View {
        Section(card.title) {
            LabeledContent(card.subtitle) { ChipView(chip: card.chip) }
            if let finding = card.finding { NoteView(text: finding) }
            if let latency = card.latency {
                LabeledContent(latency.name) {
                    Text(latency.median + " " + latency.unit).font(.largeTitle).monospacedDigit()
                        .foregroundStyle(card.counts ? Color.primary : .secondary)
                }
                FactsView(facts: latency.others)
            }
            FactsView(facts: card.facts)
            if let histogram = card.histogram {
                NoteView(text: card.histogramTitle)
                HistogramView(histogram: histogram)
            }
            if let curve = card.curve {
                NoteView(text: card.curveTitle)
                CurveView(curve: curve)
            }
        }
    }
}
