//! Labels of a protocol inside sentences.

/// First letter lower case, unless the word is an abbreviation ("MADRS") or a single letter.
pub(crate) fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

/// "at 24 hours", "in the first 6 hours", "at the end of a course".
pub(crate) fn at_window(label: &str) -> String {
    let label = lower_first(label);
    if label.starts_with("first ") {
        format!("in the {label}")
    } else if label.starts_with("end ") {
        format!("at the {label}")
    } else {
        format!("at {label}")
    }
}

/// "24 hours", "the first 6 hours", "the end of a course": a window as a noun.
pub(crate) fn window(label: &str) -> String {
    let label = lower_first(label);
    if label.starts_with("first ") || label.starts_with("end ") {
        format!("the {label}")
    } else {
        label
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_read_as_one_would_say_them() {
        assert_eq!(at_window("24 hours"), "at 24 hours");
        assert_eq!(at_window("First 6 hours"), "in the first 6 hours");
        assert_eq!(at_window("End of a course"), "at the end of a course");
        assert_eq!(window("First 6 hours"), "the first 6 hours");
        assert_eq!(lower_first("MADRS score"), "MADRS score");
    }
}
