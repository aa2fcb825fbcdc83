//! What holds for every figure: all studies are there, no text touches another, nothing leaves the picture,
//! no mark-up gets in, nothing but numbers stands where numbers belong.

mod samples;

use onset_plot::forest::{Arm, Columns, Forest, Mean, Row};
use onset_plot::scene::{Group, Item, SMALLEST};
use onset_plot::{Interval, Scene};

/// Boxes that overlap by less than this are rounding, in pixels.
const TOUCH: f64 = 0.5;

/// Every sample, and forests of 1, 2, 13, 75 and 200 studies in all kinds of columns.
fn all() -> Vec<(String, Scene)> {
    let mut out: Vec<(String, Scene)> = Vec::new();
    for (name, wide, narrow) in samples::scenes() {
        out.push((name.to_owned(), wide));
        out.push((format!("{name}-narrow"), narrow));
    }
    for k in [1, 2, 13, 75, 200] {
        for columns in [Columns::MeanSd, Columns::Events, Columns::Numbers, Columns::None] {
            let input = Forest {
                columns,
                ..samples::many(k)
            };
            out.push((format!("{k} studies {columns:?}"), onset_plot::forest(&input)));
            out.push((
                format!("{k} studies {columns:?} narrow"),
                onset_plot::forest_narrow(&input),
            ));
        }
    }
    out
}

#[test]
fn no_text_touches_another() {
    for (name, scene) in all() {
        let mut boxes: Vec<([f64; 4], String)> = Vec::new();
        for text in scene.texts() {
            let words = text.spans.iter().map(|(_, part)| part.trim().to_owned());
            boxes.extend(
                text.boxes()
                    .into_iter()
                    .zip(words)
                    .filter(|(_, word)| !word.is_empty()),
            );
        }
        boxes.sort_by(|a, b| a.0[1].total_cmp(&b.0[1]));
        for (index, (a, one)) in boxes.iter().enumerate() {
            let below = boxes[index + 1..].iter().take_while(|(b, _)| b[1] < a[3] - TOUCH);
            for (b, other) in below {
                let wide = f64::min(a[2], b[2]) - f64::max(a[0], b[0]);
                let high = f64::min(a[3], b[3]) - f64::max(a[1], b[1]);
                assert!(
                    wide < TOUCH || high < TOUCH,
                    "{name}: {one:?} {a:?} touches {other:?} {b:?}"
                );
            }
        }
    }
}

#[test]
fn no_text_leaves_the_picture_or_is_too_small() {
    for (name, scene) in all() {
        for text in scene.texts() {
            assert!(
                text.size >= SMALLEST,
                "{name}: {:?} has {} px",
                text.spans,
                text.size
            );
            for [left, top, right, bottom] in text.boxes() {
                let inside = left >= -TOUCH
                    && right <= scene.width + TOUCH
                    && top >= -2.0
                    && bottom <= scene.height + TOUCH;
                assert!(
                    inside,
                    "{name}: {:?} at {left} {top} {right} {bottom} of {} x {}",
                    text.spans, scene.width, scene.height
                );
            }
        }
    }
}

#[test]
fn narrow_figures_fit_a_phone_and_wide_ones_a_page() {
    for (name, scene) in all() {
        let most = if name.ends_with("narrow") { 358.0 } else { 1100.0 };
        assert!(scene.width <= most, "{name} is {} wide", scene.width);
        assert!(scene.narrowest() <= scene.width);
    }
}

fn groups<'a>(items: &'a [Item], out: &mut Vec<&'a Group>) {
    for item in items {
        if let Item::Group(group) = item {
            out.push(group);
            groups(&group.items, out);
        }
    }
}

/// The letters of a name without its spaces, since a name may run over several lines.
fn letters(scene_items: &[Item]) -> String {
    let scene = Scene {
        items: scene_items.to_vec(),
        ..Scene::default()
    };
    let texts = scene
        .texts()
        .into_iter()
        .flat_map(|text| text.spans.iter().map(|(_, part)| part.clone()));
    texts.collect::<String>().replace(' ', "")
}

#[test]
fn every_study_is_there_with_its_name_its_numbers_and_its_rows() {
    let input = samples::many(200);
    for scene in [onset_plot::forest(&input), onset_plot::forest_narrow(&input)] {
        let mut found = Vec::new();
        groups(&scene.items, &mut found);
        let svg = scene.to_inline();
        let rows = input.blocks.iter().flat_map(|block| &block.rows);
        let mut count = 0;
        for row in rows {
            let group = found
                .iter()
                .find(|group| group.key == row.key)
                .expect("a group for each study");
            assert!(
                letters(&group.items).contains(&row.label.replace(' ', "")),
                "{}",
                row.label
            );
            assert!(group.title.starts_with(&row.label) && group.focusable);
            assert_eq!(group.rows, row.rows);
            assert!(svg.contains(&format!("data-key=\"{}\"", row.key)));
            if let Some(effect) = row.effect {
                let text =
                    onset_plot::text::cell(effect.value, effect.lower, effect.upper, input.effect.scale);
                assert!(letters(&group.items).contains(&text.replace(' ', "")), "{text}");
            }
            count += 1;
        }
        assert_eq!(count, 200);
    }
}

#[test]
fn names_stay_text() {
    for (name, scene) in all() {
        for svg in [scene.to_svg(), scene.to_inline()] {
            assert!(!svg.contains("<script"), "{name}");
            assert!(!svg.contains("& "), "{name}");
        }
    }
    assert!(
        onset_plot::forest(&samples::many(40))
            .to_svg()
            .contains("&lt;script&gt;")
    );
}

#[test]
fn tags_close_in_the_order_they_open() {
    for (name, scene) in all() {
        let svg = scene.to_svg();
        let mut open: Vec<&str> = Vec::new();
        for tag in svg.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap_or_default();
            let word = tag
                .trim_start_matches('/')
                .split([' ', '/'])
                .next()
                .unwrap_or_default();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(word), "{name}");
            } else if !tag.ends_with('/') && !tag.starts_with('?') {
                open.push(word);
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
    }
}

#[test]
fn what_is_not_a_number_is_never_drawn() {
    let bad = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        -1.0,
        1e300,
        5e-324,
    ];
    for a in bad {
        for b in bad {
            for c in bad {
                for scene in hostile(a, b, c) {
                    let svg = scene.to_svg();
                    assert!(
                        !svg.contains("NaN") && !svg.contains("inf\"") && !svg.contains("inf "),
                        "{a} {b} {c}"
                    );
                    assert!(scene.width.is_finite() && scene.height.is_finite() && scene.height < 1e5);
                    assert!(svg.len() < 1_000_000);
                }
            }
        }
    }
}

/// Every figure with three impossible numbers in it.
fn hostile(a: f64, b: f64, c: f64) -> Vec<Scene> {
    let mut out = Vec::new();
    let interval = Interval::new(a, b, c);
    for ratio in [false, true] {
        let mut forest = if ratio {
            samples::response()
        } else {
            samples::madrs()
        };
        let row = Row {
            effect: Some(interval),
            weight: Some(c),
            treatment: Arm {
                mean: Some(a),
                sd: Some(b),
                ..Arm::default()
            },
            ..Row::default()
        };
        forest.blocks[0].rows.push(row);
        forest.means.push(Mean {
            effect: Some(interval),
            prediction: Some((b, c)),
            ..Mean::default()
        });
        out.extend([onset_plot::forest(&forest), onset_plot::forest_narrow(&forest)]);
        let mut funnel = if ratio {
            samples::funnel_ratio()
        } else {
            samples::funnel()
        };
        funnel.points[0].effect = a;
        funnel.points[0].se = b;
        funnel.pooled = Some(c);
        out.push(onset_plot::funnel(&funnel));
        let mut windows = if ratio {
            samples::windows_ratio()
        } else {
            samples::windows()
        };
        windows.series[0].points[0].estimate = Some(interval);
        windows.series[0].points[1].information = Some(a);
        windows.series[0].points[1].when = onset_plot::windows::When::Hours {
            from: a,
            to: b,
            target: c,
        };
        out.extend([
            onset_plot::windows(&windows),
            onset_plot::windows_narrow(&windows),
        ]);
    }
    let mut cohorts = samples::cohorts();
    cohorts.studies[0].mean_age = Some(a);
    cohorts.studies[0].pct_female = Some(b);
    out.push(onset_plot::cohorts(&cohorts));
    let mut icons = samples::icons();
    icons.arms[0].risk = a;
    icons.arms[1].limits = Some((b, c));
    out.push(onset_plot::icons(&icons));
    out
}

#[test]
fn nothing_to_draw_is_said() {
    use onset_plot::{cohorts, forest, funnel, icons, risk_of_bias, windows};
    let scenes = [
        forest(&Default::default()),
        windows(&Default::default()),
        cohorts(&Default::default()),
        risk_of_bias(&Default::default()),
        icons(&Default::default()),
        funnel(&Default::default()),
    ];
    for scene in scenes {
        assert!(scene.to_svg().contains("No randomised evidence."));
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for ((_, one), (_, other)) in all().into_iter().zip(all()) {
        assert_eq!(one.to_svg(), other.to_svg());
    }
}
