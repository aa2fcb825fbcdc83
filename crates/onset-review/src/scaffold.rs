//! A small review to start from: every default written out, made-up trials that run at once.

/// The files of a new review, name and text. Every trial in them is marked as an example.
///
/// ```
/// let names: Vec<&str> = onset_review::scaffold::FILES.iter().map(|(name, _)| *name).collect();
/// assert!(names.contains(&"review.toml") && names.contains(&"observations.csv"));
/// ```
pub const FILES: [(&str, &str); 12] = [
    ("review.toml", include_str!("../scaffold/review.toml")),
    ("studies.csv", include_str!("../scaffold/studies.csv")),
    ("arms.csv", include_str!("../scaffold/arms.csv")),
    ("observations.csv", include_str!("../scaffold/observations.csv")),
    ("contrasts.csv", include_str!("../scaffold/contrasts.csv")),
    ("risk_of_bias.csv", include_str!("../scaffold/risk_of_bias.csv")),
    ("blinding.csv", include_str!("../scaffold/blinding.csv")),
    ("durability.csv", include_str!("../scaffold/durability.csv")),
    ("harms.csv", include_str!("../scaffold/harms.csv")),
    ("costs.csv", include_str!("../scaffold/costs.csv")),
    ("sources.csv", include_str!("../scaffold/sources.csv")),
    ("published.csv", include_str!("../scaffold/published.csv")),
];
