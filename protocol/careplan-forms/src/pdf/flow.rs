//! Pages being filled from top to bottom.

use super::edges::Edges;
use super::face::Face;
use super::heading::Heading;
use super::paper::{self, Item, MARGIN, Page, Text, Weight};
use super::wrap::{self, Line};
use crate::sheet::{Align, Sheet};

/// Height of a line of text, in ems.
pub const LEAD: f32 = 1.3;
/// How far the line on which text stands is below the top of the em, in ems.
const ASCENT: f32 = 0.88;

/// A sheet's pages so far, and where the next thing goes.
pub struct Flow<'a> {
    /// Measures text.
    pub face: &'a Face,
    /// Where the next thing goes.
    pub y: f32,
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
    /// Shown stronger.
    pub strong: bool,
}

impl<'a> Flow<'a> {
    /// The first page of a sheet, with its heading.
    pub fn new(face: &'a Face, sheet: &'a Sheet) -> Self {
        let heading = Heading::new(face, sheet);
        let mut flow = Self {
            face,
            y: MARGIN,
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
            self.y += 5.0;
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
        let sides = self.sides();
        let lead = style.size * LEAD;
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
        if let Some(foot) = self.heading.long_foot() {
            self.gap();
            self.paragraph(foot, Style { size: 8.0, strong: false });
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
    let baseline = top + style.size * ((LEAD - 1.0) / 2.0 + ASCENT);
    Item::Text(Text { x, baseline, size: style.size, width: line.width, strong: style.strong, text: line.text.clone() })
}

/// The four sides of a frame.
pub fn frame(edges: &mut Edges, (left, top): (f32, f32), (right, bottom): (f32, f32), weight: Weight) {
    edges.across(top, left, right, weight);
    edges.across(bottom, left, right, weight);
    edges.down(left, top, bottom, weight);
    edges.down(right, top, bottom, weight);
}
