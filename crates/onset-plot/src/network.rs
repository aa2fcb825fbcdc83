//! A network of treatments: nodes by people, lines by trials; separate parts in colours of their own.

use crate::frame::{self, SMALL, style};
use crate::input::Heading;
use crate::metrics;
use crate::scene::{Circle, Group, Item, Line, Polygon, Scene, Text};
use crate::{text, theme};

/// The graph.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NetworkGraph {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// Treatments; those of one part stand side by side.
    pub nodes: Vec<GraphNode>,
    /// Direct comparisons.
    pub edges: Vec<GraphEdge>,
    /// Printed beneath: that windows were joined although they differ.
    pub stamp: String,
}

/// A treatment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GraphNode {
    /// Name.
    pub label: String,
    /// People given it; 0 where nobody says, and if nobody does for any treatment trials are drawn instead.
    pub people: u64,
    /// Trials with it.
    pub trials: usize,
    /// Number of its part, from 0.
    pub part: usize,
}

/// A direct comparison.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GraphEdge {
    /// Position of one node.
    pub a: usize,
    /// Position of the other.
    pub b: usize,
    /// Trials that compare them.
    pub trials: usize,
    /// People in them.
    pub people: u64,
}

/// The figure, 700 px wide: names at both sides.
pub fn network_graph(input: &NetworkGraph) -> Scene {
    draw(input, 700.0, true)
}

/// The figure for a narrow page (358 px): numbers at the nodes, names beneath.
pub fn network_graph_narrow(input: &NetworkGraph) -> Scene {
    draw(input, 358.0, false)
}

const LARGEST: f64 = 24.0;
const SMALLEST: f64 = 5.0;
const WIDEST: f64 = 9.0;
/// Half of the room that the number of trials on a line takes.
const BADGE: f64 = 9.0;
const LINE: f64 = 15.0;
/// Where on a line its number may stand, the preferred place first.
const PLACES: [f64; 9] = [0.5, 0.42, 0.58, 0.35, 0.65, 0.28, 0.72, 0.22, 0.78];

struct Place {
    x: f64,
    y: f64,
    r: f64,
}

fn draw(input: &NetworkGraph, width: f64, wide: bool) -> Scene {
    let n = input.nodes.len();
    if n == 0 {
        return frame::nothing(&input.heading, &[], width);
    }
    let (rx, ry) = if wide {
        (150.0, 60.0 + 14.0 * n.min(10) as f64)
    } else {
        (112.0, 100.0)
    };
    let centre = (width / 2.0, ry + LARGEST + if wide { 14.0 } else { 26.0 });
    let most = input
        .nodes
        .iter()
        .map(|node| size(input, node))
        .max()
        .unwrap_or(1)
        .max(1) as f64;
    let places: Vec<Place> = input
        .nodes
        .iter()
        .enumerate()
        .map(|(i, node)| {
            let angle = std::f64::consts::TAU * ((i as f64 + 0.5) / n as f64 - 0.25);
            Place {
                x: centre.0 + rx * angle.cos(),
                y: centre.1 + ry * angle.sin(),
                r: (LARGEST * (size(input, node) as f64 / most).sqrt()).max(SMALLEST),
            }
        })
        .collect();
    let mut items: Vec<Item> = Vec::new();
    lines(&mut items, input, &places);
    for (node, place) in input.nodes.iter().zip(&places) {
        let mut title = format!("{}: {}", node.label, text::trials(node.trials));
        if node.people > 0 {
            title.push_str(&format!(", {}", text::people(node.people)));
        }
        let circle = Circle::new(place.x, place.y, place.r, "edged").into();
        items.push(
            Group::new(theme::hue(node.part), vec![circle])
                .titled(title)
                .into(),
        );
    }
    let mut bottom = centre.1 + ry + LARGEST + 8.0;
    if wide {
        bottom = bottom.max(names(&mut items, input, &places, (width, centre.0, rx)));
    } else {
        numbers(&mut items, &places, centre);
        bottom += 18.0;
        for (i, node) in input.nodes.iter().enumerate() {
            let line = format!("{}  {}: {}", i + 1, node.label, amount(input, node));
            bottom = frame::paragraph(&mut items, &line, (0.0, bottom), width, &style(SMALL, ""));
        }
    }
    let what = if counted(input) {
        "people given that treatment"
    } else {
        "trials with that treatment"
    };
    let mut key = format!(
        "A circle's area is the number of {what}; a line's width and its number are the trials that compare two \
         treatments directly."
    );
    if input.nodes.iter().any(|node| node.part > 0) {
        key.push_str(" Colours: parts that no trial connects.");
    }
    bottom = frame::paragraph(
        &mut items,
        &key,
        (0.0, bottom + 6.0),
        width,
        &style(SMALL, "soft"),
    );
    bottom = frame::paragraph(
        &mut items,
        &input.stamp,
        (0.0, bottom + 2.0),
        width,
        &style(SMALL, ""),
    );
    input.heading.scene(width, bottom.ceil() + 4.0, items)
}

/// Whether people are known.
fn counted(input: &NetworkGraph) -> bool {
    input.nodes.iter().any(|node| node.people > 0)
}

/// What a circle's area stands for.
fn size(input: &NetworkGraph, node: &GraphNode) -> u64 {
    if counted(input) {
        node.people
    } else {
        node.trials as u64
    }
}

fn amount(input: &NetworkGraph, node: &GraphNode) -> String {
    if counted(input) {
        text::people(node.people)
    } else {
        text::trials(node.trials)
    }
}

/// Direct comparisons, then how many trials each has.
fn lines(items: &mut Vec<Item>, input: &NetworkGraph, places: &[Place]) {
    let most = input
        .edges
        .iter()
        .map(|edge| edge.trials)
        .max()
        .unwrap_or(1)
        .max(1) as f64;
    let ends = |edge: &GraphEdge| Some((places.get(edge.a)?, places.get(edge.b)?));
    for edge in &input.edges {
        let Some((a, b)) = ends(edge) else { continue };
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let length = dx.hypot(dy).max(1.0);
        let half = 0.5 * (WIDEST * edge.trials as f64 / most).max(1.4);
        let (ox, oy) = (-dy / length * half, dx / length * half);
        let band = Polygon {
            points: vec![
                (a.x + ox, a.y + oy),
                (b.x + ox, b.y + oy),
                (b.x - ox, b.y - oy),
                (a.x - ox, a.y - oy),
            ],
            class: "tint",
        };
        let names = (input.nodes.get(edge.a), input.nodes.get(edge.b));
        let mut title = format!(
            "{} v {}: {}",
            names.0.map_or("", |node| node.label.as_str()),
            names.1.map_or("", |node| node.label.as_str()),
            text::trials(edge.trials)
        );
        if edge.people > 0 {
            title.push_str(&format!(", {}", text::people(edge.people)));
        }
        items.push(Group::new(theme::GREY, vec![band.into()]).titled(title).into());
    }
    let mut taken: Vec<(f64, f64, f64)> = places.iter().map(|p| (p.x, p.y, p.r)).collect();
    for edge in &input.edges {
        let Some((a, b)) = ends(edge) else { continue };
        let at = |t: f64| (a.x + t * (b.x - a.x), a.y + t * (b.y - a.y));
        let free = |&(x, y): &(f64, f64)| taken.iter().all(|o| (x - o.0).hypot(y - o.1) > o.2 + BADGE + 1.0);
        let Some((x, y)) = PLACES.into_iter().map(at).find(free) else {
            continue;
        };
        taken.push((x, y, BADGE));
        let badge = Circle::new(x, y, BADGE, "paper");
        items.push(badge.into());
        items.push(
            Text::new(x, y + 4.0, SMALL, text::count(edge.trials as u64))
                .middle()
                .into(),
        );
    }
}

/// Names in a column at each side, joined to their nodes by a hairline. Returns where they end.
fn names(
    items: &mut Vec<Item>,
    input: &NetworkGraph,
    places: &[Place],
    (width, middle, rx): (f64, f64, f64),
) -> f64 {
    let mut end: f64 = 0.0;
    for right in [true, false] {
        let x = if right {
            middle + rx + LARGEST + 16.0
        } else {
            middle - rx - LARGEST - 16.0
        };
        let room = if right { width - x } else { x };
        let mut mine: Vec<usize> = (0..places.len())
            .filter(|&i| (places[i].x >= middle - 1e-6) == right)
            .collect();
        mine.sort_by(|&i, &j| places[i].y.total_cmp(&places[j].y));
        let mut taken: f64 = 0.0;
        for i in mine {
            let (node, place) = (&input.nodes[i], &places[i]);
            let mut words = metrics::wrap(&node.label, SMALL, true, room);
            let bold = words.len();
            words.push(amount(input, node));
            let height = words.len() as f64 * LINE;
            let top = (place.y - height / 2.0).max(taken);
            taken = top + height + 5.0;
            end = end.max(taken);
            let side = if right { 1.0 } else { -1.0 };
            items.push(
                Line::new(
                    place.x + side * place.r,
                    place.y,
                    x - side * 4.0,
                    top + LINE * 0.6,
                    "rule",
                )
                .into(),
            );
            for (number, word) in words.into_iter().enumerate() {
                let mut line = Text::new(x, top + LINE * (number as f64 + 0.8), SMALL, word);
                if !right {
                    line = line.end();
                }
                items.push(if number < bold { line.bold() } else { line.soft() }.into());
            }
        }
    }
    end
}

/// A number outside each node.
fn numbers(items: &mut Vec<Item>, places: &[Place], centre: (f64, f64)) {
    for (i, place) in places.iter().enumerate() {
        let (dx, dy) = (place.x - centre.0, place.y - centre.1);
        let length = dx.hypot(dy).max(1.0);
        let out = place.r + 10.0;
        let (x, y) = (place.x + dx / length * out, place.y + dy / length * out);
        items.push(
            Text::new(x, y + 4.0, SMALL, (i + 1).to_string())
                .bold()
                .middle()
                .into(),
        );
    }
}
