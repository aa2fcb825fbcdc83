//! A small reader of markup, enough to hold pages and pictures to their rules.

#![allow(dead_code)] // each test file uses some of it

/// One piece of markup.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Name, attributes, whether it closes itself.
    Open(String, Vec<(String, String)>, bool),
    Close(String),
    Text(String),
}

/// Splits markup into pieces. Fails on what is not well formed at this level.
pub fn pieces(markup: &str) -> Result<Vec<Piece>, String> {
    let mut out = Vec::new();
    let mut rest = markup;
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        if !text.is_empty() {
            out.push(Piece::Text(unescaped(text)?));
        }
        rest = &rest[start..];
        if rest.starts_with("<?") || rest.starts_with("<!") {
            rest = &rest[rest.find('>').ok_or("an open declaration")? + 1..];
            continue;
        }
        let end = tag_end(rest)?;
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        let piece = tag_piece(tag)?;
        // The content of these two is no markup.
        if let Piece::Open(name, _, false) = &piece
            && (name == "style" || name == "script")
        {
            let close = format!("</{name}>");
            let length = rest.find(&close).ok_or(format!("{name} is not closed"))?;
            out.push(piece);
            out.push(Piece::Text(rest[..length].to_owned()));
            rest = &rest[length..];
            continue;
        }
        out.push(piece);
    }
    Ok(out)
}

fn tag_end(rest: &str) -> Result<usize, String> {
    let mut quoted = false;
    for (i, letter) in rest.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '>' if !quoted => return Ok(i),
            '<' if i > 0 => return Err(format!("a tag in a tag: {:.80}", rest)),
            _ => {}
        }
    }
    Err("an open tag".to_owned())
}

fn tag_piece(tag: &str) -> Result<Piece, String> {
    if let Some(name) = tag.strip_prefix('/') {
        return Ok(Piece::Close(name.trim().to_owned()));
    }
    let closed = tag.ends_with('/');
    let tag = tag.trim_end_matches('/');
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let key = rest[..end].to_owned();
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix("=\"") {
            let end = after.find('"').ok_or("an open attribute")?;
            value = unescaped(&after[..end])?;
            rest = &after[end + 1..];
        }
        attributes.push((key, value));
    }
    Ok(Piece::Open(name.to_owned(), attributes, closed))
}

fn unescaped(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        let end = rest[start..]
            .find(';')
            .ok_or(format!("a bare ampersand: {rest:.40}"))?
            + start;
        out.push_str(match &rest[start + 1..end] {
            "lt" => "<",
            "gt" => ">",
            "amp" => "&",
            "quot" => "\"",
            "apos" | "#39" => "'",
            other => return Err(format!("an unknown entity: {other}")),
        });
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Fails unless every element is closed where it should be and no attribute stands twice.
pub fn well_formed(xml: &str) -> Result<(), String> {
    let mut open: Vec<String> = Vec::new();
    for piece in pieces(xml)? {
        match piece {
            Piece::Open(name, attributes, closed) => {
                let mut keys: Vec<&String> = attributes.iter().map(|(key, _)| key).collect();
                keys.sort();
                if keys.windows(2).any(|pair| pair[0] == pair[1]) {
                    return Err(format!("an attribute stands twice in {name}"));
                }
                if !closed {
                    open.push(name);
                }
            }
            Piece::Close(name) => {
                let last = open.pop();
                if last.as_ref() != Some(&name) {
                    return Err(format!("{name} closes {last:?}"));
                }
            }
            Piece::Text(text) => {
                if open.is_empty() && !text.trim().is_empty() {
                    return Err("text outside of the picture".to_owned());
                }
            }
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(format!("{open:?} stay open"))
    }
}

/// What a reader sees, a line a block; pictures, styles and scripts left away.
pub fn visible(html: &str) -> String {
    const BLOCKS: [&str; 14] = [
        "p",
        "li",
        "h1",
        "h2",
        "h3",
        "td",
        "th",
        "tr",
        "caption",
        "figcaption",
        "summary",
        "dt",
        "dd",
        "title",
    ];
    let mut hidden = 0;
    let mut out = String::new();
    for piece in pieces(html).unwrap() {
        match piece {
            Piece::Open(name, _, false) if ["svg", "style", "script"].contains(&name.as_str()) => hidden += 1,
            Piece::Close(name) if ["svg", "style", "script"].contains(&name.as_str()) => hidden -= 1,
            Piece::Close(name) if BLOCKS.contains(&name.as_str()) => out.push('\n'),
            Piece::Text(text) if hidden == 0 => out.push_str(&text),
            _ => {}
        }
    }
    out
}

/// The texts of a picture, without any white space: columns are set by position there.
pub fn drawn(svg: &str) -> String {
    let mut out = String::new();
    for piece in pieces(svg).unwrap() {
        if let Piece::Text(text) = piece {
            out.extend(text.chars().filter(|c| !c.is_whitespace()));
        }
    }
    out
}
