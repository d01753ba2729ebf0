//! Rows of framed cells, on one page if they fit there and else on as many as they need.

use super::flow::{Flow, Style, frame};
use super::paper::{Item, Weight};
use crate::sheet::Align;
use crate::wrap::Line;

/// What is shown in grey: 9 % black, which a fax turns into few enough dots that a numeral on them can be read. That is
/// also why nothing else is grey, labels least of all.
const SHADE: u8 = 232;
/// How far the frame of a cell that differs stands inside.
const INSIDE: f32 = 1.1;
/// In a higher cell, text stands at the top, where eyes look for it.
const TALL: f32 = 90.0;
/// Sums of roundings must not push a row from a page that holds it.
const HAIR: f32 = 0.05;

/// A cell, measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Boxed {
    /// Left and right edge.
    pub sides: (f32, f32),
    /// First row and rows that it spans.
    pub row: usize,
    /// How many, 1 and more.
    pub rows: usize,
    /// Its text.
    pub lines: Vec<(Line, Style)>,
    /// What stands above the rest of the text where a page broke it.
    pub again: Vec<(Line, Style)>,
    /// Where the text stands from left to right.
    pub align: Align,
    /// It stands in the middle from top to bottom, if the cell is not high.
    pub centred: bool,
    /// It is shown again on the next page if its rows go on there.
    pub repeats: bool,
    /// In grey.
    pub shaded: bool,
    /// With a frame of its own.
    pub differs: bool,
    /// Space beside and above the text.
    pub pad: (f32, f32),
    /// How high it is at least.
    pub least: f32,
}

/// The lines above and below rows.
#[derive(Clone, Copy, Debug)]
pub struct Rims {
    /// Above the first row.
    pub top: Weight,
    /// Below the last row.
    pub bottom: Weight,
    /// Left and right edge of the table, where lines are stronger.
    pub sides: (f32, f32),
}

/// Rows of cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// By row, and then from left to right.
    pub cells: Vec<Boxed>,
    /// How many rows.
    pub count: usize,
    /// Height of a row without any text.
    pub least: f32,
}

impl Boxed {
    fn height(&self) -> f32 {
        self.least.max(height(&self.lines) + 2.0 * self.pad.1)
    }

    fn end(&self) -> usize {
        self.row + self.rows
    }
}

impl Rows {
    /// How high each row is if no page breaks them.
    pub fn heights(&self) -> Vec<f32> {
        let mut heights = vec![self.least; self.count];
        for cell in self.cells.iter().filter(|cell| cell.rows == 1) {
            heights[cell.row] = heights[cell.row].max(cell.height());
        }
        let mut spanning: Vec<&Boxed> = self.cells.iter().filter(|cell| 1 < cell.rows).collect();
        spanning.sort_by_key(|cell| cell.rows);
        for cell in spanning {
            let spanned = &mut heights[cell.row..cell.end()];
            let lacking = (cell.height() - spanned.iter().sum::<f32>()).max(0.0) / cell.rows as f32;
            spanned.iter_mut().for_each(|height| *height += lacking);
        }
        heights
    }

    /// Shows all rows on this page, which must have the room.
    pub fn whole(&self, flow: &mut Flow<'_>, heights: &[f32], rims: Rims) {
        let mut shown = vec![0; self.cells.len()];
        let slices: Vec<Slice> =
            heights.iter().enumerate().map(|(row, height)| Slice { row, height: *height, begins: true }).collect();
        self.part(flow, &slices, &mut shown, rims);
    }

    /// Shows the rows on as many pages as they need. `turn` goes on to the next page, with what is repeated there.
    pub fn broken(&self, flow: &mut Flow<'_>, rims: Rims, mut turn: impl FnMut(&mut Flow<'_>)) {
        let mut shown = vec![0; self.cells.len()];
        let mut ending: Vec<Vec<usize>> = vec![Vec::new(); self.count];
        for (index, cell) in self.cells.iter().enumerate() {
            ending[cell.end() - 1].push(index);
        }
        let mut row = 0;
        let mut begins = true;
        // A page on which nothing found room: the next one must take something.
        let mut stuck = false;
        while row < self.count {
            let room = flow.room();
            let mut slices: Vec<Slice> = Vec::new();
            let mut filled = 0.0;
            while row < self.count {
                let height = self.need(&ending[row], begins, &slices, &shown);
                if filled + height <= room + HAIR {
                    slices.push(Slice { row, height, begins });
                    filled += height;
                    row += 1;
                    begins = true;
                    continue;
                }
                // A row is broken only if no page holds it, or if it already was.
                let breaks = !begins || stuck || flow.body() * 0.8 < height;
                let rest = room - filled;
                if breaks && (stuck || self.worth(row) <= rest) {
                    slices.push(Slice { row, height: rest, begins });
                    begins = false;
                }
                break;
            }
            stuck = slices.is_empty();
            let ends = row == self.count;
            let bottom = if ends { rims.bottom } else { Weight::Middle };
            self.part(flow, &slices, &mut shown, Rims { bottom, ..rims });
            if !ends {
                turn(flow);
            }
        }
    }

    /// What a row needs for all that has not been shown of the cells that end in it.
    fn need(&self, ending: &[usize], begins: bool, slices: &[Slice], shown: &[usize]) -> f32 {
        let mut need = if begins { self.least } else { 0.0 };
        for (cell, shown) in ending.iter().map(|index| (&self.cells[*index], shown[*index])) {
            let above: f32 = slices.iter().filter(|slice| cell.row <= slice.row).map(|slice| slice.height).sum();
            let mut text = height(&cell.lines[shown..]) + 2.0 * cell.pad.1;
            if 0 < shown {
                text += height(&cell.again);
            }
            if begins && cell.rows == 1 {
                text = text.max(cell.least);
            }
            need = need.max(text - above);
        }
        need
    }

    /// Less of a row than this is not worth a break.
    fn worth(&self, row: usize) -> f32 {
        let cells = self.cells.iter().filter(|cell| cell.row <= row && row < cell.end());
        cells.map(|cell| height(&cell.lines[..cell.lines.len().min(3)]) + 2.0 * cell.pad.1).fold(self.least, f32::max)
    }

    /// Shows slices of rows at the place where the page is, and goes below them.
    fn part(&self, flow: &mut Flow<'_>, slices: &[Slice], shown: &mut [usize], rims: Rims) {
        let (Some(first), Some(last)) = (slices.first(), slices.last()) else { return };
        let top = flow.y;
        let below =
            |row: usize| top + slices.iter().filter(|slice| slice.row < row).map(|slice| slice.height).sum::<f32>();
        for (cell, shown) in self.cells.iter().zip(shown) {
            if last.row < cell.row || cell.end() <= first.row {
                continue;
            }
            let (y0, y1) = (below(cell.row), below(cell.end()));
            let goes_on = cell.row < first.row || (cell.row == first.row && !first.begins);
            self.frame(flow, cell, (y0, y1), rims, (cell.row <= first.row, last.row < cell.end()));
            let lines = cell.next(shown, goes_on, y1 - y0);
            let rest = y1 - y0 - height(&lines);
            let whole = lines.len() == cell.lines.len();
            let mut y = if cell.centred && whole && y1 - y0 < TALL {
                y0 + (rest / 2.0).max(cell.pad.1)
            } else {
                y0 + cell.pad.1
            };
            let sides = (cell.sides.0 + cell.pad.0, cell.sides.1 - cell.pad.0);
            for (line, style) in &lines {
                flow.text(line, *style, sides, cell.align, y);
                y += style.height();
            }
        }
        flow.y = below(last.row + 1);
    }

    fn frame(&self, flow: &mut Flow<'_>, cell: &Boxed, (y0, y1): (f32, f32), rims: Rims, (top, bottom): (bool, bool)) {
        let (left, right) = cell.sides;
        if cell.shaded {
            flow.push(Item::Grey { at: (left, y0), size: (right - left, y1 - y0), tone: SHADE });
        }
        let at = |x: f32, side: f32| if (x - side).abs() < HAIR { Weight::Middle } else { Weight::Thin };
        let edges = flow.edges();
        edges.across(y0, left, right, if top { rims.top } else { Weight::Thin });
        edges.across(y1, left, right, if bottom { rims.bottom } else { Weight::Thin });
        edges.down(left, y0, y1, at(left, rims.sides.0));
        edges.down(right, y0, y1, at(right, rims.sides.1));
        if cell.differs {
            frame(edges, (left + INSIDE, y0 + INSIDE), (right - INSIDE, y1 - INSIDE), Weight::Thick);
        }
    }
}

impl Boxed {
    /// The lines that are shown next in a height.
    fn next(&self, shown: &mut usize, goes_on: bool, room: f32) -> Vec<(Line, Style)> {
        let room = room - 2.0 * self.pad.1 + HAIR;
        if *shown < self.lines.len() {
            let rest = &self.lines[*shown..];
            let again = if goes_on && 0 < *shown { self.again.as_slice() } else { &[] };
            let first = rest.first().map_or(0.0, |(_, style)| style.height());
            let again = if height(again) + first <= room { again } else { &[] };
            let fitting = fitting(rest, room - height(again));
            *shown += fitting.len();
            return [again, fitting].concat();
        }
        if goes_on && self.repeats { fitting(&self.lines, room).to_vec() } else { Vec::new() }
    }
}

/// A part of a row on one page.
#[derive(Clone, Copy, Debug)]
struct Slice {
    row: usize,
    height: f32,
    /// The row was not on a page before.
    begins: bool,
}

fn height(lines: &[(Line, Style)]) -> f32 {
    lines.iter().map(|(_, style)| style.height()).sum()
}

fn fitting(lines: &[(Line, Style)], room: f32) -> &[(Line, Style)] {
    let mut reached = 0.0;
    let count = lines.iter().take_while(|(_, style)| {
        reached += style.height();
        reached <= room
    });
    &lines[..count.count()]
}
