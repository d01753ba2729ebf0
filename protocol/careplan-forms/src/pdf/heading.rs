//! What stands above and below a form on each of its pages: corner, title, line under it; foot and numbers.

use std::collections::BTreeSet;

use super::edges::Edges;
use super::flow::{Style, frame, text};
use super::paper::{self, Item, MARGIN, Page, Weight};
use crate::face::Face;
use crate::sheet::{Align, Orientation, Sheet};
use crate::wrap::{self, Line};

const TITLE: Style = Style::strong(15.0);
const NEXT_TITLE: Style = Style::strong(11.0);
const CORNER: Style = Style::plain(10.0);
const SUBTITLE: Style = Style::plain(10.0);
/// What stands below a form.
pub const FOOT: Style = Style::plain(8.0);
/// What the numbers of pages take at the right.
const NUMBERS: f32 = 60.0;
/// Lines above which a title or foot is a text of its own and not a heading of every page.
const LINES: usize = 3;
/// What stands after a title, caption or label where what it heads goes on.
pub const CONTINUED: &str = "（続き）";

/// The heading and foot of a sheet.
pub struct Heading<'a> {
    face: &'a Face,
    sheet: &'a Sheet,
    corner: Vec<Line>,
    title: Vec<Line>,
    subtitle: Vec<Line>,
    foot: Vec<Line>,
    /// What lists the characters that the font lacks.
    lacking: Option<String>,
    lacking_lines: usize,
    next_top: f32,
}

impl<'a> Heading<'a> {
    /// Measures the heading of a sheet.
    pub fn new(face: &'a Face, sheet: &'a Sheet) -> Self {
        let mut heading = Self {
            face,
            sheet,
            corner: Vec::new(),
            title: Vec::new(),
            subtitle: Vec::new(),
            foot: Vec::new(),
            lacking: None,
            lacking_lines: 0,
            next_top: MARGIN,
        };
        heading.corner = wrap::wrap(face, &sheet.corner, CORNER.size, heading.corner_room());
        let between = heading.between();
        heading.title = wrap::wrap(face, &sheet.title, TITLE.size, between.1 - between.0);
        let (left, right) = heading.sides();
        heading.subtitle = wrap::wrap(face, &sheet.subtitle, SUBTITLE.size, right - left);
        heading.foot = wrap::wrap(face, &sheet.foot, FOOT.size, right - left - NUMBERS);
        let texts = sheet.texts().into_iter().chain([sheet.about.as_str()]);
        heading.lacking = lacking(face, texts.flat_map(str::lines));
        heading.lacking_lines = heading.lacking.as_ref().map_or(0, |list| heading.noted(list).len());
        heading.next_top = heading.next().1;
        heading
    }

    /// How the paper lies.
    pub fn orientation(&self) -> Orientation {
        self.sheet.orientation
    }

    /// What stands above the first page, and where the form begins.
    pub fn first(&self) -> (Vec<Item>, f32) {
        if self.is_long() {
            return (Vec::new(), MARGIN);
        }
        self.above(&self.corner, &self.title, TITLE, &self.subtitle)
    }

    /// What stands above a following page, and where the form goes on.
    pub fn next(&self) -> (Vec<Item>, f32) {
        let (left, right) = self.between();
        let (title, corner, subtitle) = if self.is_long() {
            // They stand in full on the first page.
            let room =
                right - left - self.face.width("…", NEXT_TITLE.size) - self.face.width(CONTINUED, NEXT_TITLE.size);
            (self.short(&self.sheet.title, NEXT_TITLE.size, room), Vec::new(), Vec::new())
        } else {
            (self.sheet.title.clone(), self.corner.clone(), self.subtitle.clone())
        };
        let title = wrap::wrap(self.face, &format!("{title}{CONTINUED}"), NEXT_TITLE.size, right - left);
        let mut below = subtitle;
        if !self.sheet.about.is_empty() {
            let (left, right) = self.sides();
            let room = right - left - self.face.width("…", SUBTITLE.size);
            let text = self.short(&self.sheet.about, SUBTITLE.size, room);
            below.push(Line { width: self.face.width(&text, SUBTITLE.size), text });
        }
        self.above(&corner, &title, NEXT_TITLE, &below)
    }

    /// Where a following page's form goes on.
    pub fn next_top(&self) -> f32 {
        self.next_top
    }

    /// Where the form must end.
    pub fn bottom(&self) -> f32 {
        let foot = if LINES < self.foot.len() { 1 } else { self.foot.len().max(1) };
        let lines = foot + if LINES < self.lacking_lines { 0 } else { self.lacking_lines };
        self.height() - MARGIN - lines as f32 * FOOT.height() - 4.0
    }

    /// The texts of the heading, if they are so long that they take the place of the form.
    pub fn long(&self) -> Option<Vec<(String, Style)>> {
        self.is_long().then(|| {
            [(&self.sheet.title, NEXT_TITLE), (&self.sheet.corner, CORNER), (&self.sheet.subtitle, SUBTITLE)]
                .map(|(text, style)| (text.clone(), style))
                .to_vec()
        })
    }

    /// The list of what the font lacks and the foot, if they are so long that they cannot stand below every page.
    pub fn long_below(&self) -> Vec<String> {
        let lacking = self.lacking.as_ref().filter(|_| LINES < self.lacking_lines);
        let foot = (LINES < self.foot.len()).then_some(&self.sheet.foot);
        lacking.into_iter().chain(foot).cloned().collect()
    }

    /// Puts under each page the characters on it that the font lacks and the foot, and above it its number if there are
    /// several.
    pub fn number(&self, pages: &mut [Page]) {
        let (left, right) = self.sides();
        let of = pages.len();
        for (page, number) in pages.iter_mut().zip(1..) {
            if 1 < of {
                let words = format!("{number}/{of}");
                let line = Line { width: self.face.width(&words, SUBTITLE.size), text: words };
                page.items.push(text(&line, SUBTITLE, (right - NUMBERS, right), Align::End, MARGIN + 2.0));
            }
            let mut y = self.bottom() + 4.0;
            if self.lacking_lines <= LINES {
                let list = lacking(self.face, page.texts().map(|text| text.text.as_str()));
                for (at, line) in list.iter().flat_map(|list| self.noted(list)).enumerate() {
                    page.items.push(text(&line, FOOT, (left, right), Align::Start, y + at as f32 * FOOT.height()));
                }
                y += self.lacking_lines as f32 * FOOT.height();
            }
            if self.foot.len() <= LINES {
                for line in &self.foot {
                    page.items.push(text(line, FOOT, (left, right - NUMBERS), Align::Start, y));
                    y += FOOT.height();
                }
            }
        }
    }

    fn above(&self, corner: &[Line], title: &[Line], style: Style, subtitle: &[Line]) -> (Vec<Item>, f32) {
        let (left, right) = self.sides();
        let mut items = Vec::new();
        let mut y = MARGIN;
        for line in title {
            items.push(text(line, style, self.between(), Align::Middle, y));
            y += style.height();
        }
        if !corner.is_empty() {
            let width = corner.iter().map(|line| line.width).fold(0.0, f32::max) + 12.0;
            let mut below = MARGIN + 1.5;
            for line in corner {
                items.push(text(line, CORNER, (left, left + width), Align::Middle, below));
                below += CORNER.height();
            }
            let mut edges = Edges::default();
            frame(&mut edges, (left, MARGIN), (left + width, below + 1.5), Weight::Middle);
            items.extend(edges.take());
            y = y.max(below + 1.5);
        }
        if !subtitle.is_empty() {
            y += 2.0;
        }
        for line in subtitle {
            items.push(text(line, SUBTITLE, (left, right), Align::Middle, y));
            y += SUBTITLE.height();
        }
        // The number of the page needs its line even without a title.
        (items, y.max(MARGIN + SUBTITLE.height() + 2.0) + 4.0)
    }

    /// What of a text fits in one line, and a sign that there is more.
    fn short(&self, text: &str, size: f32, width: f32) -> String {
        let lines = wrap::wrap(self.face, text, size, width);
        match lines.as_slice() {
            [] => String::new(),
            [only] => only.text.clone(),
            [first, ..] => format!("{}…", first.text),
        }
    }

    /// The lines of a list of characters.
    fn noted(&self, list: &str) -> Vec<Line> {
        let (left, right) = self.sides();
        wrap::wrap(self.face, list, FOOT.size, right - left)
    }

    fn is_long(&self) -> bool {
        LINES < self.title.len() || LINES < self.subtitle.len() || 1 < self.corner.len()
    }

    fn sides(&self) -> (f32, f32) {
        (MARGIN, paper::size(self.sheet.orientation).0 - MARGIN)
    }

    fn height(&self) -> f32 {
        paper::size(self.sheet.orientation).1
    }

    fn corner_room(&self) -> f32 {
        let (left, right) = self.sides();
        (right - left) / 4.0
    }

    /// Where the title stands: as far from the right as from the left, to be in the middle of the paper.
    fn between(&self) -> (f32, f32) {
        let corner = self.corner.iter().map(|line| line.width + 12.0).fold(0.0, f32::max).min(self.corner_room());
        let aside = corner.max(NUMBERS) + 8.0;
        let (left, right) = self.sides();
        (left + aside, right - aside)
    }
}

/// What lists the characters of lines that the font lacks.
fn lacking<'a>(face: &Face, lines: impl Iterator<Item = &'a str>) -> Option<String> {
    // Variants that the font has are one glyph with their character, so that glyphs are asked and not characters.
    let boxed = |line: &'a str| {
        let marks = face.marks(line).filter(|mark| mark.boxed);
        marks.filter_map(|mark| line[mark.bytes].chars().next()).collect::<Vec<_>>()
    };
    let characters: BTreeSet<char> = lines.flat_map(boxed).collect();
    let list = characters.iter().map(|character| format!("「{character}」(U+{:04X})", u32::from(*character)));
    (!characters.is_empty()).then(|| format!("印刷できない文字: {}", list.collect::<Vec<_>>().join(" ")))
}

/// Puts the number in the pack under each page.
pub fn number_pack(face: &Face, pages: &mut [Page]) {
    let of = pages.len();
    for (page, number) in pages.iter_mut().zip(1..) {
        let (width, height) = paper::size(page.orientation);
        let words = format!("{number} / {of}");
        let line = Line { width: face.width(&words, FOOT.size), text: words };
        let sides = (MARGIN, width - MARGIN);
        page.items.push(text(&line, FOOT, sides, Align::End, height - MARGIN - FOOT.height()));
    }
}
