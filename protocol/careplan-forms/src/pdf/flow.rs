//! Pages being filled from top to bottom.

use super::edges::Edges;
use super::heading::{FOOT, Heading};
use super::paper::{self, Item, MARGIN, Page, Text, Weight};
use crate::face::Face;
use crate::sheet::{Align, Sheet};
use crate::wrap::{self, Line};

/// Usual height of a line of text, in ems.
pub const LEAD: f32 = 1.3;
/// How far the line on which text stands is below the top of the em, in ems.
const ASCENT: f32 = 0.88;

/// A sheet's pages so far, and where the next thing goes.
pub struct Flow<'a> {
    /// Measures text.
    pub face: &'a Face,
    /// Where the next thing goes.
    pub y: f32,
    /// How much white there is.
    pub spacing: Spacing,
    heading: Heading<'a>,
    pages: Vec<Page>,
    edges: Edges,
    top: f32,
}

/// How a line of text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Height of an em, in points.
    pub size: f32,
    /// Height of a line, in ems.
    pub lead: f32,
    /// Shown stronger.
    pub strong: bool,
}

/// How much white there is. Letters are of the same size either way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spacing {
    /// Height of a line of text, in ems.
    pub lead: f32,
    /// What of the usual space above and below the text of a cell is left.
    pub pad: f32,
    /// Between blocks, in points.
    pub gap: f32,
    /// For a signature, in points.
    pub sign: f32,
}

/// As forms are.
pub const USUAL: Spacing = Spacing { lead: LEAD, pad: 1.0, gap: 5.0, sign: 27.0 };
/// For a form that so fits one page.
pub const TIGHT: Spacing = Spacing { lead: 1.16, pad: 0.5, gap: 3.0, sign: 22.0 };

impl Spacing {
    /// A part of the way to another: 0 is here, 1 is there.
    pub fn towards(self, other: Self, part: f32) -> Self {
        let between = |from: f32, to: f32| from + (to - from) * part;
        Self {
            lead: between(self.lead, other.lead),
            pad: between(self.pad, other.pad),
            gap: between(self.gap, other.gap),
            sign: between(self.sign, other.sign),
        }
    }
}

impl Style {
    /// Text of a size.
    pub const fn plain(size: f32) -> Self {
        Self { size, lead: LEAD, strong: false }
    }

    /// Stronger text of a size.
    pub const fn strong(size: f32) -> Self {
        Self { size, lead: LEAD, strong: true }
    }

    /// How high a line is, in points.
    pub fn height(self) -> f32 {
        self.size * self.lead
    }
}

impl<'a> Flow<'a> {
    /// The first page of a sheet, with its heading.
    pub fn new(face: &'a Face, sheet: &'a Sheet, spacing: Spacing) -> Self {
        let heading = Heading::new(face, sheet);
        let mut flow = Self {
            face,
            y: MARGIN,
            spacing,
            heading,
            pages: vec![Page::empty(sheet.orientation)],
            edges: Edges::default(),
            top: MARGIN,
        };
        let (items, y) = flow.heading.first();
        flow.put(items, y);
        if let Some(texts) = flow.heading.long() {
            for (text, style) in texts {
                flow.paragraph(&text, style);
                flow.gap();
            }
        }
        flow
    }

    /// Left and right edge of what may be written on.
    pub fn sides(&self) -> (f32, f32) {
        (MARGIN, paper::size(self.heading.orientation()).0 - MARGIN)
    }

    /// How wide a share of the paper is.
    pub fn share(&self) -> f32 {
        let (left, right) = self.sides();
        (right - left) / f32::from(crate::sheet::SHARES)
    }

    /// A style as it is set on this sheet.
    pub fn set(&self, style: Style) -> Style {
        Style { lead: self.spacing.lead, ..style }
    }

    /// What is left of the page.
    pub fn room(&self) -> f32 {
        self.heading.bottom() - self.y
    }

    /// What a following page holds.
    pub fn body(&self) -> f32 {
        self.heading.bottom() - self.heading.next_top()
    }

    /// Whether nothing stands below the heading of this page.
    pub fn fresh(&self) -> bool {
        self.y <= self.top
    }

    /// Goes on on a new page.
    pub fn turn(&mut self) {
        self.settle();
        self.pages.push(Page::empty(self.heading.orientation()));
        let (items, y) = self.heading.next();
        self.put(items, y);
    }

    /// Goes on on a new page unless so much is left of this one. What no page holds begins where it is.
    pub fn keep(&mut self, height: f32) {
        if self.room() < height && !self.fresh() && height <= self.body() {
            self.turn();
        }
    }

    /// Leaves some space, though not at the top of a page.
    pub fn gap(&mut self) {
        if !self.fresh() {
            self.y += self.spacing.gap;
        }
    }

    /// Something on this page.
    pub fn push(&mut self, item: Item) {
        if let Some(page) = self.pages.last_mut() {
            page.items.push(item);
        }
    }

    /// The lines of frames on this page.
    pub fn edges(&mut self) -> &mut Edges {
        &mut self.edges
    }

    /// A line of text in a part of the page; its top is given.
    pub fn text(&mut self, line: &Line, style: Style, (left, right): (f32, f32), align: Align, top: f32) {
        self.push(text(line, style, (left, right), align, top));
    }

    /// Text as wide as the page, on as many pages as it needs.
    pub fn paragraph(&mut self, words: &str, style: Style) {
        let style = self.set(style);
        let sides = self.sides();
        let lead = style.height();
        for line in wrap::wrap(self.face, words, style.size, sides.1 - sides.0) {
            if self.room() < lead {
                self.turn();
            }
            self.text(&line, style, sides, Align::Start, self.y);
            self.y += lead;
        }
    }

    /// All pages, numbered if there are several.
    pub fn finish(mut self) -> Vec<Page> {
        for text in self.heading.long_below() {
            self.gap();
            self.paragraph(&text, FOOT);
        }
        self.settle();
        self.heading.number(&mut self.pages);
        self.pages
    }

    fn put(&mut self, items: Vec<Item>, y: f32) {
        items.into_iter().for_each(|item| self.push(item));
        self.y = y;
        self.top = y;
    }

    /// Draws the frames of this page.
    fn settle(&mut self) {
        for item in self.edges.take() {
            self.push(item);
        }
    }
}

/// A line of text between two sides; its top is given.
pub fn text(line: &Line, style: Style, (left, right): (f32, f32), align: Align, top: f32) -> Item {
    let x = match align {
        Align::Start => left,
        Align::Middle => left + ((right - left - line.width) / 2.0).max(0.0),
        Align::End => (right - line.width).max(left),
    };
    let baseline = top + style.size * ((style.lead - 1.0) / 2.0 + ASCENT);
    Item::Text(Text { x, baseline, size: style.size, width: line.width, strong: style.strong, text: line.text.clone() })
}

/// The four sides of a frame.
pub fn frame(edges: &mut Edges, (left, top): (f32, f32), (right, bottom): (f32, f32), weight: Weight) {
    edges.across(top, left, right, weight);
    edges.across(bottom, left, right, weight);
    edges.down(left, top, bottom, weight);
    edges.down(right, top, bottom, weight);
}
