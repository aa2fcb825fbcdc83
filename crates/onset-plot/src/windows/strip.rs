//! The strip beneath a panel: how many trials and people inform each window.

use super::WindowPoint;
use super::panel::Panel;
use crate::frame::SMALL;
use crate::scene::{Item, Line, Rect, Text};
use crate::{metrics, text};

/// Height of the tallest bar.
const BAR: f64 = 26.0;
/// The rows of numbers.
const ROWS: [&str; 3] = ["trials", "people", "effect"];

impl Panel<'_> {
    /// Beneath each window a bar of its people, then trials, people and effect in numbers, which move to a
    /// second line where they would touch. Returns the lower end.
    pub(super) fn strip(&self, items: &mut Vec<Item>, placed: &[(&WindowPoint, f64)]) -> f64 {
        // Beneath the tick labels and the names of course ends.
        let base = self.bottom + 26.0 + 16.0 * self.lines.saturating_sub(1) as f64 + BAR;
        let cells: Vec<[String; 3]> = placed.iter().map(|(point, _)| self.counts(point)).collect();
        let lowered = lowered(&cells, placed);
        let row = if lowered.contains(&true) { 29.0 } else { 16.0 };
        for (((point, x), cell), lower) in placed.iter().zip(cells).zip(lowered) {
            let height = self.bar(point.n);
            items.push(Rect::new(x - 5.0, base - height, 10.0, height, "tint").into());
            let first = base + if lower { 27.0 } else { 14.0 };
            for (index, label) in cell
                .into_iter()
                .enumerate()
                .filter(|(_, label)| !label.is_empty())
            {
                items.push(
                    Text::new(*x, first + row * index as f64, SMALL, label)
                        .middle()
                        .into(),
                );
            }
        }
        let (left, right) = self.plot_ends();
        items.push(Line::new(left, base, right, base, "rule").into());
        for (index, name) in ROWS.into_iter().enumerate() {
            let y = base + 14.0 + row * index as f64;
            items.push(Text::new(left - 6.0, y, SMALL, name).end().soft().into());
        }
        base + row * ROWS.len() as f64 + 6.0
    }

    fn bar(&self, n: u64) -> f64 {
        if n == 0 {
            0.0
        } else {
            (BAR * n as f64 / self.shared.most_people as f64).max(1.0)
        }
    }

    fn counts(&self, point: &WindowPoint) -> [String; 3] {
        let scale = self.shared.input.effect.scale;
        let effect = point
            .estimate
            .map(|i| text::value(i.value, scale))
            .unwrap_or_default();
        [text::count(point.k as u64), text::count(point.n), effect]
    }
}

/// Which windows' numbers must move to a second line, because they would touch those before them.
fn lowered(cells: &[[String; 3]], placed: &[(&WindowPoint, f64)]) -> Vec<bool> {
    let mut right = f64::NEG_INFINITY;
    let mut out = Vec::new();
    for (cell, (_, x)) in cells.iter().zip(placed) {
        let half = metrics::widest(cell.iter().map(String::as_str), SMALL, false) / 2.0;
        let touches = x - half < right + 5.0;
        right = if touches { right } else { x + half };
        out.push(touches);
    }
    out
}
