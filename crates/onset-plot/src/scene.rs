//! A picture as a list of shapes: every figure is a [`Scene`], and `svg.rs` writes it.

use onset_data::RowId;

/// A picture of known size.
///
/// The body holds no heading: a page sets title and subtitle as text. [`Scene::to_svg`] draws them into
/// the picture, for a file that is looked at alone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scene {
    /// Width in pixels at which it is drawn at scale 1.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// Name of the figure, for file names and the `data-figure` attribute: letters, digits, hyphens.
    pub id: String,
    /// The finding, as one would say it.
    pub title: String,
    /// What is plotted, on which scale, by which model, how many trials and people.
    pub subtitle: String,
    /// Text alternative: the finding with its numbers.
    pub desc: String,
    /// Where the numbers come from; printed beneath a standalone picture.
    pub source: String,
    /// Shapes, in the order they are drawn.
    pub items: Vec<Item>,
}

/// One shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A straight line.
    Line(Line),
    /// A rectangle.
    Rect(Rect),
    /// A circle.
    Circle(Circle),
    /// Straight segments, any number of pieces.
    Path(Path),
    /// A closed polygon.
    Polygon(Polygon),
    /// A text.
    Text(Text),
    /// Shapes that belong together.
    Group(Group),
}

/// A straight line.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub struct Line {
    pub x1: f64,
    pub y1: f64,
    pub x2: f64,
    pub y2: f64,
    pub class: &'static str,
}

/// A rectangle.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub class: &'static str,
}

/// A circle.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub struct Circle {
    pub x: f64,
    pub y: f64,
    pub r: f64,
    pub class: &'static str,
}

/// Pieces of straight segments; each piece is a list of points.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub struct Path {
    pub pieces: Vec<Vec<(f64, f64)>>,
    pub class: &'static str,
}

/// A closed polygon.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub struct Polygon {
    pub points: Vec<(f64, f64)>,
    pub class: &'static str,
}

/// Which end of a text stands at its x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anchor {
    /// The text begins there.
    #[default]
    Start,
    /// The text is centred there.
    Middle,
    /// The text ends there.
    End,
}

/// A text on one line; `y` is its baseline.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Text {
    /// Parts with their own x, all anchored alike; read aloud and copied as one text.
    pub spans: Vec<(f64, String)>,
    /// Baseline.
    pub y: f64,
    /// Font size in pixels.
    pub size: f64,
    /// Bold or regular.
    pub bold: bool,
    /// Which end of each part stands at its x.
    pub anchor: Anchor,
    /// Colour class.
    pub class: &'static str,
}

/// Shapes that belong together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// Colour class, inherited by its shapes.
    pub class: &'static str,
    /// What it says of itself on hover, on focus and to a screen reader.
    pub title: String,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
    /// Study id or other key; `data-key`.
    pub key: String,
    /// Opacity from 0 to 1, where it carries meaning.
    pub opacity: Option<f64>,
    /// Can be reached by the keyboard.
    pub focusable: bool,
    /// Shapes.
    pub items: Vec<Item>,
}

/// Smallest font size in any figure.
pub const SMALLEST: f64 = 11.0;

impl Scene {
    /// The width below which the smallest text would shrink under 11 px: show the narrow variant there.
    pub fn narrowest(&self) -> f64 {
        let mut smallest = f64::INFINITY;
        for_each_text(&self.items, &mut |text| smallest = smallest.min(text.size));
        if smallest.is_finite() {
            self.width * SMALLEST / smallest
        } else {
            self.width
        }
    }

    /// Every text in drawing order.
    pub fn texts(&self) -> Vec<&Text> {
        let mut out = Vec::new();
        collect_texts(&self.items, &mut out);
        out
    }

    /// True when some part of it can be reached by the keyboard.
    pub fn interactive(&self) -> bool {
        has_focus(&self.items)
    }
}

fn for_each_text(items: &[Item], f: &mut impl FnMut(&Text)) {
    for item in items {
        match item {
            Item::Text(text) => f(text),
            Item::Group(group) => for_each_text(&group.items, f),
            _ => {}
        }
    }
}

fn collect_texts<'a>(items: &'a [Item], out: &mut Vec<&'a Text>) {
    for item in items {
        match item {
            Item::Text(text) => out.push(text),
            Item::Group(group) => collect_texts(&group.items, out),
            _ => {}
        }
    }
}

fn has_focus(items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::Group(group) => group.focusable || has_focus(&group.items),
        _ => false,
    })
}

impl Line {
    /// From (x1, y1) to (x2, y2).
    pub fn new(x1: f64, y1: f64, x2: f64, y2: f64, class: &'static str) -> Line {
        Line {
            x1,
            y1,
            x2,
            y2,
            class,
        }
    }
}

impl Rect {
    /// Left, top, width, height.
    pub fn new(x: f64, y: f64, width: f64, height: f64, class: &'static str) -> Rect {
        Rect {
            x,
            y,
            width,
            height,
            class,
        }
    }
}

impl Circle {
    /// Centre and radius.
    pub fn new(x: f64, y: f64, r: f64, class: &'static str) -> Circle {
        Circle { x, y, r, class }
    }
}

impl Group {
    /// Shapes in a colour class.
    pub fn new(class: &'static str, items: Vec<Item>) -> Group {
        Group {
            class,
            items,
            ..Group::default()
        }
    }

    /// The same, saying something of itself.
    pub fn titled(mut self, title: String) -> Group {
        self.title = title;
        self
    }

    /// The same, with its key and its rows, within reach of the keyboard.
    pub fn sourced(mut self, key: &str, rows: &[RowId]) -> Group {
        self.key = key.to_owned();
        self.rows = rows.to_vec();
        self.focusable = true;
        self
    }
}

impl Text {
    /// A regular text of one part.
    pub fn new(x: f64, y: f64, size: f64, text: impl Into<String>) -> Text {
        Text {
            spans: vec![(x, text.into())],
            y,
            size,
            ..Text::default()
        }
    }

    /// The same, bold.
    pub fn bold(mut self) -> Text {
        self.bold = true;
        self
    }

    /// The same, with its middle or end at x.
    pub fn anchor(mut self, anchor: Anchor) -> Text {
        self.anchor = anchor;
        self
    }

    /// The same, with its end at x.
    pub fn end(self) -> Text {
        self.anchor(Anchor::End)
    }

    /// The same, with its middle at x.
    pub fn middle(self) -> Text {
        self.anchor(Anchor::Middle)
    }

    /// The same, in the softer ink.
    pub fn soft(self) -> Text {
        self.class("soft")
    }

    /// The same, in a colour class.
    pub fn class(mut self, class: &'static str) -> Text {
        self.class = class;
        self
    }

    /// Boxes of its parts: left, top, right, bottom.
    pub fn boxes(&self) -> Vec<[f64; 4]> {
        let ascent = self.size * 0.78;
        let descent = self.size * 0.22;
        self.spans
            .iter()
            .map(|(x, text)| {
                let w = crate::metrics::width(text.trim(), self.size, self.bold);
                let left = match self.anchor {
                    Anchor::Start => *x,
                    Anchor::Middle => x - w / 2.0,
                    Anchor::End => x - w,
                };
                [left, self.y - ascent, left + w, self.y + descent]
            })
            .collect()
    }
}

macro_rules! from_shape {
    ($($shape:ident),*) => {$(
        impl From<$shape> for Item {
            fn from(shape: $shape) -> Item {
                Item::$shape(shape)
            }
        }
    )*};
}
from_shape!(Line, Rect, Circle, Path, Polygon, Text, Group);
