// SPDX-License-Identifier: Apache-2.0
//! Curves over powers of ten, as SVG. No more of a library for drawing would be used.

use std::fmt::Write as _;

/// One drawing beside others, all over the same values.
pub(super) struct Panel {
    pub(super) title: &'static str,
    /// Whether the axis upwards begins with zero; else it has powers of ten.
    pub(super) is_even: bool,
    pub(super) curves: Vec<Curve>,
}

/// Points from left to right.
pub(super) struct Curve {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// A panel, with the room around it for its numbers.
const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 36.0;
const RIGHT: f64 = 36.0;
const BOTTOM: f64 = 48.0;

/// The height of a line that says which curve is which.
const LEGEND: f64 = 20.0;

/// Told apart by people who see colours differently, too: the palette of Okabe and Ito.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// All panels side by side, and under them which curve is which.
pub(super) fn draw(panels: &[Panel]) -> String {
    let names: Vec<_> = panels.first().map_or(&[][..], |panel| &panel.curves).iter().collect();
    let width = WIDTH * panels.len() as f64;
    let height = HEIGHT + LEGEND * (names.len() as f64 + 0.5);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (number, panel) in panels.iter().enumerate() {
        let _ = writeln!(svg, "<g transform=\"translate({} 0)\">", WIDTH * number as f64);
        panel.draw(&mut svg);
        svg.push_str("</g>\n");
    }
    for ((number, curve), colour) in names.iter().enumerate().zip(COLOURS.iter().cycle()) {
        let y = HEIGHT + LEGEND * number as f64;
        let _ = writeln!(svg, "<circle cx=\"{LEFT}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>");
        text(&mut svg, (LEFT + 12.0, y + 4.0), "start", &curve.name);
    }
    svg.push_str("</svg>\n");
    svg
}

/// Where values are drawn.
struct Axis {
    /// The numbers beside it, the ends among them.
    ticks: Vec<f64>,
    /// What is drawn in proportion.
    of: fn(f64) -> f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// From one power of ten to another, all of the values between.
    fn powers(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let power = |value: f64| value.max(1.0).log10();
        let least = values.clone().map(power).fold(f64::INFINITY, f64::min).min(9.0).floor() as i32;
        let most = values.map(power).fold(0.0, f64::max).ceil() as i32;
        let ticks = (least..=most.max(least + 1)).map(|power| 10_f64.powi(power)).collect();
        Self { ticks, of: f64::log10, from, to }
    }

    /// From zero to a round number above all of the values.
    fn even(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let most = values.fold(1.0, f64::max);
        let power = 10_f64.powf((most / 5.0).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
        let step = steps.into_iter().find(|step| step * 5.0 >= most).unwrap_or(most);
        let count = (most / step).ceil() as u32;
        let ticks = (0..=count).map(|tick| f64::from(tick) * step).collect();
        Self { ticks, of: |value| value, from, to }
    }

    fn place(&self, value: f64) -> f64 {
        let end = |tick: Option<&f64>| tick.map_or(0.0, |&tick| (self.of)(tick));
        let (least, most) = (end(self.ticks.first()), end(self.ticks.last()));
        self.from + ((self.of)(value) - least) / (most - least) * (self.to - self.from)
    }
}

impl Panel {
    fn draw(&self, svg: &mut String) {
        let points = self.curves.iter().flat_map(|curve| curve.points.iter().copied());
        let (left, right, top, bottom) = (LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM);
        let across = Axis::powers(points.clone().map(|(x, _)| x), left, right);
        let values = points.map(|(_, y)| y);
        let up = match self.is_even {
            true => Axis::even(values, bottom, top),
            false => Axis::powers(values, bottom, top),
        };
        text(svg, (left, TOP - 14.0), "start", self.title);
        for &tick in &across.ticks {
            let x = across.place(tick);
            line(svg, (x, top), (x, bottom));
            text(svg, (x, bottom + 18.0), "middle", &number(tick));
        }
        for &tick in &up.ticks {
            let y = up.place(tick);
            line(svg, (left, y), (right, y));
            text(svg, (left - 8.0, y + 4.0), "end", &number(tick));
        }
        for (curve, colour) in self.curves.iter().zip(COLOURS.iter().cycle()) {
            let places: Vec<_> =
                curve.points.iter().map(|&(x, y)| (across.place(x), up.place(y))).collect();
            let way: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                way.join(" ")
            );
            for (x, y) in places {
                let _ = writeln!(
                    svg,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>"
                );
            }
        }
        text(svg, (right, bottom + 36.0), "end", "commits");
    }
}

fn line(svg: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#ddd\"/>"
    );
}

/// Plain words: nothing here has a meaning for XML.
fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let _ =
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>");
}

/// A number, with a mark between the thousands if it is that large.
fn number(value: f64) -> String {
    if value < 1_000.0 {
        return format!("{value}");
    }
    let digits = format!("{value:.0}");
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_threes() {
        for (value, expected) in
            [(0.1, "0.1"), (1.0, "1"), (100.0, "100"), (1e3, "1,000"), (1e6, "1,000,000")]
        {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn values_lie_between_round_numbers() {
        let powers = Axis::powers([20.0, 500.0].into_iter(), 0.0, 200.0);
        check(&powers, &[(10.0, 0.0), (100.0, 100.0), (1000.0, 200.0)]);
        let even = Axis::even([130.0, 7.0].into_iter(), 100.0, 0.0);
        check(&even, &[(0.0, 100.0), (50.0, 66.667), (100.0, 33.333), (150.0, 0.0)]);
        // One value alone has room around it, and no value at all is no fault.
        check(&Axis::powers([10.0].into_iter(), 0.0, 1.0), &[(10.0, 0.0), (100.0, 1.0)]);
        let empty = Panel { title: "empty", is_even: true, curves: Vec::new() };
        assert!(draw(&[empty]).contains("</svg>"));
    }

    #[track_caller]
    fn check(axis: &Axis, expected: &[(f64, f64)]) {
        assert_eq!(axis.ticks, expected.iter().map(|(tick, _)| *tick).collect::<Vec<_>>());
        for &(tick, place) in expected {
            assert!((axis.place(tick) - place).abs() < 1e-3, "{tick} is at {}", axis.place(tick));
        }
    }
}
