//! Icon arrays: 100 people in each arm, the same order in both, counted from one corner.

use crate::frame::{self, BODY, SMALL, style};
use crate::input::Heading;
use crate::scene::{Circle, Group, Item, Polygon, Scene};
use crate::{text, theme};

/// Two arms of 100 people.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Icons {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// What happens to a filled figure: "respond within a day".
    pub event: String,
    /// The arms, control first or last as the caller likes; usually two.
    pub arms: Vec<IconArm>,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IconArm {
    /// "With midazolam".
    pub label: String,
    /// Probability of the event, 0 to 1.
    pub risk: f64,
    /// Its limits, 0 to 1: figures between them fade.
    pub limits: Option<(f64, f64)>,
    /// True for the treatment's colour, false for the control's grey.
    pub treated: bool,
}

/// Size of one figure's place.
const CELL: (f64, f64) = (24.0, 30.0);
/// Space between the arrays.
const GAP: f64 = 70.0;

/// Icon arrays side by side.
pub fn icons(input: &Icons) -> Scene {
    if input.arms.is_empty() {
        return frame::nothing(&input.heading, &[], 640.0);
    }
    let array = CELL.0 * 10.0;
    let count = input.arms.len().max(1) as f64;
    let width = array * count + GAP * (count - 1.0);
    let mut items: Vec<Item> = Vec::new();
    let heads: Vec<f64> = input
        .arms
        .iter()
        .enumerate()
        .map(|(index, arm)| {
            head(
                &mut items,
                input,
                arm,
                ((array + GAP) * index as f64, 0.0),
                array + GAP * 0.6,
            )
        })
        .collect();
    let top = heads.into_iter().fold(0.0, f64::max) + 8.0;
    for (index, arm) in input.arms.iter().enumerate() {
        items.push(people(input, arm, (array + GAP) * index as f64, top));
    }
    let bottom = top + CELL.1 * 10.0 + 4.0;
    let end = frame::paragraph(
        &mut items,
        &key(input),
        (0.0, bottom),
        width,
        &style(SMALL, "soft"),
    );
    input.heading.scene(width, end.ceil() + 4.0, items)
}

/// Icon arrays beneath each other, for a narrow page (358 px).
pub fn icons_narrow(input: &Icons) -> Scene {
    if input.arms.is_empty() {
        return frame::nothing(&input.heading, &[], 358.0);
    }
    let width = 358.0;
    let mut items: Vec<Item> = Vec::new();
    let mut y = 0.0;
    for arm in &input.arms {
        let top = head(&mut items, input, arm, (0.0, y), width) + 8.0;
        items.push(people(input, arm, 0.0, top));
        y = top + CELL.1 * 10.0 + 18.0;
    }
    let end = frame::paragraph(&mut items, &key(input), (0.0, y), width, &style(SMALL, "soft"));
    input.heading.scene(width, end.ceil() + 4.0, items)
}

fn class(arm: &IconArm) -> &'static str {
    if arm.treated { theme::hue(0) } else { theme::GREY }
}

/// Name, number and limits of one arm; returns where they end.
fn head(items: &mut Vec<Item>, input: &Icons, arm: &IconArm, at: (f64, f64), room: f64) -> f64 {
    let mut inside: Vec<Item> = Vec::new();
    let (x, y) = at;
    let mut end = frame::paragraph(&mut inside, &arm.label, (x, y), room, &style(BODY, "").bold());
    let number = format!("{} of 100", text::per_100(arm.risk));
    end = frame::paragraph(&mut inside, &number, (x, end), room, &style(24.0, "hue").bold());
    end = frame::paragraph(&mut inside, &input.event, (x, end), room, &style(BODY, ""));
    if let Some((lower, upper)) = limits(arm) {
        let text = format!("could be {} of 100", text::per_100_range(lower, upper));
        end = frame::paragraph(&mut inside, &text, (x, end), room, &style(SMALL, "soft"));
    }
    items.push(Group::new(class(arm), inside).into());
    end
}

fn limits(arm: &IconArm) -> Option<(f64, f64)> {
    arm.limits
        .filter(|(lower, upper)| 0.0 <= *lower && lower <= upper && *upper <= 1.0)
}

/// A hundred figures from the top left corner, row by row.
fn people(input: &Icons, arm: &IconArm, x: f64, y: f64) -> Item {
    let of_100 = |p: f64| (p.clamp(0.0, 1.0) * 100.0).round() as usize;
    let known = if arm.risk.is_finite() { of_100(arm.risk) } else { 0 };
    let (lower, upper) = limits(arm).map_or((known, known), |(lower, upper)| (of_100(lower), of_100(upper)));
    let mut items: Vec<Item> = Vec::new();
    for index in 0..100 {
        let left = x + CELL.0 * (index % 10) as f64 + CELL.0 / 2.0;
        let top = y + CELL.1 * (index / 10) as f64;
        let share = if index < lower {
            1.0
        } else if index < upper {
            1.0 - (index - lower) as f64 / (upper - lower) as f64 * 0.9
        } else {
            0.0
        };
        if share > 0.0 {
            let opacity = (share < 1.0).then_some(share);
            items.push(
                Group {
                    opacity,
                    items: person(left, top, "fill"),
                    ..Group::default()
                }
                .into(),
            );
        }
        let edge = if index < known { "thin" } else { "softthin" };
        items.extend(person(left, top, edge));
    }
    let title = format!(
        "{}: {} of 100 {}",
        arm.label,
        text::per_100(arm.risk),
        input.event
    );
    Group::new(class(arm), items).titled(title).into()
}

/// Head and body.
fn person(x: f64, y: f64, class: &'static str) -> Vec<Item> {
    let body = [
        (-6.0, 13.5),
        (-4.0, 11.5),
        (4.0, 11.5),
        (6.0, 13.5),
        (6.0, 22.0),
        (3.6, 22.0),
        (3.6, 27.0),
        (-3.6, 27.0),
        (-3.6, 22.0),
        (-6.0, 22.0),
    ];
    let points = body.into_iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
    vec![
        Circle::new(x, y + 5.8, 3.8, class).into(),
        Polygon { points, class }.into(),
    ]
}

/// How to read it.
fn key(input: &Icons) -> String {
    let fading = input.arms.iter().any(|arm| limits(arm).is_some());
    let fading = if fading {
        " Figures that fade lie between the lowest and highest number that fit the trials."
    } else {
        ""
    };
    format!(
        "Each figure is one person of 100, in the same order on both sides; filled: {}.{fading}",
        input.event
    )
}
