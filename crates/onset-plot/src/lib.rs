//! Figures: rows in, scene out, SVG from the scene; one place where a number becomes text.
