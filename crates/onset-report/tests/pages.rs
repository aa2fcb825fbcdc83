//! The two pages: safe, whole, the same each time.

#![allow(clippy::unwrap_used)] // helpers of tests stand outside of #[test] functions

mod markup;
mod sample;

use markup::{Piece, pieces, visible, well_formed};
use onset_report::{bundle, figures, patient, report};
use onset_review::Answers;
use std::collections::BTreeSet;

fn pages(answers: &Answers) -> [(&'static str, String); 2] {
    [
        ("report.html", report::report(answers).unwrap()),
        ("patient.html", patient::patient(answers)),
    ]
}

#[test]
fn text_from_the_tables_is_inert() {
    for (page, html) in pages(&sample::answers()) {
        assert!(!html.contains("<script>alert"), "{page}");
        assert!(!html.contains("<img"), "{page}");
        for piece in pieces(&html).unwrap() {
            let Piece::Open(name, attributes, _) = piece else {
                continue;
            };
            for (key, value) in attributes {
                assert!(!key.starts_with("on"), "{page}: {name} has {key}");
                assert!(
                    !value.trim_start().to_lowercase().starts_with("javascript:"),
                    "{page}: {value}"
                );
            }
        }
    }
    let html = report::report(&sample::answers()).unwrap();
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for (page, html) in pages(&sample::answers()) {
        assert!(html.contains("Content-Security-Policy"), "{page}");
        assert!(!html.contains("url(") && !html.contains("@import"), "{page}");
        for piece in pieces(&html).unwrap() {
            let Piece::Open(name, attributes, _) = piece else {
                continue;
            };
            assert!(
                !["link", "iframe", "object", "embed", "img", "base", "form"].contains(&name.as_str()),
                "{page}"
            );
            for (key, value) in attributes {
                assert!(
                    key != "src" && key != "srcset" && key != "style",
                    "{page}: {name} has {key}"
                );
                if key == "href" && !value.starts_with('#') && !value.starts_with("data:") {
                    assert!(
                        name == "a" && value.starts_with("https://"),
                        "{page}: {name} leads to {value}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_link_inside_leads_somewhere_and_no_id_stands_twice() {
    for (page, html) in pages(&sample::answers()) {
        let (mut ids, mut links) = (BTreeSet::new(), BTreeSet::new());
        for piece in pieces(&html).unwrap() {
            let Piece::Open(_, attributes, _) = piece else {
                continue;
            };
            for (key, value) in attributes {
                if key == "id" {
                    assert!(ids.insert(value.clone()), "{page}: {value} stands twice");
                } else if key == "href" && value.starts_with('#') {
                    links.insert(value[1..].to_owned());
                }
            }
        }
        let dead: Vec<_> = links.difference(&ids).collect();
        assert!(dead.is_empty(), "{page}: {dead:?}");
    }
}

#[test]
fn no_number_is_nonsense() {
    for (page, html) in pages(&sample::answers()) {
        let seen = visible(&html);
        for word in ["NaN", "Infinity", "inf ", "None", "Some("] {
            assert!(!seen.contains(word), "{page} says {word}");
        }
        assert!(!seen.contains("not available"), "{page}");
    }
}

#[test]
fn the_same_answers_give_the_same_bytes() {
    let (one, two) = (sample::answers(), sample::answers());
    assert_eq!(bundle(&one, &[]).unwrap(), bundle(&two, &[]).unwrap());
}

#[test]
fn every_pool_is_on_the_page_also_without_a_result() {
    let answers = sample::answers();
    let html = report::report(&answers).unwrap();
    let seen = visible(&html);
    for pool in &answers.size.by {
        let anchor = format!("id=\"pool-{}\"", pool.id.replace('/', "-"));
        match &pool.why_not {
            None => assert!(html.contains(&anchor), "{}", pool.id),
            Some(why) => assert!(seen.contains(why.as_str()), "{}", pool.id),
        }
        for left in &pool.left_out {
            assert!(seen.contains(&left.reason), "{}", pool.id);
        }
    }
    let planned = answers.size.by.iter().filter(|p| p.estimate.is_none()).count();
    assert!(seen.contains(&format!(
        "{planned} of {} planned pools have no result",
        answers.size.by.len()
    )));
}

#[test]
fn six_answers_stand_at_the_top_and_only_filled_ones_have_a_section() {
    let answers = sample::answers();
    let html = report::report(&answers).unwrap();
    for name in ["speed", "size", "duration", "blinding", "comparison", "certainty"] {
        assert!(html.contains(&format!("id=\"answer-{name}\"")), "{name}");
    }
    for (name, there) in [
        ("speed", true),
        ("size", true),
        ("duration", true),
        ("comparison", true),
    ] {
        assert_eq!(html.contains(&format!("<section id=\"{name}\"")), there, "{name}");
    }
    for name in ["blinding", "certainty"] {
        assert!(!html.contains(&format!("<section id=\"{name}\"")), "{name}");
    }
    let seen = visible(&html);
    for said in [
        "Not a systematic search.",
        "Mean difference",
        "No number.",
        "Certainty has not been rated.",
    ] {
        assert!(seen.contains(said), "{said}");
    }
    assert!(html.contains(&answers.review.data_sha256));
}

#[test]
fn the_stamp_is_gone_after_a_systematic_search() {
    let mut answers = sample::answers();
    answers.review.systematic_search = true;
    let html = report::report(&answers).unwrap();
    assert!(!html.contains("Not a systematic search"));
    assert!(!patient::patient(&answers).contains("We did not search for every study"));
}

#[test]
fn an_empty_review_still_makes_both_pages() {
    let mut answers = sample::answers();
    answers.size.by.clear();
    answers.speed.course.clear();
    for answer in [&mut answers.size, &mut answers.speed, &mut answers.duration] {
        answer.pool = None;
        answer.estimate = None;
    }
    answers.durability = None;
    answers.evidence.studies.clear();
    answers.evidence.cells.clear();
    answers.evidence.published.clear();
    for (page, html) in pages(&answers) {
        assert!(visible(&html).len() > 200, "{page}");
        assert!(!html.contains("<svg"), "{page}");
    }
}

#[test]
fn every_figure_is_well_formed_and_says_its_finding() {
    let answers = sample::answers();
    let figures = figures::figures(&answers);
    let html = report::report(&answers).unwrap();
    let mut names = BTreeSet::new();
    for figure in &figures {
        assert!(names.insert(&figure.name), "{} stands twice", figure.name);
        for scene in [&figure.wide, &figure.narrow] {
            for svg in [scene.to_svg(), scene.to_inline()] {
                well_formed(&svg).unwrap_or_else(|e| panic!("{}: {e}", figure.name));
                assert!(!svg.contains("NaN"), "{}", figure.name);
            }
            assert!(scene.desc.len() > scene.title.len(), "{}", figure.name);
        }
        assert!(
            html.contains(&format!("id=\"figure-{}\"", figure.name)),
            "{} is not on the page",
            figure.name
        );
    }
    let forests = answers
        .size
        .by
        .iter()
        .filter(|pool| pool.estimate.is_some())
        .count();
    assert_eq!(
        figures.iter().filter(|f| f.name.starts_with("forest-")).count(),
        forests
    );
}

#[test]
fn downloads_in_the_page_are_the_files_of_the_bundle() {
    let answers = sample::answers();
    let bundle = bundle(&answers, &[]).unwrap();
    let html = String::from_utf8(bundle.files["report.html"].clone()).unwrap();
    let (mut svg, mut csv) = (BTreeSet::new(), BTreeSet::new());
    for piece in pieces(&html).unwrap() {
        let Piece::Open(_, attributes, _) = piece else {
            continue;
        };
        let of = |name: &str| {
            attributes
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        let (Some(file), Some(address)) = (of("download"), of("href")) else {
            continue;
        };
        let bytes = decoded(address.split_once(";base64,").unwrap().1);
        if file.ends_with(".svg") {
            assert_eq!(bytes, bundle.files[&format!("figures/{file}")], "{file}");
            svg.insert(file.to_owned());
        } else if file.ends_with(".csv") {
            assert_eq!(bytes, bundle.files[&format!("tables/{file}")], "{file}");
            csv.insert(file.to_owned());
        }
    }
    assert_eq!(
        svg.len(),
        bundle
            .files
            .keys()
            .filter(|name| name.starts_with("figures/"))
            .count()
    );
    assert_eq!(
        csv.len(),
        bundle
            .files
            .keys()
            .filter(|name| name.starts_with("tables/"))
            .count()
    );
}

fn decoded(base64: &str) -> Vec<u8> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = base64
        .trim_end_matches('=')
        .chars()
        .map(|c| LETTERS.find(c).unwrap() as u8)
        .collect();
    let joined = bits
        .iter()
        .flat_map(|six| (0..6).rev().map(move |i| six >> i & 1))
        .collect::<Vec<u8>>();
    joined
        .chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit))
        .collect()
}
