//! Tables: cells in columns.

use std::collections::BTreeMap;

use super::cells::{Boxed, Rims, Rows};
use super::flow::{Flow, Style};
use super::heading::CONTINUED;
use super::paper::Weight;
use crate::face::Face;
use crate::sheet::{Align, Placed, SHARES, Table, placed};
use crate::wrap;

/// Usual text in tables.
const SIZE: f32 = 9.0;
/// What stands above a table.
const CAPTION: Style = Style::strong(SIZE);
/// Text of tables with many columns.
const SMALL: f32 = 7.0;
/// Space beside and above the text.
const PAD: (f32, f32) = (2.5, 1.6);
/// What the frame of a cell that differs takes on each side.
const FRAME: f32 = 1.2;
/// The same in tables with many columns.
const SMALL_PAD: (f32, f32) = (1.8, 0.9);
/// A heading that takes more of the page than this is not repeated.
const HEAD: f32 = 0.4;
/// A column narrower than this shows nothing.
const NARROWEST: f32 = 3.0;

/// Something that stands in no column, or in one without width.
#[derive(Debug)]
pub struct Unfit;

/// Shows a table; `says_again` has its caption stand on following pages too.
pub fn table(flow: &mut Flow<'_>, table: &Table, says_again: bool) -> Result<(), Unfit> {
    let grid = Grid::new(flow, table)?;
    let columns = table.widths.len();
    let head = placed(&table.head, columns).ok_or(Unfit)?;
    let head = grid.rows(&head, table.head.len(), |cell| grid.size(cell));
    let groups: Option<Vec<_>> = table.groups.iter().map(|group| placed(group, columns)).collect();
    let groups = groups.ok_or(Unfit)?;
    // Texts below each other are of one size, and sums of one: else one looks as if it mattered less.
    let mut sizes: BTreeMap<_, f32> = BTreeMap::new();
    for cell in groups.iter().flatten() {
        let size = grid.size(cell);
        sizes.entry((cell.columns, cell.strong)).and_modify(|least| *least = least.min(size)).or_insert(size);
    }
    let groups: Vec<Rows> = groups
        .iter()
        .zip(&table.groups)
        .map(|(cells, group)| grid.rows(cells, group.len(), |cell| sizes[&(cell.columns, cell.strong)]))
        .collect();
    let groups: Vec<(Rows, Vec<f32>)> = groups
        .into_iter()
        .map(|group| {
            let heights = group.heights();
            (group, heights)
        })
        .collect();
    let height = |index: usize| groups.get(index).map_or(0.0, |(_, heights)| heights.iter().sum::<f32>());
    let heights = head.heights();
    let mut above: f32 = heights.iter().sum();
    let repeated = above <= flow.body() * HEAD;

    // A small last group takes the one before it along, not to stand alone under a heading.
    let last = groups.len().saturating_sub(1);
    let is_small = |index: usize| height(index) < flow.body() / 4.0;
    let pair = (0 < last && is_small(last - 1) && is_small(last)).then(|| last - 1);
    let room_for = |index: usize| height(index) + if pair == Some(index) { height(last) } else { 0.0 };

    let mut again = None;
    if table.shows_caption && !table.caption.is_empty() {
        flow.keep(flow.set(CAPTION).height() + above + room_for(0).min(flow.body() / 2.0));
        flow.paragraph(&table.caption, CAPTION);
        let words = format!("{}{CONTINUED}", table.caption);
        let (left, right) = flow.sides();
        // A caption of several lines stands in full on the first page.
        let fits = |words: &String| wrap::wrap(flow.face, words, CAPTION.size, right - left).len() == 1;
        again = Some(words).filter(|words| says_again && fits(words));
    }
    let above_again = again.as_ref().map_or(0.0, |_| flow.set(CAPTION).height());
    let several = table.groups.iter().any(|group| 1 < group.len());
    let between = if several { Weight::Middle } else { Weight::Thin };
    let sides = grid.sides();
    let show_head = |flow: &mut Flow<'_>| {
        head.whole(flow, &heights, Rims { top: Weight::Middle, bottom: Weight::Middle, sides });
    };
    let turn = |flow: &mut Flow<'_>| {
        // What is above the break gets its lower line.
        let y = flow.y;
        flow.edges().across(y, sides.0, sides.1, Weight::Middle);
        flow.turn();
        if let Some(words) = &again {
            flow.paragraph(words, CAPTION);
        }
        if repeated {
            show_head(flow);
        }
    };

    let mut begun = false;
    if !repeated {
        above = 0.0;
        let rims = Rims { top: Weight::Middle, bottom: Weight::Middle, sides };
        head.broken(flow, rims, |flow| flow.turn());
        begun = true;
    }
    for (index, (group, heights)) in groups.iter().enumerate() {
        let height_here = height(index);
        let fits = height_here <= flow.body() - above - above_again;
        let needed = if fits { room_for(index) } else { (flow.body() / 4.0).min(height_here) };
        if begun {
            if flow.room() < needed {
                turn(flow);
            }
        } else {
            flow.keep(needed + above);
            show_head(flow);
            begun = true;
        }
        let bottom = if index == last { Weight::Middle } else { between };
        let rims = Rims { top: if index == 0 { Weight::Middle } else { between }, bottom, sides };
        if fits {
            group.whole(flow, heights, rims);
        } else {
            group.broken(flow, rims, turn);
        }
    }
    if !begun {
        flow.keep(above);
        show_head(flow);
    }
    Ok(())
}

struct Grid<'a> {
    face: &'a Face,
    /// Where columns begin, and where the last ends.
    columns: Vec<f32>,
    style: Style,
    pad: (f32, f32),
}

impl<'a> Grid<'a> {
    fn new(flow: &Flow<'a>, table: &Table) -> Result<Self, Unfit> {
        let mut x = flow.sides().0;
        let sum: u32 = table.widths.iter().copied().map(u32::from).sum();
        let scale = if u32::from(SHARES) < sum { f32::from(SHARES) / sum as f32 } else { 1.0 };
        let mut columns = vec![x];
        for width in &table.widths {
            let width = f32::from(*width) * flow.share() * scale;
            if width < NARROWEST {
                return Err(Unfit);
            }
            x += width;
            columns.push(x);
        }
        let (size, pad) = if table.small { (SMALL, SMALL_PAD) } else { (SIZE, PAD) };
        let pad = (pad.0, pad.1 * flow.spacing.pad);
        Ok(Self { face: flow.face, columns, style: flow.set(Style::plain(size)), pad })
    }

    fn sides(&self) -> (f32, f32) {
        let left = self.columns.first().copied().unwrap_or_default();
        (left, self.columns.last().copied().unwrap_or(left))
    }

    fn rows(&self, cells: &[Placed<'_>], count: usize, size: impl Fn(&Placed<'_>) -> f32) -> Rows {
        let cells = cells.iter().map(|cell| self.boxed(cell, size(cell))).collect();
        Rows { cells, count, least: self.style.height() + 2.0 * self.pad.1 }
    }

    /// Space beside the text of a cell, and what is left for the text.
    fn room(&self, placed: &Placed<'_>) -> (f32, f32) {
        let width = self.columns[placed.columns.1] - self.columns[placed.columns.0];
        let beside = self.pad.0.min(width / 10.0) + if placed.cell.differs { FRAME } else { 0.0 };
        (beside, width - 2.0 * beside)
    }

    /// The size at which the text of a cell would stand by itself.
    fn size(&self, placed: &Placed<'_>) -> f32 {
        wrap::size(self.face, &placed.cell.text, self.style.size, self.room(placed).1)
    }

    fn boxed(&self, placed: &Placed<'_>, size: f32) -> Boxed {
        let Placed { cell, strong, columns: (from, to), rows: (row, rows) } = *placed;
        let (beside, room) = self.room(placed);
        let style = Style { size, strong, ..self.style };
        let lines = wrap::wrap(self.face, &cell.text, size, room).into_iter().map(|line| (line, style));
        Boxed {
            sides: (self.columns[from], self.columns[to]),
            row,
            rows,
            lines: lines.collect(),
            again: Vec::new(),
            align: cell.align,
            // Long texts and what stands beside them begin at the same height; all others stand in the middle.
            centred: self.style.size < SIZE || cell.align != Align::Start,
            repeats: cell.heads || 1 < rows,
            shaded: cell.shaded,
            differs: cell.differs,
            // However tight the form is set, the frame keeps off the letters.
            pad: (beside, if cell.differs { self.pad.1.max(SMALL_PAD.1) + FRAME } else { self.pad.1 }),
            least: 0.0,
        }
    }
}
