use super::*;

fn refused(bytes: &[u8]) -> Diagnostic {
    Table::parse("t.csv", bytes).unwrap_err()
}

fn code_and_line(bytes: &[u8]) -> (String, Option<u64>) {
    let d = refused(bytes);
    assert_eq!(d.file.as_deref(), Some("t.csv"));
    (d.code, d.line)
}

fn texts(table: &Table, name: &str) -> Vec<String> {
    table.column(name).unwrap().cells().map(str::to_owned).collect()
}

#[test]
fn accepts_bom_crlf_blanks_and_quotes() {
    let bytes = b"\xEF\xBB\xBFstudy , yi \r\n\"A, \"\"x\"\"\",1 \r\n B ,\"2\"\r\n\r\n  \r\n";
    let table = Table::parse("t.csv", bytes).unwrap();
    assert_eq!(table.headers(), ["study", "yi"]);
    assert_eq!(texts(&table, "study"), ["A, \"x\"", "B"]);
    assert_eq!(
        table.column("yi").unwrap().numbers().unwrap(),
        [Some(1.0), Some(2.0)]
    );
}

#[test]
fn lines_are_counted_through_quoted_cells() {
    let table = Table::parse("t.csv", b"a,b\n\"x\ny\",1\n\nz,2").unwrap();
    assert_eq!((table.line(0), table.line(1)), (2, 5));
    assert_eq!(table.row_id(1).to_string(), "t.csv:5");
    let d = Table::parse("t.csv", b"a,b\n\"x\r\ny\",1\nz,w").unwrap();
    assert_eq!(d.column("b").unwrap().numbers().unwrap_err().line, Some(4));
    assert_eq!(texts(&d, "a")[0], "x\r\ny");
}

#[test]
fn what_is_no_table_is_refused_with_its_line() {
    assert_eq!(code_and_line(b""), ("file_empty".into(), None));
    assert_eq!(code_and_line(b"\xEF\xBB\xBF\n \n"), ("file_empty".into(), None));
    assert_eq!(code_and_line(b"a,b\n\n"), ("no_rows".into(), Some(1)));
    assert_eq!(code_and_line(b"\xFF\xFEa\0,\0"), ("utf16".into(), Some(1)));
    assert_eq!(code_and_line(b"a,b\n1,\0"), ("nul_byte".into(), Some(2)));
    assert_eq!(code_and_line(b"a,b\n1,caf\xE9\n"), ("not_utf8".into(), Some(2)));
    assert_eq!(code_and_line(b"a,b\n1,2\n1\n"), ("ragged_row".into(), Some(3)));
    assert_eq!(code_and_line(b"a,b\n1,2,3\n"), ("ragged_row".into(), Some(2)));
    assert_eq!(
        code_and_line(b"a,b,a\n1,2,3\n"),
        ("duplicate_header".into(), Some(1))
    );
    assert_eq!(code_and_line(b"a,,\n1,,\n"), ("unnamed_column".into(), Some(1)));
    assert_eq!(
        code_and_line(b"a,b\n1,2\n3,\"4\n5,6\n"),
        ("unterminated_quote".into(), Some(3))
    );
    assert_eq!(code_and_line(b"a,b\n1,2\"\n"), ("stray_quote".into(), Some(2)));
    assert_eq!(code_and_line(b"a,b\n\"1\"2,3\n"), ("stray_quote".into(), Some(2)));
    assert_eq!(code_and_line(b"a;b\n1;2\n"), ("separator".into(), Some(1)));
    assert_eq!(code_and_line(b"a\n1\n\n3\n"), ("blank_line".into(), Some(3)));
}

#[test]
fn ragged_rows_say_how_long() {
    let d = refused(b"a,b,c\n1,2\n");
    assert_eq!(
        (d.found.as_deref(), d.allowed.as_deref()),
        (Some("2 cells"), Some("3 cells"))
    );
    assert_eq!(d.column.as_deref(), Some("c"));
}

#[test]
fn endless_lines_and_cells_are_refused() {
    let mut bytes = b"a,b\n1,".to_vec();
    bytes.resize(LONGEST_LINE + 100, b'7');
    assert_eq!(code_and_line(&bytes), ("line_too_long".into(), Some(2)));
    let mut bytes = b"a,b\n1,\"".to_vec();
    while bytes.len() < LONGEST_LINE + 100 {
        bytes.extend_from_slice(b"seven\n");
    }
    bytes.extend_from_slice(b"\"\n");
    assert_eq!(code_and_line(&bytes), ("cell_too_long".into(), Some(2)));
}

#[test]
fn a_single_column_may_end_with_blank_lines() {
    assert_eq!(Table::parse("t.csv", b"a\n1\nNA\n\n\n").unwrap().rows(), 2);
}

#[test]
fn unknown_columns_name_the_nearest() {
    let table = Table::parse("t.csv", b"study,events_t\nA,1\n").unwrap();
    let d = table.column("event_t").unwrap_err();
    assert_eq!(d.allowed.as_deref(), Some("study, events_t"));
    assert_eq!(d.hint.as_deref(), Some("did you mean 'events_t'?"));
    assert_eq!(table.column("zzz").unwrap_err().hint, None);
}

#[test]
fn numbers_are_decimal_and_finite() {
    let table = Table::parse("t.csv", b"x,y\n 1e308 ,1\n-.5,\nNA,+2E-3\n").unwrap();
    assert_eq!(
        table.column("x").unwrap().numbers().unwrap(),
        [Some(1e308), Some(-0.5), None]
    );
    assert_eq!(
        table.column("y").unwrap().numbers().unwrap(),
        [Some(1.0), None, Some(0.002)]
    );
    for (cell, hint) in [
        ("NaN", "NA"),
        ("inf", "infinite"),
        ("-Infinity", "infinite"),
        ("\"1,5\"", "decimal point"),
        ("\u{2212}3", "plain hyphen"),
        ("45%", "percent"),
        ("<0.001", "bound"),
        ("1e999", "largest"),
        ("1.2.3", "mistyped"),
        ("abc", "right column"),
        ("0x10", "right column"),
    ] {
        let table = Table::parse("t.csv", format!("a,x\n1,2\n1,{cell}\n").as_bytes()).unwrap();
        let d = table.column("x").unwrap().numbers().unwrap_err();
        assert_eq!((d.line, d.column.as_deref()), (Some(3), Some("x")), "{cell}");
        assert!(
            d.hint.as_deref().is_some_and(|h| h.contains(hint)),
            "{cell}: {:?}",
            d.hint
        );
    }
}

#[test]
fn a_column_is_numeric_when_all_present_cells_are() {
    let table = Table::parse("t.csv", b"a,b,c\n1,x,NA\nNA,2,\n").unwrap();
    let numeric: Vec<bool> = ["a", "b", "c"]
        .map(|c| table.column(c).unwrap().is_numeric())
        .to_vec();
    assert_eq!(numeric, [true, false, false]);
    assert_eq!(table.column("b").unwrap().texts(), [Some("x"), Some("2")]);
}

#[test]
fn folders_and_absent_files_are_named() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(Table::read(folder).unwrap_err().code, "file_is_directory");
    assert_eq!(
        Table::read(&folder.join("nowhere.csv")).unwrap_err().code,
        "file_missing"
    );
}

/// Any bytes give a rectangular table or a diagnostic with the file's name, never a panic.
#[test]
fn any_bytes_are_a_table_or_a_diagnostic() {
    const ALPHABET: &[u8] = b"a1,,,\"\"\n\n\r \t.-;\xEF\xBB\xBF\xE9\0NA";
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..next(40)).map(|_| ALPHABET[next(ALPHABET.len())]).collect();
        match Table::parse("t.csv", &bytes) {
            Ok(table) => {
                assert!(table.rows() > 0);
                for header in table.headers() {
                    let column = table.column(header).unwrap();
                    assert_eq!(column.texts().len(), table.rows());
                    let _ = column.numbers();
                }
            }
            Err(d) => assert_eq!(d.file.as_deref(), Some("t.csv")),
        }
    }
}
