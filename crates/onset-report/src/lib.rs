//! Reports: clinician and patient HTML, tables, JSON.
