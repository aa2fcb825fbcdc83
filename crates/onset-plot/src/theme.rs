//! Colours and line widths: one style sheet for all figures, light and dark.
//!
//! Okabe-Ito hues. Every colour is declared twice, plainly and as a variable, so that programs without
//! variables draw the light theme. Text in a hue is darker (lighter at night) than marks in it: 4.5 to 1.

/// Hue classes in the order in which comparisons take them; the control's grey is [`GREY`].
pub(crate) const HUES: [&str; 6] = ["h0", "h1", "h2", "h3", "h4", "h5"];
/// The control's grey.
pub(crate) const GREY: &str = "hg";

/// The class of the n-th comparison.
pub(crate) fn hue(index: usize) -> &'static str {
    HUES.get(index % HUES.len()).copied().unwrap_or(GREY)
}

/// The style sheet: include it once in a page that shows inline figures. A page may set the variables
/// (`--onset-paper` and so on) on `svg.onset` to its own colours.
pub fn css() -> &'static str {
    CSS
}

const CSS: &str = r#"svg.onset{--onset-ink:#1a1a1a;--onset-soft:#595959;--onset-rule:#c4c4c4;--onset-paper:#fff;--onset-0:#0072b2;--onset-0t:#0069a5;--onset-1:#d55e00;--onset-1t:#a84a00;--onset-2:#009e73;--onset-2t:#00704f;--onset-3:#cc79a7;--onset-3t:#954370;--onset-4:#b87f00;--onset-4t:#805800;--onset-5:#3a93c8;--onset-5t:#1f6d9c;--onset-g:#707070;--onset-gt:#595959;font-family:"Helvetica Neue",Helvetica,Arial,"Liberation Sans",Arimo,Roboto,sans-serif;font-variant-numeric:tabular-nums lining-nums;max-width:100%;height:auto}
@media screen and (prefers-color-scheme:dark){svg.onset{--onset-ink:#e8e8e6;--onset-soft:#adadab;--onset-rule:#4d5154;--onset-paper:#15181b;--onset-0:#56b4e9;--onset-0t:#7cc5ee;--onset-1:#ee8434;--onset-1t:#f5a066;--onset-2:#22b58a;--onset-2t:#4fd0a9;--onset-3:#d98fb8;--onset-3t:#e5b0ce;--onset-4:#e69f00;--onset-4t:#f0b840;--onset-5:#8ccbef;--onset-5t:#a9d8f3;--onset-g:#9a9a98;--onset-gt:#b8b8b6}}
svg.onset text{fill:#1a1a1a;fill:var(--onset-ink);white-space:pre}
svg.onset text.soft{fill:#595959;fill:var(--onset-soft)}
svg.onset text.halo{paint-order:stroke;stroke:#fff;stroke:var(--onset-paper);stroke-width:4px;stroke-linejoin:round}
svg.onset text.onlight{fill:#111}
svg.onset .paper{fill:#fff;fill:var(--onset-paper)}
svg.onset .ink{fill:#1a1a1a;fill:var(--onset-ink)}
svg.onset .rule{fill:none;stroke:#c4c4c4;stroke:var(--onset-rule);stroke-width:1px}
svg.onset .axis{fill:none;stroke:#1a1a1a;stroke:var(--onset-ink);stroke-width:1px}
svg.onset .softline{fill:none;stroke:#595959;stroke:var(--onset-soft);stroke-width:1px}
svg.onset .dash{fill:none;stroke:#595959;stroke:var(--onset-soft);stroke-width:1px;stroke-dasharray:4 3}
svg.onset .dot{fill:none;stroke:#595959;stroke:var(--onset-soft);stroke-width:1px;stroke-dasharray:1.5 2.5}
svg.onset .hatch{fill:none;stroke:#595959;stroke:var(--onset-soft);stroke-width:.75px;stroke-opacity:.45}
svg.onset .contour1{fill:#595959;fill:var(--onset-soft);fill-opacity:.1}
svg.onset .contour2{fill:#595959;fill:var(--onset-soft);fill-opacity:.16}
svg.onset .h0{color:#0072b2;color:var(--onset-0)}svg.onset .h0 .hue{fill:#0069a5;fill:var(--onset-0t)}
svg.onset .h1{color:#d55e00;color:var(--onset-1)}svg.onset .h1 .hue{fill:#a84a00;fill:var(--onset-1t)}
svg.onset .h2{color:#009e73;color:var(--onset-2)}svg.onset .h2 .hue{fill:#00704f;fill:var(--onset-2t)}
svg.onset .h3{color:#cc79a7;color:var(--onset-3)}svg.onset .h3 .hue{fill:#954370;fill:var(--onset-3t)}
svg.onset .h4{color:#b87f00;color:var(--onset-4)}svg.onset .h4 .hue{fill:#805800;fill:var(--onset-4t)}
svg.onset .h5{color:#3a93c8;color:var(--onset-5)}svg.onset .h5 .hue{fill:#1f6d9c;fill:var(--onset-5t)}
svg.onset .hg{color:#707070;color:var(--onset-g)}svg.onset .hg .hue{fill:#595959;fill:var(--onset-gt)}
svg.onset .fill{fill:currentColor}
svg.onset .band{fill:currentColor;fill-opacity:.16}
svg.onset .tint{fill:currentColor;fill-opacity:.4}
svg.onset .thin{fill:none;stroke:currentColor;stroke-width:1px}
svg.onset .softthin{fill:none;stroke:#8a8a8a;stroke:var(--onset-g);stroke-width:.8px}
svg.onset .stroke{fill:none;stroke:currentColor;stroke-width:1.6px}
svg.onset .thick{fill:none;stroke:currentColor;stroke-width:2.4px}
svg.onset .open{fill:#fff;fill:var(--onset-paper);stroke:currentColor;stroke-width:1.2px}
svg.onset .edged{fill:currentColor;stroke:#fff;stroke:var(--onset-paper);stroke-width:1px}
svg.onset .low{fill:#3fb68f}svg.onset .unclear{fill:#f0b429}svg.onset .high{fill:#e8743b}
svg.onset .ring{fill:none;stroke:#595959;stroke:var(--onset-soft);stroke-width:1px;stroke-dasharray:2 2}
svg.onset .hit{fill:transparent}
svg.onset g[tabindex]:hover>.hit,svg.onset g[tabindex]:focus>.hit{fill:currentColor;fill-opacity:.09}
svg.onset g[tabindex]:focus{outline:none}svg.onset g[tabindex]:focus-visible>.hit{stroke:currentColor;stroke-width:1.5px}"#;
