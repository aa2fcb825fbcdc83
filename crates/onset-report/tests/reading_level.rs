//! The patient page reads at about a twelve-year-old's level.

#![allow(clippy::unwrap_used)] // helpers of tests stand outside of #[test] functions

mod markup;
mod sample;

use markup::visible;
use onset_report::patient;

/// Flesch-Kincaid grade 8 is a reader of 13; drug names of four syllables, which no plain word replaces,
/// take about one grade of it.
const HIGHEST_GRADE: f64 = 8.0;

/// Groups of vowels, a silent e taken off.
fn syllables(word: &str) -> usize {
    let word = word.to_lowercase();
    let letters: Vec<char> = word.chars().filter(|c| c.is_alphabetic()).collect();
    let vowel = |c: char| "aeiouy".contains(c);
    let groups = letters
        .iter()
        .enumerate()
        .filter(|(i, c)| vowel(**c) && (*i == 0 || !vowel(letters[i - 1])))
        .count();
    let silent = word.ends_with('e') && !word.ends_with("le") && groups > 1;
    (groups - usize::from(silent)).max(1)
}

/// 0.39 words / sentence + 11.8 syllables / word - 15.59 (Kincaid 1975).
fn grade(text: &str) -> f64 {
    let (mut sentences, mut words, mut sounds) = (0, 0, 0);
    for sentence in text.split(['.', '!', '?', ':', '\n']) {
        let mine: Vec<&str> = sentence
            .split_whitespace()
            .filter(|w| w.chars().any(char::is_alphabetic))
            .collect();
        if mine.is_empty() {
            continue;
        }
        sentences += 1;
        words += mine.len();
        sounds += mine.iter().map(|word| syllables(word)).sum::<usize>();
    }
    0.39 * words as f64 / sentences as f64 + 11.8 * sounds as f64 / words as f64 - 15.59
}

#[test]
fn the_measure_knows_plain_from_learned() {
    assert!(grade("The cat sat on the mat. It was a big cat.") < 2.0);
    assert!(
        grade(
            "Heterogeneity of intervention effects necessitates cautious interpretation of pooled estimates."
        ) > 15.0
    );
    assert_eq!(syllables("ketamine"), 3);
    assert_eq!(syllables("people"), 2);
}

#[test]
fn the_page_is_plain() {
    let seen = visible(&patient::patient(&sample::answers()));
    let found = grade(&seen);
    assert!(found <= HIGHEST_GRADE, "grade {found:.1}:\n{seen}");
    println!("grade {found:.1}");
}

#[test]
fn no_sentence_is_long() {
    let mut answers = sample::answers();
    answers.review.title = "Title".to_owned();
    answers.review.question = "Question?".to_owned();
    let seen = visible(&patient::patient(&answers));
    for sentence in seen.split(['.', '!', '?', ':', '\n']) {
        let words = sentence.split_whitespace().count();
        assert!(words <= 24, "{words} words: {sentence}");
    }
}

#[test]
fn it_says_what_it_is_not_and_what_is_not_known() {
    let seen = visible(&patient::patient(&sample::answers()));
    assert_eq!(seen.matches("This is not medical advice.").count(), 2);
    assert_eq!(seen.matches("What we do not know").count(), 6);
    assert!(seen.contains("We have not rated how sure this is yet."));
    for word in ["should take", "recommend", "best choice", "proven", "safe"] {
        assert!(!seen.contains(word), "{word}");
    }
}

#[test]
fn both_arms_have_the_same_denominator() {
    let seen = visible(&patient::patient(&sample::answers()));
    let midazolam = seen.matches("Out of 100 people given midazolam").count();
    assert!(midazolam > 0);
    assert_eq!(
        midazolam,
        seen.matches("Out of 100 people given ketamine").count()
    );
}
