//! Writes a scene as SVG.

use crate::metrics;
use crate::scene::{Anchor, Group, Item, Scene, Text};
use crate::theme;
use std::fmt::Write;

/// White space around a picture that stands alone.
const MARGIN: f64 = 16.0;

impl Scene {
    /// A file that stands alone: style sheet, background, heading above and source beneath.
    pub fn to_svg(&self) -> String {
        let head = heading(self);
        let foot = footing(self, head.height + self.height);
        let (width, height) = (
            self.width + 2.0 * MARGIN,
            head.height + self.height + foot.height + 2.0 * MARGIN,
        );
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        open(&mut out, self, width, height, true);
        let _ = write!(out, "<style>{}</style>", theme::css());
        let _ = write!(
            out,
            "<rect class=\"paper\" width=\"{}\" height=\"{}\"/>",
            num(width),
            num(height)
        );
        let _ = write!(out, "<g transform=\"translate({0} {0})\">", num(MARGIN));
        items(&mut out, &head.items);
        let _ = write!(out, "<g transform=\"translate(0 {})\">", num(head.height));
        items(&mut out, &self.items);
        out.push_str("</g>");
        items(&mut out, &foot.items);
        out.push_str("</g></svg>\n");
        out
    }

    /// The body alone, for a page that shows title, subtitle and source as text and includes
    /// [`crate::css`].
    pub fn to_inline(&self) -> String {
        let mut out = String::new();
        open(&mut out, self, self.width, self.height, false);
        items(&mut out, &self.items);
        out.push_str("</svg>\n");
        out
    }
}

struct Block {
    items: Vec<Item>,
    height: f64,
}

fn heading(scene: &Scene) -> Block {
    let mut block = Block {
        items: Vec::new(),
        height: 0.0,
    };
    let mut add = |text: &str, size: f64, bold: bool, class: &'static str| {
        if text.is_empty() {
            return;
        }
        for line in metrics::wrap(text, size, bold, scene.width) {
            block.height += (size * 1.35).round();
            let mut text = Text::new(0.0, block.height - size * 0.3, size, line).class(class);
            text.bold = bold;
            block.items.push(text.into());
        }
    };
    add(&scene.title, 16.0, true, "");
    add(&scene.subtitle, 13.0, false, "soft");
    if block.height > 0.0 {
        block.height += 14.0;
    }
    block
}

fn footing(scene: &Scene, top: f64) -> Block {
    let mut block = Block {
        items: Vec::new(),
        height: 0.0,
    };
    if scene.source.is_empty() {
        return block;
    }
    block.height = 8.0;
    for line in metrics::wrap(&scene.source, 11.0, false, scene.width) {
        block.height += 15.0;
        block
            .items
            .push(Text::new(0.0, top + block.height - 3.0, 11.0, line).soft().into());
    }
    block
}

/// A picture with parts that can be focused is a group of images; any other is one image.
fn open(out: &mut String, scene: &Scene, width: f64, height: f64, alone: bool) {
    let role = if scene.interactive() { "group" } else { "img" };
    let space = if alone {
        " xmlns=\"http://www.w3.org/2000/svg\""
    } else {
        ""
    };
    let (w, h) = (num(width), num(height));
    let label = if scene.title.is_empty() {
        &scene.desc
    } else {
        &scene.title
    };
    let _ = write!(
        out,
        "<svg{space} class=\"onset\" role=\"{role}\" aria-label=\"{}\" data-figure=\"{}\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\">",
        escape(label),
        escape(&scene.id)
    );
    let _ = write!(
        out,
        "<title>{}</title><desc>{}</desc>",
        escape(label),
        escape(&scene.desc)
    );
}

fn items(out: &mut String, list: &[Item]) {
    for item in list {
        write_item(out, item);
    }
}

fn write_item(out: &mut String, item: &Item) {
    match item {
        Item::Line(l) => {
            let [x1, y1, x2, y2] = [l.x1, l.y1, l.x2, l.y2].map(num);
            let _ = write!(
                out,
                "<line{} x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>",
                class(l.class)
            );
        }
        Item::Rect(r) => {
            let [x, y, w, h] = [r.x, r.y, r.width.max(0.0), r.height.max(0.0)].map(num);
            let _ = write!(
                out,
                "<rect{} x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/>",
                class(r.class)
            );
        }
        Item::Circle(c) => {
            let [x, y, r] = [c.x, c.y, c.r.max(0.0)].map(num);
            let _ = write!(out, "<circle{} cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>", class(c.class));
        }
        Item::Path(p) => {
            let _ = write!(out, "<path{} d=\"", class(p.class));
            for piece in &p.pieces {
                out.push('M');
                points(out, piece, 'L');
            }
            out.push_str("\"/>");
        }
        Item::Polygon(p) => {
            let _ = write!(out, "<polygon{} points=\"", class(p.class));
            points(out, &p.points, ' ');
            out.push_str("\"/>");
        }
        Item::Text(text) => write_text(out, text),
        Item::Group(group) => write_group(out, group),
    }
}

fn write_text(out: &mut String, text: &Text) {
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let weight = if text.bold { " font-weight=\"700\"" } else { "" };
    let _ = write!(
        out,
        "<text{} y=\"{}\" font-size=\"{}\"{weight}{anchor}",
        class(text.class),
        num(text.y),
        num(text.size)
    );
    if let [(x, only)] = text.spans.as_slice() {
        let _ = write!(out, " x=\"{}\">{}</text>", num(*x), escape(only));
        return;
    }
    out.push('>');
    for (x, part) in &text.spans {
        let _ = write!(out, "<tspan x=\"{}\">{}</tspan>", num(*x), escape(part));
    }
    out.push_str("</text>");
}

fn write_group(out: &mut String, group: &Group) {
    let _ = write!(out, "<g{}", class(group.class));
    if !group.key.is_empty() {
        let _ = write!(out, " data-key=\"{}\"", escape(&group.key));
    }
    if !group.rows.is_empty() {
        let rows: Vec<String> = group.rows.iter().map(ToString::to_string).collect();
        let _ = write!(out, " data-rows=\"{}\"", escape(&rows.join(" ")));
    }
    if let Some(opacity) = group.opacity {
        let _ = write!(out, " opacity=\"{}\"", num(opacity));
    }
    if group.focusable {
        let _ = write!(
            out,
            " tabindex=\"0\" role=\"img\" aria-label=\"{}\"",
            escape(&group.title)
        );
    }
    out.push('>');
    if !group.title.is_empty() {
        let _ = write!(out, "<title>{}</title>", escape(&group.title));
    }
    items(out, &group.items);
    out.push_str("</g>");
}

fn class(name: &str) -> String {
    if name.is_empty() {
        String::new()
    } else {
        format!(" class=\"{name}\"")
    }
}

fn points(out: &mut String, list: &[(f64, f64)], between: char) {
    for (i, (x, y)) in list.iter().enumerate() {
        if i > 0 {
            out.push(between);
        }
        push_num(out, *x);
        out.push(' ');
        push_num(out, *y);
    }
}

fn num(x: f64) -> String {
    let mut out = String::new();
    push_num(&mut out, x);
    out
}

/// Two decimals at most; what is not finite is drawn at 0 rather than breaking the file.
fn push_num(out: &mut String, x: f64) {
    if !x.is_finite() {
        out.push('0');
        return;
    }
    let hundredths = (x * 100.0).round();
    if hundredths.abs() >= 1e15 {
        let _ = write!(out, "{x:.0}");
        return;
    }
    let hundredths = hundredths as i64;
    if hundredths < 0 {
        out.push('-');
    }
    let hundredths = hundredths.unsigned_abs();
    let _ = write!(out, "{}", hundredths / 100);
    let rest = hundredths % 100;
    if rest > 0 {
        out.push('.');
        out.push(char::from(b'0' + (rest / 10) as u8));
        if !rest.is_multiple_of(10) {
            out.push(char::from(b'0' + (rest % 10) as u8));
        }
    }
}

/// Escapes mark-up and leaves out characters that XML forbids.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_up_in_a_name_stays_text() {
        let scene = Scene {
            title: "<script>alert(\"1\")</script>".to_owned(),
            items: vec![Text::new(1.0, 2.0, 12.0, "a < b & 'c'\u{1}").into()],
            ..Scene::default()
        };
        for svg in [scene.to_svg(), scene.to_inline()] {
            assert!(!svg.contains("<script"));
            assert!(svg.contains("a &lt; b &amp; &#39;c&#39;</text>"));
        }
    }

    #[test]
    fn numbers_are_short_and_always_finite() {
        assert_eq!(num(1.0), "1");
        assert_eq!(num(-0.001), "0");
        assert_eq!(num(12.345_6), "12.35");
        assert_eq!(num(f64::NAN), "0");
    }

    #[test]
    fn a_picture_without_focus_is_one_image() {
        let plain = Scene::default();
        assert!(plain.to_inline().contains("role=\"img\""));
        let group = Group {
            focusable: true,
            title: "Murrough".to_owned(),
            ..Group::default()
        };
        let scene = Scene {
            items: vec![group.into()],
            ..Scene::default()
        };
        assert!(scene.to_inline().contains("<svg class=\"onset\" role=\"group\""));
        assert!(
            scene
                .to_inline()
                .contains("tabindex=\"0\" role=\"img\" aria-label=\"Murrough\"")
        );
    }
}
