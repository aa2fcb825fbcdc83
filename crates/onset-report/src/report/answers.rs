//! The top of the page: the question, the six answers, where they come from.

use super::{Context, Section};
use crate::words;
use maud::{Markup, html};
use onset_review::answers::{Answer, ReviewInfo};

/// Title, question, version, and the stamp.
pub(super) fn header(context: &Context<'_>) -> Markup {
    let review = &context.answers.review;
    html! {
        header {
            h1 { (review.title) }
            p.question { (review.question) }
            (stamp(review))
        }
    }
}

/// The six answers in one sentence and one number each.
pub(super) fn six(context: &Context<'_>, sections: &[Section]) -> Markup {
    html! {
        section.answers id="answers" {
            h2 { "The six answers" }
            dl {
                @for (name, answer) in words::six(context.answers) {
                    @let linked = sections.iter().any(|section| section.anchor == name);
                    div.answer id=(format!("answer-{name}")) {
                        dt {
                            @if linked { a href=(format!("#{name}")) { (answer.question) } }
                            @else { (answer.question) }
                        }
                        dd { (said(answer)) }
                    }
                }
            }
            (super::parts::notes(&context.answers.warnings))
        }
    }
}

/// Version, hash, and how the evidence was found.
fn stamp(review: &ReviewInfo) -> Markup {
    html! {
        p.version {
            "Review version " (review.version) " · data "
            code title=(format!("SHA-256 of all tables: {}", review.data_sha256)) {
                (words::short_hash(&review.data_sha256))
            }
            " · protocol "
            code title=(format!("SHA-256 of review.toml: {}", review.protocol_sha256)) {
                (words::short_hash(&review.protocol_sha256))
            }
            " · onset " (review.onset_version)
        }
        @if !review.systematic_search {
            p.stamp {
                strong { "Not a systematic search." }
                @if !review.search.is_empty() { " " (review.search) }
            }
        } @else if !review.search.is_empty() {
            p.search { (review.search) }
        }
    }
}

/// One sentence and one number, or why there is none.
fn said(answer: &Answer) -> Markup {
    html! {
        @if let Some(found) = &answer.estimate {
            p.number {
                (words::estimate(found))
                span.weight { " " (words::weight_of(answer.k, answer.n)) "; " (found.model) }
            }
        }
        @if !answer.sentence.is_empty() { p { (answer.sentence) } }
        @if answer.estimate.is_none() {
            @if let Some(why) = &answer.why_not {
                @if *why != answer.sentence { p.why { strong { "No number. " } (why) } }
            }
        }
        @if answer.estimate.is_none() && answer.why_not.is_none() && answer.sentence.is_empty() {
            p.why { "Not answered by this review." }
        }
    }
}
