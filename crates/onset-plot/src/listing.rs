//! A scene as plain lines, one a shape: what snapshots are kept in.

use crate::scene::{Group, Item, Scene, Text};
use std::fmt::Write;

impl Scene {
    /// One line a shape, numbers with ten significant digits: what snapshots compare.
    pub fn listing(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "scene {} {} {}", self.id, ten(self.width), ten(self.height));
        let texts = [
            ("title", &self.title),
            ("subtitle", &self.subtitle),
            ("desc", &self.desc),
            ("source", &self.source),
        ];
        for (name, text) in texts {
            let _ = writeln!(out, "{name} {text}");
        }
        list(&mut out, &self.items, 0);
        out
    }
}

/// Ten significant digits, trailing zeros dropped.
fn ten(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    let magnitude = x.abs().log10().floor();
    let decimals = if magnitude.is_finite() {
        (9.0 - magnitude).clamp(0.0, 20.0) as usize
    } else {
        0
    };
    let text = format!("{x:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn list(out: &mut String, all: &[Item], depth: usize) {
    for item in all {
        let line = match item {
            Item::Line(l) => format!("line .{} {}", l.class, tens(&[l.x1, l.y1, l.x2, l.y2])),
            Item::Rect(r) => format!("rect .{} {}", r.class, tens(&[r.x, r.y, r.width, r.height])),
            Item::Circle(c) => format!("circle .{} {}", c.class, tens(&[c.x, c.y, c.r])),
            Item::Path(p) => {
                let pieces: Vec<String> = p.pieces.iter().map(|piece| pairs(piece)).collect();
                format!("path .{} {}", p.class, pieces.join(" | "))
            }
            Item::Polygon(p) => format!("polygon .{} {}", p.class, pairs(&p.points)),
            Item::Text(text) => text_line(text),
            Item::Group(group) => group_line(group),
        };
        let _ = writeln!(out, "{}{line}", "  ".repeat(depth));
        if let Item::Group(group) = item {
            list(out, &group.items, depth + 1);
        }
    }
}

fn text_line(t: &Text) -> String {
    let weight = if t.bold { " bold" } else { "" };
    let spans: Vec<String> = t
        .spans
        .iter()
        .map(|(x, s)| format!("{} {s:?}", ten(*x)))
        .collect();
    format!(
        "text .{} {} {}{weight} {:?} {}",
        t.class,
        ten(t.y),
        ten(t.size),
        t.anchor,
        spans.join(" ")
    )
}

fn group_line(g: &Group) -> String {
    let rows: Vec<String> = g.rows.iter().map(ToString::to_string).collect();
    let focus = if g.focusable { " focusable" } else { "" };
    let opacity = g
        .opacity
        .map_or(String::new(), |o| format!(" opacity {}", ten(o)));
    format!(
        "group .{} key={} rows={}{focus}{opacity} {:?}",
        g.class,
        g.key,
        rows.join(","),
        g.title
    )
}

fn tens(numbers: &[f64]) -> String {
    let all: Vec<String> = numbers.iter().map(|x| ten(*x)).collect();
    all.join(" ")
}

fn pairs(list: &[(f64, f64)]) -> String {
    let all: Vec<String> = list
        .iter()
        .map(|(x, y)| format!("{},{}", ten(*x), ten(*y)))
        .collect();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_ten_significant_digits() {
        assert_eq!(ten(1.0 / 3.0), "0.3333333333");
        assert_eq!(ten(123_456.0), "123456");
        assert_eq!(ten(0.0), "0");
    }
}
