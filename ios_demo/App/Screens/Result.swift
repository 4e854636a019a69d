import PhoneCore
import SwiftUI

struct ResultScreen: View {
    let screens: Screens
    let report: Report

    private var state: ResultState { resultState(screens.t, report) }
    private var file: URL { Phone.documents.appendingPathComponent("runs/\(report.runId)/report.json") }

    var body: some View {
        NavigationStack {
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
}

struct CardView: View {
    let card: ResultCard

    var body: some View {
        Section(card.title) {
            HStack {
                Text(card.subtitle).font(.footnote)
                Spacer()
                ChipView(chip: card.chip)
            }
            if let finding = card.finding { Text(finding).font(.footnote).foregroundStyle(.secondary) }
            if let latency = card.latency {
                HStack {
                    Text("\(latency.median) \(latency.unit)").font(.largeTitle).monospacedDigit()
                    Text(latency.name).foregroundStyle(.secondary)
                }
                .foregroundStyle(card.counts ? Color.primary : .gray)
                FactsView(facts: latency.others)
            }
            FactsView(facts: card.facts)
            if let histogram = card.histogram {
                Text(card.histogramTitle).font(.footnote)
                HistogramView(histogram: histogram)
            }
            if let curve = card.curve {
                Text(card.curveTitle).font(.footnote)
                CurveView(curve: curve)
            }
        }
    }
}
