import PhoneCore
import SwiftUI

/// How often runs took how long.
struct HistogramView: View {
    let histogram: Histogram

    var body: some View {
        VStack {
            Canvas { context, size in
                let width = size.width / CGFloat(histogram.bars.count)
                for (index, bar) in histogram.bars.enumerated() {
                    let height = size.height * bar
                    let place = CGRect(
                        x: CGFloat(index) * width, y: size.height - height, width: width - 1, height: height)
                    context.fill(Path(place), with: .color(.accentColor))
                }
                for mark in histogram.marks {
                    let line = CGRect(x: size.width * mark.at, y: 0, width: 1, height: size.height)
                    context.fill(Path(line), with: .color(.primary))
                }
            }
            .frame(height: 120)
            TicksView(ticks: histogram.ticks)
        }
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(histogram.says)
    }
}

/// Medians over time, with the heat of the phone behind them.
struct CurveView: View {
    let curve: Curve

    var body: some View {
        VStack {
            Canvas { context, size in
                for heat in curve.heat {
                    let width = size.width * (heat.to - heat.from)
                    let place = CGRect(x: size.width * heat.from, y: 0, width: width, height: size.height)
                    context.fill(Path(place), with: .color(heat.tone.color.opacity(0.15)))
                }
                for row in curve.rows {
                    let line = CGRect(x: 0, y: size.height * (1 - row.at), width: size.width, height: 0.5)
                    context.fill(Path(line), with: .color(.secondary))
                    context.draw(Text(row.label).font(.caption), at: CGPoint(x: 16, y: size.height * (1 - row.at)))
                }
                var path = Path()
                for (index, point) in curve.points.enumerated() {
                    let place = CGPoint(x: size.width * point.x, y: size.height * (1 - point.y))
                    if index == 0 { path.move(to: place) } else { path.addLine(to: place) }
                }
                context.stroke(path, with: .color(.accentColor), lineWidth: 2)
            }
            .frame(height: 160)
            TicksView(ticks: curve.ticks)
        }
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(curve.says)
    }
}

struct TicksView: View {
    let ticks: [Tick]

    var body: some View {
        HStack {
            ForEach(Array(ticks.enumerated()), id: \.offset) { index, tick in
                if index > 0 { Spacer() }
                Text(tick.label).font(.caption).monospacedDigit().lineLimit(1).minimumScaleFactor(0.5)
            }
        }
    }
}
