//! PDFs as other programs read them. Without poppler's tools these tests say `SKIPPED` and pass, unless
//! MUSUBI_REQUIRE_TOOLS=1.

mod every;
mod invented;
mod tools;

use careplan_forms::pdf::{Missing, Options, Pdf, PdfError, pages, pdf};
use careplan_forms::sheet::{Align, Block, Cell, Orientation, Pack, Row, Sheet, Table};
use tools::{asked, asked_for_bytes, bare, parts, shown};

/// Both ways of lying, several pages, and what fonts lack.
fn pack() -> Pack {
    let mut pack = invented::month(2);
    pack.sheets.push(invented::plan(0));
    pack
}

fn made(pack: &Pack) -> Pdf {
    pdf(pack, &Options { creator: "musubi".to_owned(), ..Options::default() }).unwrap()
}

fn sheet(text: &str) -> Sheet {
    Sheet {
        title: String::new(),
        corner: String::new(),
        subtitle: String::new(),
        foot: String::new(),
        about: String::new(),
        orientation: Orientation::Portrait,
        blocks: vec![Block::Paragraph(text.to_owned())],
    }
}

#[test]
fn every_text_is_found_by_a_reader() {
    let pack = pack();
    let Some(found) = asked("every_text_is_found_by_a_reader", "pdftotext", &["-raw"], &made(&pack).bytes) else {
        return;
    };
    let found = bare(&found);
    for sheet in &pack.sheets {
        for text in sheet.texts() {
            assert!(found.contains(&bare(text)), "{text:?}");
        }
    }
}

/// All forms of the sample month and of data at the edge, one PDF for each.
fn every_form() -> impl Iterator<Item = (String, Pack, Pdf)> {
    let large = [("month of 45", every::month_of_45())];
    let packs = every::sample().into_iter().map(|(name, pack)| (format!("sample {name}"), pack));
    let packs = packs.chain(every::extremes().into_iter().map(|(name, pack)| (format!("extreme {name}"), pack)));
    packs.chain(large.map(|(name, pack)| (name.to_owned(), pack))).map(|(name, pack)| {
        let made = made(&pack);
        (name, pack, made)
    })
}

#[test]
fn every_text_of_every_form_is_found_by_a_reader() {
    for (name, pack, made) in every_form() {
        let test = "every_text_of_every_form_is_found_by_a_reader";
        let Some(found) = asked(test, "pdftotext", &["-raw"], &made.bytes) else { return };
        let found = bare(&found);
        let mut pages = made.sheets.iter();
        for sheet in &pack.sheets {
            let pages = usize::try_from(*pages.next().unwrap()).unwrap();
            for text in sheet.texts().into_iter().map(|text| bare(&shown(text))) {
                // A text goes on over the pages of its sheet at most.
                let parts = parts(&found, &text);
                assert!(parts.is_some_and(|parts| parts <= pages), "{name}: {parts:?} parts of {text}");
            }
        }
    }
}

#[test]
fn choices_are_not_torn() {
    for (name, pack) in every::sample() {
        let Some(found) = asked("choices_are_not_torn", "pdftotext", &["-raw"], &made(&pack).bytes) else { return };
        let found: Vec<String> = found.lines().map(bare).collect();
        let texts = pack.sheets.iter().flat_map(Sheet::texts).filter(|text| text.starts_with(['□', '■']));
        for choice in texts.flat_map(|text| text.split(['　', '\n'])).filter(|choice| choice.starts_with(['□', '■']))
        {
            assert!(found.iter().any(|line| line.contains(&bare(choice))), "{name}: {choice}");
        }
    }
}

#[test]
fn every_form_is_a4_with_its_fonts() {
    let test = "every_form_is_a4_with_its_fonts";
    for (name, pack, made) in every_form() {
        let Some(sizes) = asked(test, "pdfinfo", &["-box", "-l", "9999"], &made.bytes) else { return };
        let found: Vec<String> = sizes
            .lines()
            .filter(|line| line.contains("MediaBox:"))
            .map(|line| line.split_whitespace().skip(3).collect::<Vec<_>>().join(" "))
            .collect();
        let wanted = pack.sheets.iter().zip(&made.sheets).flat_map(|(sheet, pages)| {
            let size = match sheet.orientation {
                Orientation::Portrait => "0.00 0.00 595.28 841.89",
                Orientation::Landscape => "0.00 0.00 841.89 595.28",
            };
            (0..*pages).map(move |_| size)
        });
        assert!(wanted.eq(found.iter().map(String::as_str)), "{name}: {found:?}");
        let Some(fonts) = asked(test, "pdffonts", &[], &made.bytes) else { return };
        assert!(2 < fonts.lines().count(), "{name}: {fonts}");
        for font in fonts.lines().skip(2) {
            assert!(font.contains("+BIZUDGothic") && font.contains("yes yes yes"), "{name}: {font}");
        }
    }
}

#[test]
fn every_form_is_grey_and_keeps_its_margins() {
    for (name, pack, made) in every_form() {
        // In colour, so that a colour would be seen.
        let test = "every_form_is_grey_and_keeps_its_margins";
        let Some(bytes) = asked_for_bytes(test, "pdftoppm", &["-r", "40"], &made.bytes) else { return };
        let pages = pictures(&bytes);
        assert_eq!(pages.len(), usize::try_from(made.pages).unwrap(), "{name}");
        let has_picture =
            pack.sheets.iter().flat_map(|sheet| &sheet.blocks).any(|block| matches!(block, Block::Picture(_)));
        for (page, (width, pixels)) in pages.iter().enumerate() {
            let grey = |pixel: &[u8; 3]| pixel[0] == pixel[1] && pixel[1] == pixel[2];
            assert!(has_picture || pixels.iter().all(grey), "{name}: colour on page {page}");
            assert!(pixels.iter().any(|pixel| *pixel == [0; 3] || pixel[0] < 160), "{name}: page {page} is empty");
            // 5 mm are 7.9 pixels.
            let height = pixels.len() / width;
            let outside = |at: usize, of: usize| at < 7 || of - 7 <= at;
            let ink = pixels.iter().enumerate().find(|(at, pixel)| {
                (outside(at % width, *width) || outside(at / width, height)) && **pixel != [255; 3]
            });
            assert_eq!(ink, None, "{name}: ink at the edge of page {page}");
        }
    }
}

/// The pictures of a file of several in the format PPM: width and pixels.
fn pictures(mut bytes: &[u8]) -> Vec<(usize, Vec<[u8; 3]>)> {
    let mut pictures = Vec::new();
    while !bytes.is_empty() {
        let mut head = Vec::new();
        for _ in 0..4 {
            let end = bytes.iter().position(u8::is_ascii_whitespace).unwrap();
            head.push(std::str::from_utf8(&bytes[..end]).unwrap());
            bytes = &bytes[end + 1..];
        }
        assert_eq!((head[0], head[3]), ("P6", "255"));
        let (width, height): (usize, usize) = (head[1].parse().unwrap(), head[2].parse().unwrap());
        let (pixels, rest) = bytes.split_at(width * height * 3);
        pictures.push((width, pixels.chunks_exact(3).map(|of| [of[0], of[1], of[2]]).collect()));
        bytes = rest;
    }
    pictures
}

#[test]
fn characters_of_the_old_lists_come_out_as_themselves() {
    // What offices write: characters of vendors, half-width kana, two kinds of waves, and what looks like a program.
    let text = "髙﨑①⑳Ⅰ㈱㈲℡№㎡㍻纊鍈德濵瀨祥～〜－−‐—―∥‖￥¥｢ﾊﾝｶｸ｣ﾞﾟ｡|¦<script>&amp;\u{FA19}\u{795E}";
    let pack = Pack { title: format!("{text}\u{1}\n"), sheets: vec![sheet(text)] };
    let made = made(&pack);
    let test = "characters_of_the_old_lists_come_out_as_themselves";
    let Some(found) = asked(test, "pdftotext", &["-raw"], &made.bytes) else { return };
    assert!(found.contains(text) || bare(&found).contains(&bare(text)), "{found}");
    let Some(properties) = asked(test, "pdfinfo", &[], &made.bytes) else { return };
    assert!(properties.contains(text) && !properties.contains('\u{1}'), "{properties}");
}

#[test]
fn pages_are_a4_to_the_point_and_fonts_are_embedded() {
    let made = made(&pack());
    let test = "pages_are_a4_to_the_point_and_fonts_are_embedded";
    let Some(sizes) = asked(test, "pdfinfo", &["-box", "-l", "9999"], &made.bytes) else { return };
    let boxes: Vec<&str> = sizes.lines().filter(|line| line.contains("MediaBox:")).collect();
    assert_eq!(boxes.len(), usize::try_from(made.pages).unwrap());
    let lying = |size: [&str; 2]| {
        let whole = |line: &&&str| line.split_whitespace().skip(3).eq(["0.00", "0.00"].into_iter().chain(size));
        boxes.iter().filter(whole).count()
    };
    let portrait = usize::try_from(made.sheets[4]).unwrap();
    assert_eq!(lying(["595.28", "841.89"]), portrait);
    assert_eq!(lying(["841.89", "595.28"]), boxes.len() - portrait);
    let Some(fonts) = asked(test, "pdffonts", &[], &made.bytes) else { return };
    let fonts: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(!fonts.is_empty());
    for font in fonts {
        // Embedded, a subset, and with a map to characters.
        assert!(font.contains("+BIZUDGothic") && font.contains("yes yes yes"), "{font}");
    }
}

#[test]
fn a_box_stands_for_what_the_font_lacks_and_is_still_found() {
    let mut pack = Pack {
        title: String::new(),
        sheets: vec![sheet("□はい"), sheet("𠮷野家\u{1}\u{202e}"), sheet("𠮷□😀")],
    };
    let made = made(&pack);
    let missing = |character, sheet, pages: &[u32]| Missing { character, sheet, pages: pages.to_vec() };
    assert_eq!(made.missing, [missing('𠮷', 1, &[2]), missing('😀', 2, &[3]), missing('𠮷', 2, &[3])]);
    let test = "a_box_stands_for_what_the_font_lacks_and_is_still_found";
    let Some(found) = asked(test, "pdftotext", &["-raw"], &made.bytes) else { return };
    assert!(found.contains("□はい") && found.contains("𠮷野家[U+0001][U+202E]") && found.contains("𠮷□😀"), "{found}");
    assert!(found.contains("「𠮷」(U+20BB7)") && !found.contains(['\u{1}', '\u{202e}']), "{found}");
    pack.sheets.truncate(1);
    assert_eq!(self::made(&pack).missing, []);
}

#[test]
fn a_form_of_sixty_services_is_found_whole() {
    let pack = Pack { title: String::new(), sheets: vec![invented::calendar(7, 60)] };
    let made = made(&pack);
    assert!(2 <= made.pages, "{}", made.pages);
    assert_eq!(pages(&pack.sheets).unwrap(), made.sheets);
    let test = "a_form_of_sixty_services_is_found_whole";
    let Some(found) = asked(test, "pdftotext", &["-raw"], &made.bytes) else { return };
    assert_eq!(bare(&found).matches("予定").count(), 60 + usize::from(pack.sheets[0].title.contains("予定")));
    // The head stands on each page that has a part of the table.
    assert!(2 <= bare(&found).matches("提供時間帯").count());
}

#[test]
fn a_month_of_a_large_office_is_small_enough_to_be_sent() {
    let made = made(&invented::month(45));
    assert!(90 <= made.pages && made.bytes.len() < 1_000_000, "{} pages, {} bytes", made.pages, made.bytes.len());
}

#[test]
fn the_same_pack_gives_the_same_bytes() {
    assert_eq!(made(&pack()), made(&pack()));
}

#[test]
fn a_sum_looks_other_than_its_parts() {
    let table = |strong: bool| Table {
        caption: String::new(),
        shows_caption: false,
        widths: vec![60],
        head: Vec::new(),
        groups: vec![vec![Row { cells: vec![Cell::new("合計")], strong }]],
        small: false,
    };
    let bytes = |strong: bool| {
        let sheet = Sheet { blocks: vec![Block::Table(table(strong))], ..sheet("") };
        made(&Pack { title: String::new(), sheets: vec![sheet] }).bytes
    };
    assert_ne!(bytes(true), bytes(false));
}

#[test]
fn pages_are_counted_by_sheet_and_numbered_over_the_pack() {
    let pack = pack();
    let made = made(&pack);
    assert_eq!(made.sheets.len(), pack.sheets.len());
    assert_eq!(made.sheets.iter().sum::<u32>(), made.pages);
    let test = "pages_are_counted_by_sheet_and_numbered_over_the_pack";
    let Some(found) = asked(test, "pdftotext", &["-raw"], &made.bytes) else { return };
    let found: Vec<String> = found.trim_end_matches('\u{c}').split('\u{c}').map(bare).collect();
    assert_eq!(found.len(), usize::try_from(made.pages).unwrap());
    for (page, number) in found.iter().zip(1..) {
        assert!(page.ends_with(&format!("{number}/{}", made.pages)), "{page}");
    }
    let plain = pdf(&pack, &Options { numbers: false, ..Options::default() }).unwrap();
    let Some(found) = asked(test, "pdftotext", &["-raw"], &plain.bytes) else { return };
    assert!(!found.contains(&format!("/ {}", made.pages)));
}

#[test]
fn a_pack_without_sheets_is_a_page_and_one_that_does_not_fit_is_an_error() {
    let none = made(&Pack::default());
    assert_eq!((none.pages, none.sheets.len()), (1, 0));
    let row = Row { cells: vec![Cell::new("一"), Cell::new("二").align(Align::End)], strong: false };
    let block = Block::Table(Table {
        caption: String::new(),
        shows_caption: false,
        widths: vec![60],
        head: Vec::new(),
        groups: vec![vec![row]],
        small: false,
    });
    let mut wrong = sheet("一");
    wrong.blocks.push(block);
    let pack = Pack { title: String::new(), sheets: vec![sheet("一"), wrong] };
    let error = pdf(&pack, &Options::default()).unwrap_err();
    assert!(matches!(error, PdfError::Shape { sheet: 1, block: 1 }), "{error:?}");
}
