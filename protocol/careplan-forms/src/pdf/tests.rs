//! What placing sheets on pages keeps to, whatever stands on them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::flow::{TIGHT, USUAL};
use super::forms;
use super::paper::{self, Item, MARGIN, Page};
use crate::face::Face;
use crate::sheet::{Align, Block, Cell, Field, Orientation, Picture, Row, Sheet, Table};
use crate::wrap::{size, wrap};

fn face() -> &'static Face {
    Face::ours().unwrap()
}

fn sheet(blocks: Vec<Block>) -> Sheet {
    Sheet {
        title: "題".to_owned(),
        corner: String::new(),
        subtitle: String::new(),
        foot: String::new(),
        about: String::new(),
        orientation: Orientation::Portrait,
        blocks,
    }
}

fn table(widths: Vec<u16>, head: Vec<Row>, groups: Vec<Vec<Row>>) -> Block {
    Block::Table(Table { caption: String::new(), shows_caption: false, widths, head, groups, small: false })
}

fn row(cells: Vec<Cell>) -> Row {
    Row { cells, strong: false }
}

fn pages(sheet: &Sheet) -> Vec<Page> {
    forms::place(face(), sheet).unwrap()
}

/// What stands on a page, in order and without breaks.
fn words(page: &Page) -> String {
    page.texts().map(|text| text.text.as_str()).collect()
}

fn lines(text: &str, width: f32) -> Vec<String> {
    wrap(face(), text, 10.0, width).into_iter().map(|line| line.text).collect()
}

#[test]
fn lines_are_broken_as_japanese_is() {
    assert_eq!(lines("あいうえお", 30.0), ["あいう", "えお"]);
    // A full stop takes the character before it along; a bracket goes with what it opens.
    assert_eq!(lines("あいう。え", 30.0), ["あい", "う。え"]);
    assert_eq!(lines("あい（う）", 30.0), ["あい", "（う）"]);
    assert_eq!(lines("ｷﾀﾞｶﾞ", 10.0), ["ｷ", "ﾀﾞ", "ｶﾞ"]);
    // Words and numbers stay whole while there is a line for them, and are broken if there is none.
    assert_eq!(lines("単位12,345です", 40.0), ["単位", "12,345で", "す"]);
    assert_eq!(lines("abcdefghij", 20.0), ["abcd", "efgh", "ij"]);
    assert_eq!(lines("１２３４", 20.0), ["１２", "３４"]);
    // Spaces vanish only where the line was broken.
    assert_eq!(lines("ab   cd", 15.0), ["ab", "cd"]);
    assert_eq!(lines("　あ い", 40.0), ["　あ い"]);
    // What was written in lines stays in lines.
    assert_eq!(lines("あ\n\nい\n", 30.0), ["あ", "", "い"]);
    // A box is never without what it is for.
    assert_eq!(lines("□一　□二", 30.0), ["□一", "□二"]);
    assert_eq!(lines("一二□三", 30.0), ["一二", "□三"]);
    // A short text is broken between words where that takes no more lines, and kept from odd beginnings all the same.
    assert_eq!(lines("前月までの短期入所利用日数", 80.0), ["前月までの", "短期入所利用日数"]);
    assert_eq!(lines("前月までの短期入所利用日数", 70.0), ["前月までの短期", "入所利用日数"]);
    assert_eq!(lines("居宅サービス計画", 60.0), ["居宅サービス", "計画"]);
    assert_eq!(lines("利用者負担（全額負担分）", 60.0), ["利用者負担", "（全額負担", "分）"]);
    assert_eq!(lines("３回の訪問介護", 60.0), ["３回の", "訪問介護"]);
    assert_eq!(lines("", 30.0), Vec::<String>::new());
}

#[test]
fn a_number_becomes_smaller_before_it_is_broken() {
    let set = |text: &str, width: f32| {
        let size = size(face(), text, 10.0, width);
        (size, wrap(face(), text, size, width).len())
    };
    assert_eq!(set("12,345", 30.0), (10.0, 1));
    let (size, lines) = set("12,345", 25.0);
    assert!((8.0..8.4).contains(&size) && lines == 1, "{size}");
    // Not so small that it cannot be read.
    assert_eq!(set("123,456,789", 25.0), (10.0, 3));
    // A word does not make a long text small, a number does.
    let long = "長い文です。".repeat(20);
    assert_eq!(set(&format!("{long}abcdef {long}"), 25.0).0, 10.0);
    assert!(set(&format!("{long}12,345{long}"), 25.0).0 < 8.4);
    assert!(set("abcdef", 25.0).0 < 8.4);
    // One character stands in any column.
    assert_eq!(set("漢字", 4.0), (4.0, 2));
    // No last line of one character for a hair's breadth.
    let (size, lines) = set("あいうえおかきくけこさしす", 125.0);
    assert!((9.5..9.7).contains(&size) && lines == 1, "{size}");
    let (size, lines) = set("あいうえおかきくけこさしす\n1234567890", 125.0);
    assert!((9.5..9.7).contains(&size) && lines == 2, "{size}");
    assert_eq!(set("あいうえおかきくけこさしす", 110.0), (10.0, 2));
}

#[test]
fn a_row_higher_than_a_page_goes_on_on_the_next_and_shows_its_heading_again() {
    let long: String = (0..300).map(|line| format!("{line}行目の文\n")).collect();
    let head = row(vec![Cell::head("頭甲"), Cell::head("頭乙")]);
    let cells = vec![Cell { heads: true, ..Cell::new("見出し") }, Cell::new(long)];
    let pages = pages(&sheet(vec![table(vec![20, 40], vec![head], vec![vec![row(cells)]])]));
    assert!(3 <= pages.len(), "{}", pages.len());
    let all: String = pages.iter().map(words).collect();
    for line in 0..300 {
        assert!(all.contains(&format!("{line}行目の文")), "{line}");
    }
    for page in &pages {
        assert!(words(page).contains("頭甲頭乙") && words(page).contains("見出し"));
    }
    assert!(words(&pages[1]).contains("題（続き）") && words(&pages[1]).contains(&format!("2/{}", pages.len())));
    assert!(!words(&pages[0]).contains("続き"));
}

#[test]
fn cells_that_span_rows_are_shown_again_where_a_page_breaks_them() {
    let rows: Vec<Row> = (0..120)
        .map(|number| {
            let own = Cell::new(format!("〔{number}〕"));
            row(if number == 0 { vec![Cell::new("訪問").rows(120), own] } else { vec![own] })
        })
        .collect();
    let pages = pages(&sheet(vec![table(vec![20, 40], Vec::new(), vec![rows])]));
    assert!(2 <= pages.len());
    for page in &pages {
        assert_eq!(words(page).matches("訪問").count(), 1);
    }
    let all: String = pages.iter().map(words).collect();
    for number in 0..120 {
        assert_eq!(all.matches(&format!("〔{number}〕")).count(), 1, "{number}");
    }
}

#[test]
fn a_form_is_set_with_less_white_if_it_then_fits_one_page() {
    let lines =
        |count: usize| sheet(vec![Block::Paragraph("あ\n".repeat(count)), Block::Signature(vec!["署名".to_owned()])]);
    let usual = |count: usize| forms::Form::new(&lines(count)).set(face(), USUAL).unwrap();
    let first = (40..90).find(|count| 1 < usual(*count).len()).unwrap();
    assert_eq!(pages(&lines(first)).len(), 1);
    // Not where it does not, and not where it is not needed.
    assert_eq!(pages(&lines(first - 1)), usual(first - 1));
    assert_eq!(pages(&lines(85)), usual(85));
}

#[test]
fn a_table_that_goes_on_says_its_caption_again_and_leaves_no_row_alone() {
    let one = |at: usize| vec![row(vec![Cell::new(format!("〔{at}〕"))])];
    let of = |rows: usize| {
        let mut table = Table {
            caption: "表の名".to_owned(),
            shows_caption: true,
            widths: vec![60],
            head: vec![row(vec![Cell::head("頭")])],
            groups: (0..rows).map(one).collect(),
            small: false,
        };
        let other = Block::Table(Table { caption: "前の表".to_owned(), groups: vec![one(999)], ..table.clone() });
        let alone = pages(&sheet(vec![Block::Table(table.clone())]));
        let short = pages(&sheet(vec![other.clone(), Block::Table(table.clone())]));
        table.caption = "長い名".repeat(40);
        [alone, short, pages(&sheet(vec![other, Block::Table(table)]))]
    };
    let first = (20..80).find(|rows| of(*rows).iter().all(|pages| 1 < pages.len())).unwrap();
    for rows in first..first + 40 {
        let [alone, short, long] = of(rows);
        assert!(words(&short[1]).contains("表の名（続き）頭"), "{}", words(&short[1]));
        // One that takes lines does not stand on each page, and the title is enough for a form of one table.
        assert!(words(&long[0]).contains("長い名長い名") && !words(&long[1]).contains("長い名"));
        assert!(!words(&alone[1]).contains("表の名"));
        for pages in [&alone, &short, &long] {
            let last = words(pages.last().unwrap());
            assert!(last.contains(&format!("〔{}〕〔{}〕", rows - 2, rows - 1)), "{last}");
        }
    }
}

#[test]
fn a_group_stays_on_one_page_if_one_holds_it() {
    let groups: Vec<Vec<Row>> =
        (0..40).map(|group| (0..3).map(|at| row(vec![Cell::new(format!("〔{group}の{at}〕"))])).collect()).collect();
    let pages = pages(&sheet(vec![table(vec![60], Vec::new(), groups)]));
    assert!(2 <= pages.len());
    for group in 0..40 {
        let at =
            |part: usize| pages.iter().position(|page| words(page).contains(&format!("〔{group}の{part}〕"))).unwrap();
        assert!(at(0) == at(1) && at(1) == at(2), "{group}");
    }
}

#[test]
fn a_long_value_goes_on_under_its_label() {
    let value: String = (0..200).map(|line| format!("({line})\n")).collect();
    let above = Field::new("方針", value.clone(), 60).above(3);
    let beside = Field::new("住所", value, 60);
    for (field, label) in [(above, "方針（続き）"), (beside, "住所")] {
        let pages = pages(&sheet(vec![Block::Fields(vec![vec![field]])]));
        assert!(2 <= pages.len());
        assert!(words(&pages[1]).contains(label), "{}", words(&pages[1]));
        let all: String = pages.iter().map(words).collect();
        assert!((0..200).all(|line| all.contains(&format!("({line})"))));
    }
}

#[test]
fn a_heading_longer_than_a_heading_may_be_is_not_cut() {
    let long: String = (0..400).map(|number| format!("{number}番。")).collect();
    let plain = || sheet(vec![Block::Paragraph("文".to_owned())]);
    let whole = [
        Sheet { title: long.clone(), ..plain() },
        Sheet { corner: long.clone(), ..plain() },
        Sheet { subtitle: long.clone(), ..plain() },
        Sheet { foot: long.clone(), ..plain() },
        Sheet { title: long.clone(), corner: long.clone(), subtitle: long.clone(), foot: long.clone(), ..plain() },
    ];
    for (sheet, times) in whole.iter().zip([1, 1, 1, 1, 4]) {
        let pages = pages(sheet);
        inside(&pages);
        let all: String = pages.iter().map(words).collect();
        assert_eq!(all.matches(&long).count(), times);
        // The form still has most of each page.
        assert!(pages.len() <= times + 1, "{}", pages.len());
    }
}

#[test]
fn a_heading_stands_with_what_it_heads() {
    for before in 0..80 {
        let blocks = vec![
            Block::Paragraph("あ\n".repeat(before)),
            Block::Heading("見出し".to_owned()),
            Block::Paragraph("い".to_owned()),
        ];
        let pages = forms::Form::new(&sheet(blocks)).set(face(), USUAL).unwrap();
        let page = pages.iter().find(|page| words(page).contains("見出し")).unwrap();
        assert!(words(page).contains('い'), "{before}");
    }
}

#[test]
fn what_stands_in_no_column_is_refused_and_not_dropped() {
    let one = || row(vec![Cell::new("一")]);
    let two = || row(vec![Cell::new("一"), Cell::new("二")]);
    let refused = |block: Block| forms::place(face(), &sheet(vec![block])).unwrap_err().block;
    assert_eq!(refused(table(vec![60], Vec::new(), vec![vec![two()]])), 0);
    assert_eq!(refused(table(vec![60], vec![two()], Vec::new())), 0);
    assert_eq!(refused(table(vec![30, 0], Vec::new(), vec![vec![two()]])), 0);
    let spanned = row(vec![Cell::new("一").rows(2), Cell::new("二")]);
    assert_eq!(refused(table(vec![30, 30], Vec::new(), vec![vec![spanned, two()]])), 0);
    assert_eq!(refused(Block::Fields(vec![vec![Field::new("名", "値", 0)]])), 0);
    // Columns that nothing stands in are no harm, and neither is a span that goes beyond its group.
    assert_eq!(pages(&sheet(vec![table(vec![30, 30], Vec::new(), vec![vec![one()]])])).len(), 1);
    let beyond = row(vec![Cell::new("一").rows(9)]);
    assert_eq!(pages(&sheet(vec![table(vec![30], Vec::new(), vec![vec![beyond]])])).len(), 1);
}

#[test]
fn a_calendar_of_more_than_31_columns_fits() {
    for (orientation, small) in
        [(Orientation::Landscape, true), (Orientation::Portrait, true), (Orientation::Portrait, false)]
    {
        let cells = (0..60).map(|at| Cell::new(at.to_string()).align(Align::Middle)).collect();
        let blocks = vec![Block::Table(Table {
            caption: "暦".to_owned(),
            shows_caption: true,
            widths: vec![1; 60],
            head: Vec::new(),
            groups: vec![vec![row(cells)]],
            small,
        })];
        let pages = pages(&Sheet { orientation, ..sheet(blocks) });
        inside(&pages);
        let texts: Vec<&str> = pages[0].texts().map(|text| text.text.as_str()).collect();
        // No number of a day is torn into two lines.
        assert!((0..60).all(|at| texts.contains(&at.to_string().as_str())), "{texts:?}");
    }
}

#[test]
fn what_differs_has_a_thick_frame_and_a_sum_is_stronger() {
    let block = table(
        vec![30, 30],
        Vec::new(),
        vec![vec![
            row(vec![Cell::new("違").differs(), Cell::new("影").shaded()]),
            Row { cells: vec![Cell::new("計")], strong: true },
        ]],
    );
    let pages = pages(&sheet(vec![block]));
    let thick = |item: &&Item| matches!(item, Item::Rule { weight: paper::Weight::Thick, .. });
    assert_eq!(pages[0].items.iter().filter(thick).count(), 4);
    assert!(pages[0].items.iter().any(|item| matches!(item, Item::Grey { tone, .. } if 200 < *tone)));
    assert!(pages[0].texts().any(|text| text.text == "計" && text.strong));
    assert!(pages[0].texts().any(|text| text.text == "違" && !text.strong));
}

#[test]
fn a_frame_keeps_off_what_it_frames() {
    for (small, spacing) in [(true, USUAL), (true, TIGHT), (false, USUAL), (false, TIGHT)] {
        let cells = || row(vec![Cell::new("19:00～19:45").differs(), Cell::new("値")]);
        let Block::Table(table) = table(vec![20, 40], Vec::new(), vec![vec![cells()], vec![cells()]]) else { panic!() };
        let sheet = sheet(vec![Block::Table(Table { small, ..table })]);
        let pages = forms::Form::new(&sheet).set(face(), spacing).unwrap();
        let framed: Vec<_> = pages[0].texts().filter(|text| text.text.starts_with("19")).collect();
        assert_eq!(framed.len(), 2);
        for item in &pages[0].items {
            let Item::Rule { from, to, weight: paper::Weight::Thick } = item else { continue };
            let half = paper::Weight::Thick.points() / 2.0;
            if from.1 == to.1 {
                for text in &framed {
                    // Letters reach from 0.88 em above their line to 0.12 em below.
                    let (top, bottom) = (text.baseline - 0.88 * text.size, text.baseline + 0.12 * text.size);
                    assert!(
                        from.1 + half <= top + 0.1 || bottom - 0.1 <= from.1 - half,
                        "{small} {spacing:?} {item:?} {text:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_the_font_lacks_is_listed_below_the_page_it_stands_on() {
    let pages = |text: &str| pages(&sheet(vec![Block::Paragraph(text.to_owned())]));
    let one = pages("𠮷野家と𠮷田と髙﨑①㈱😀");
    assert!(words(&one[0]).ends_with("印刷できない文字: 「😀」(U+1F600) 「𠮷」(U+20BB7)"), "{}", words(&one[0]));
    // Page by page, and never on a page of its own: whatever fits without the list, the list takes a line at most.
    for count in 30..90 {
        let several = pages(&format!("𠮷{}😀", "\n".repeat(count)));
        let last = several.last().unwrap();
        assert!(words(last).contains('😀') && words(last).ends_with("「😀」(U+1F600)") || several.len() == 1);
        assert!(words(&several[0]).contains("「𠮷」(U+20BB7)"));
        assert_eq!(several.len() == 1, words(&several[0]).contains("「😀」"));
    }
    // More than a foot holds stands at the end.
    let many: String = ('\u{20000}'..'\u{20100}').collect();
    let several = pages(&many);
    assert!(words(several.last().unwrap()).contains("「\u{200ff}」(U+200FF)"));
    inside(&several);
}

#[test]
fn following_pages_say_whom_they_are_about() {
    let long = sheet(vec![Block::Paragraph("文\n".repeat(200))]);
    let about = |text: &str| pages(&Sheet { about: text.to_owned(), ..long.clone() });
    let (with, long) = (about("0009079191　例田　花子　様"), about(&"長い名前".repeat(100)));
    assert!(!words(&with[0]).contains("例田") && !words(&long[0]).contains("長い名前"));
    for page in &with[1..] {
        assert!(words(page).contains("題（続き）0009079191　例田　花子　様"), "{}", words(page));
    }
    for page in &long[1..] {
        assert!(words(page).contains("長い名…") || words(page).contains("名前…"), "{}", words(page));
    }
    inside(&long);
}

#[test]
fn texts_below_each_other_are_of_one_size() {
    let numbers =
        ["1,234", "12,345,678,901", "0"].map(|text| row(vec![Cell::new(text).align(Align::End), Cell::new("")]));
    let widths = vec![6, 54];
    let pages = pages(&sheet(vec![table(widths, Vec::new(), numbers.into_iter().map(|row| vec![row]).collect())]));
    let sizes: Vec<f32> = pages[0].texts().filter(|text| text.text != "題").map(|text| text.size).collect();
    assert!(sizes.len() == 3 && sizes.iter().all(|size| *size == sizes[0] && *size < 9.0), "{sizes:?}");
}

#[test]
fn a_picture_is_shown_and_a_broken_one_is_said_to_be_broken() {
    let picture = |jpeg: Vec<u8>| Block::Picture(Picture { description: "間取り図".to_owned(), jpeg: jpeg.into() });
    let good = jpeg(640, 480);
    let placed = pages(&sheet(vec![picture(good.clone())]));
    let Some(Item::Picture { size, .. }) = placed[0].items.iter().find(|item| matches!(item, Item::Picture { .. }))
    else {
        panic!("no picture");
    };
    assert!((size.0 / size.1 - 640.0 / 480.0).abs() < 0.01 && size.0 <= 595.28 - 2.0 * MARGIN, "{size:?}");
    inside(&placed);
    for broken in [Vec::new(), b"GIF89a".to_vec(), good[..20].to_vec(), good[..good.len() / 2].to_vec()] {
        let length = broken.len();
        let placed = pages(&sheet(vec![picture(broken)]));
        assert!(words(&placed[0]).contains("画像を表示できません: 間取り図"), "{length}");
    }
}

/// A grey picture, its sides whole numbers of eight pixels.
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    file.extend([1; 64]);
    file.extend([0xFF, 0xC0, 0, 11, 8]);
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend([1, 1, 0x11, 0]);
    for class in [0, 0x10] {
        // One code of one bit: nothing changes, and the block ends.
        file.extend([0xFF, 0xC4, 0, 20, class, 1]);
        file.extend([0; 16]);
    }
    file.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
    let blocks = usize::from(width / 8) * usize::from(height / 8);
    file.extend(std::iter::repeat_n(0, blocks.div_ceil(4)));
    file.extend([0xFF, 0xD9]);
    file
}

/// Everything stands between the margins.
fn inside(pages: &[Page]) {
    for page in pages {
        let (width, height) = paper::size(page.orientation);
        let within = |x: f32, y: f32| {
            let x_fits = (MARGIN - 0.1..=width - MARGIN + 0.1).contains(&x);
            let y_fits = (MARGIN - 0.1..=height - MARGIN + 0.1).contains(&y);
            assert!(x_fits && y_fits, "({x}, {y}) on {width} x {height}");
        };
        for item in &page.items {
            match item {
                Item::Text(text) => {
                    within(text.x, text.baseline - text.size * 0.88);
                    within(text.x + text.width, text.baseline + text.size * 0.12);
                }
                Item::Grey { at, size, .. } | Item::Picture { at, size, .. } => {
                    within(at.0, at.1);
                    within(at.0 + size.0, at.1 + size.1);
                }
                Item::Rule { from, to, .. } => {
                    within(from.0, from.1);
                    within(to.0, to.1);
                }
            }
        }
    }
}

/// Texts in which each letter is another, so that none can stand for one that was lost.
fn unlike(sheet: &mut Sheet) {
    let mut next = ('\u{4E00}'..='\u{9FA0}').filter(|letter| !face().marks(&letter.to_string()).any(|mark| mark.boxed));
    let mut change = |text: &mut String| {
        let changed =
            text.chars().map(|letter| if letter == '字' { next.next().unwrap_or('字') } else { letter }).collect();
        *text = changed;
    };
    sheet.texts_mut().into_iter().for_each(&mut change);
}

/// A text of so many letters at most, with punctuation, spaces, words and line breaks between them.
fn any_text(most: usize) -> impl Strategy<Value = String> {
    let part = prop_oneof![6 => Just("字"), 1 => Just("。"), 1 => Just("（"), 1 => Just("\n"), 1 => Just(" "), 1 => Just("ab1")];
    proptest::collection::vec(part, 0..=most).prop_map(|parts| parts.concat())
}

fn any_cell() -> impl Strategy<Value = Cell> {
    let length = prop_oneof![20 => Just(8_usize), 4 => Just(60), 1 => Just(1_500)];
    (length.prop_flat_map(any_text), 0..3_u8, any::<[bool; 3]>()).prop_map(|(text, align, [heads, shaded, differs])| {
        Cell {
            align: [Align::Start, Align::Middle, Align::End][usize::from(align)],
            heads,
            shaded,
            differs,
            ..Cell::new(text)
        }
    })
}

/// Rows with spans: a cell that spans leaves out those that it covers.
fn any_rows(columns: usize, most: usize) -> impl Strategy<Value = Vec<Row>> {
    let row = (proptest::collection::vec((any_cell(), 1..4_u16, 1..4_u16), columns), any::<bool>());
    proptest::collection::vec(row, 1..=most).prop_map(move |rows| {
        let mut covered = vec![0_u16; columns];
        let mut made = Vec::new();
        for (cells, strong) in rows {
            let mut kept = Vec::new();
            let mut column = 0;
            for (cell, across, down) in cells {
                while covered.get(column).is_some_and(|rows| 0 < *rows) {
                    column += 1;
                }
                let free = covered[column.min(columns)..].iter().take_while(|rows| **rows == 0).count();
                if free == 0 {
                    continue;
                }
                let across = across.min(u16::try_from(free).unwrap());
                covered[column..column + usize::from(across)].fill(down);
                column += usize::from(across);
                kept.push(cell.columns(across).rows(down));
            }
            covered.iter_mut().for_each(|rows| *rows = rows.saturating_sub(1));
            made.push(Row { cells: kept, strong });
        }
        made
    })
}

fn any_table() -> impl Strategy<Value = Block> {
    (1..9_usize, any::<bool>(), any::<bool>(), any_text(10)).prop_flat_map(
        |(columns, small, shows_caption, caption)| {
            let widths = proptest::collection::vec(1..12_u16, columns);
            let head = prop_oneof![Just(Vec::new()).boxed(), any_rows(columns, 2).boxed()];
            (widths, head, proptest::collection::vec(any_rows(columns, 4), 0..8)).prop_map(
                move |(widths, head, groups)| {
                    Block::Table(Table { caption: caption.clone(), shows_caption, widths, head, groups, small })
                },
            )
        },
    )
}

fn any_fields() -> impl Strategy<Value = Block> {
    let value = prop_oneof![8 => Just(12_usize), 1 => Just(1_200)].prop_flat_map(any_text);
    let field = (any_text(8), value, 1..25_u16, any::<bool>(), 0..80_u8)
        .prop_map(|(label, value, shares, above, lines)| Field { label, value, shares, above, lines });
    proptest::collection::vec(proptest::collection::vec(field, 0..5), 0..6).prop_map(Block::Fields)
}

fn any_sheet() -> impl Strategy<Value = Sheet> {
    let block = prop_oneof![
        3 => any_table(),
        3 => any_fields(),
        1 => any_text(20).prop_map(Block::Heading),
        1 => any_text(200).prop_map(Block::Paragraph),
        1 => proptest::collection::vec(any_text(30), 0..4).prop_map(Block::Signature),
        1 => Just(Block::Picture(Picture { description: "図".to_owned(), jpeg: jpeg(64, 800).into() })),
    ];
    let furniture = || prop_oneof![8 => any_text(10), 1 => any_text(300)];
    let five = (furniture(), furniture(), furniture(), furniture(), furniture());
    (five, any::<bool>(), proptest::collection::vec(block, 0..6)).prop_map(
        |((title, corner, subtitle, foot, about), wide, blocks)| Sheet {
            title,
            corner,
            subtitle,
            foot,
            about,
            orientation: if wide { Orientation::Landscape } else { Orientation::Portrait },
            blocks,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_lost_and_nothing_stands_beyond_the_margins(mut sheet in any_sheet(), tight in 0.0..=1.0_f32) {
        unlike(&mut sheet);
        let spacing = USUAL.towards(TIGHT, tight);
        let pages = forms::Form::new(&sheet).set(face(), spacing).unwrap();
        inside(&pages);
        // Where each letter first stands.
        let mut places: BTreeMap<char, usize> = BTreeMap::new();
        for (place, letter) in pages.iter().flat_map(Page::texts).flat_map(|text| text.text.chars()).enumerate() {
            places.entry(letter).or_insert(place);
        }
        for text in sheet.texts() {
            let mut before = None;
            for letter in text.chars().filter(|letter| ('\u{4E00}'..='\u{9FA0}').contains(letter)) {
                let place = places.get(&letter).copied();
                prop_assert!(place.is_some(), "{letter} of {text} is lost");
                prop_assert!(letter == '字' || before < place, "{letter} of {text} is not in order");
                before = place;
            }
        }
    }

    #[test]
    fn lines_are_no_wider_than_their_room_and_keep_every_letter(text in any_text(80), width in 10.0..200.0_f32) {
        let lines = wrap(face(), &text, 10.0, width);
        prop_assert!(lines.iter().all(|line| line.width <= width + 0.02));
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert_eq!(bare(&lines.into_iter().map(|line| line.text).collect::<String>()), bare(&text));
    }

    #[test]
    fn any_bytes_are_a_picture_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0..200_usize) {
        super::photo::read(&bytes);
        let mut damaged = jpeg(64, 64);
        let at = at % damaged.len();
        damaged.splice(at.., bytes);
        super::photo::read(&damaged);
    }
}
