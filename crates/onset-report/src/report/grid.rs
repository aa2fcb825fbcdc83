//! Tables as HTML.

use maud::{Markup, html};

/// A table: text columns at the left, number columns at the right.
pub(crate) struct Grid {
    caption: String,
    columns: Vec<(&'static str, bool)>,
    groups: Vec<(String, Vec<Vec<Markup>>)>,
}

/// A column of text.
pub(crate) fn words(name: &'static str) -> (&'static str, bool) {
    (name, false)
}

/// A column of numbers.
pub(crate) fn number(name: &'static str) -> (&'static str, bool) {
    (name, true)
}

impl Grid {
    pub(crate) fn new(
        caption: impl Into<String>,
        columns: impl IntoIterator<Item = (&'static str, bool)>,
    ) -> Grid {
        Grid {
            caption: caption.into(),
            columns: columns.into_iter().collect(),
            groups: vec![(String::new(), Vec::new())],
        }
    }

    /// Begins a group of rows under a heading of its own.
    pub(crate) fn group(&mut self, heading: impl Into<String>) {
        self.groups.push((heading.into(), Vec::new()));
    }

    /// Adds a row; its first cell is its header.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Markup>) {
        if let Some((_, rows)) = self.groups.last_mut() {
            rows.push(cells.into_iter().collect());
        }
    }

    /// Adds a remark to the row before, across all columns.
    pub(crate) fn remark(&mut self, text: Markup) {
        if let Some((_, rows)) = self.groups.last_mut() {
            rows.push(vec![text]);
        }
    }

    /// The table, in a box that scrolls sideways where the page is narrow.
    pub(crate) fn markup(&self) -> Markup {
        let filled = self.groups.iter().filter(|(_, rows)| !rows.is_empty());
        html! {
            div.scroll tabindex="0" role="region" aria-label=(self.caption) {
                table {
                    caption { (self.caption) }
                    thead { tr { @for (name, numeric) in &self.columns {
                        th scope="col" class=[numeric.then_some("num")] { (name) }
                    } } }
                    @for (heading, rows) in filled {
                        tbody {
                            @if !heading.is_empty() {
                                tr.group { th scope="rowgroup" colspan=(self.columns.len()) { span { (heading) } } }
                            }
                            @for row in rows { (self.line(row)) }
                        }
                    }
                }
            }
        }
    }

    fn line(&self, row: &[Markup]) -> Markup {
        if let [remark] = row {
            return html! { tr.remarked { td colspan=(self.columns.len()) { span { (remark) } } } };
        }
        let last = row.len().saturating_sub(1);
        let missing = self.columns.len().saturating_sub(row.len());
        html! {
            tr { @for (i, cell) in row.iter().enumerate() {
                @let numeric = self.columns.get(i).is_some_and(|c| c.1);
                @if i == 0 {
                    th scope="row" class=[numeric.then_some("num")] { (cell) }
                } @else if i == last && missing > 0 {
                    td.said colspan=(missing + 1) { span { (cell) } }
                } @else {
                    td class=[numeric.then_some("num")] { (cell) }
                }
            } }
        }
    }
}
