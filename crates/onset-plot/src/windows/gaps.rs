//! What a panel says where there is no point: hatched fields without evidence, the important difference.

use super::panel::{EDGE, PLOT, Panel};
use super::{When, time};
use crate::frame::{self, SMALL};
use crate::scene::{Group, Item, Line, Rect, Text};
use crate::{metrics, text};

const NO_EVIDENCE: &str = "no randomised evidence";

impl Panel<'_> {
    /// Hatched fields: windows without evidence, everything after the last window that has some, and course
    /// ends that nobody reported.
    pub(super) fn gaps(&self, items: &mut Vec<Item>) {
        let horizon = time::horizon(self.series);
        let (left, right) = self.plot_ends();
        let empty = self.series.points.iter().filter(|p| p.estimate.is_none());
        let before = empty
            .filter_map(|p| time::span(p.when))
            .filter(|span| span.0 < horizon);
        let mut fields: Vec<(f64, f64)> = before
            .map(|(from, to)| (self.time_x(from), self.time_x(to)))
            .collect();
        fields.push((if horizon > 0.0 { self.time_x(horizon) } else { left }, right));
        let ends: Vec<_> = self
            .series
            .points
            .iter()
            .filter(|p| p.when == When::CourseEnd)
            .collect();
        for (index, field) in self.fields().into_iter().skip(1).enumerate() {
            if ends.get(index).is_none_or(|point| point.estimate.is_none()) {
                fields.push(field);
            }
        }
        items.extend(fields.into_iter().map(|(from, to)| self.gap(from, to)));
    }

    fn gap(&self, from: f64, to: f64) -> Item {
        let mut inside = vec![frame::hatch(from, self.top + EDGE, to - from, PLOT - 2.0 * EDGE)];
        let lines = metrics::wrap(NO_EVIDENCE, SMALL, false, (to - from - 8.0).max(30.0));
        let wide = metrics::widest(lines.iter().map(String::as_str), SMALL, false);
        if wide + 6.0 <= to - from && lines.len() <= 3 {
            self.words(&mut inside, &lines, (from + to) / 2.0, wide);
        }
        Group::new("", inside).titled(NO_EVIDENCE.to_owned()).into()
    }

    /// "no randomised evidence" on paper, in the half of the field that the important difference leaves free.
    fn words(&self, items: &mut Vec<Item>, lines: &[String], x: f64, wide: f64) {
        let height = 15.0 * lines.len() as f64;
        let important = self.shared.input.effect.important.as_ref();
        let share = match important.map(|r| self.effect_y(r.value) - self.top) {
            Some(y) if y < PLOT / 2.0 => 0.75,
            _ => 0.25,
        };
        let top = self.top + PLOT * share - height / 2.0;
        items.push(Rect::new(x - wide / 2.0 - 3.0, top - 1.0, wide + 6.0, height + 4.0, "paper").into());
        for (i, line) in lines.iter().enumerate() {
            let y = top + 12.0 + 15.0 * i as f64;
            items.push(Text::new(x, y, SMALL, line.as_str()).middle().soft().into());
        }
    }

    /// A dashed line at the important difference, named at its right end in the first wide panel.
    pub(super) fn important(&self, items: &mut Vec<Item>) {
        let effect = &self.shared.input.effect;
        let important = effect
            .important
            .as_ref()
            .filter(|r| self.shared.effect.holds(r.value));
        let Some(reference) = important else { return };
        let y = self.effect_y(reference.value);
        items.extend(
            self.fields()
                .iter()
                .map(|(from, to)| Item::from(Line::new(*from, y, *to, y, "dash"))),
        );
        if self.shared.named_lines() && self.index == 0 {
            let label = format!(
                "{} {}",
                reference.label,
                text::value(reference.value, effect.scale)
            );
            self.line_name(items, &label, y);
        }
    }

    /// The name of a line at `y`, in the hatched field at its right end.
    fn line_name(&self, items: &mut Vec<Item>, label: &str, y: f64) {
        let (left, right) = self.plot_ends();
        let horizon = time::horizon(self.series);
        let room = if horizon > 0.0 {
            right - self.time_x(horizon) - 6.0
        } else {
            right - left
        };
        let lines = metrics::wrap(label, SMALL, false, room.max(60.0));
        let height = 14.0 * lines.len() as f64;
        // Below the line, or above it where there is no room below.
        let below = y + height + EDGE < self.bottom;
        let top = if below { y + 3.0 } else { y - height - 5.0 };
        let wide = metrics::widest(lines.iter().map(String::as_str), SMALL, false);
        items.push(Rect::new(right - wide - 4.0, top, wide + 4.0, height + 2.0, "paper").into());
        for (i, line) in lines.into_iter().enumerate() {
            let y = top + 11.0 + 14.0 * i as f64;
            items.push(Text::new(right - 2.0, y, SMALL, line).end().soft().into());
        }
    }
}
