//! Tables: cells in columns.

use super::cells::{Boxed, Rims, Rows};
use super::face::Face;
use super::flow::{Flow, Style};
use super::paper::Weight;
use super::wrap;
use crate::sheet::{Align, Row, SHARES, Table};

/// Usual text in tables.
const SIZE: f32 = 9.0;
/// What stands above a table.
const CAPTION: Style = Style::strong(SIZE);
/// Text of tables with many columns.
const SMALL: f32 = 7.0;
/// Space beside and above the text.
const PAD: (f32, f32) = (2.5, 1.6);
/// The same in tables with many columns.
const SMALL_PAD: (f32, f32) = (1.8, 0.9);
/// A heading that takes more of the page than this is not repeated.
const HEAD: f32 = 0.4;
/// A column narrower than this shows nothing.
const NARROWEST: f32 = 3.0;

/// Something that stands in no column, or in one without width.
#[derive(Debug)]
pub struct Unfit;

/// Shows a table.
pub fn table(flow: &mut Flow<'_>, table: &Table) -> Result<(), Unfit> {
    let grid = Grid::new(flow, table)?;
    let head = grid.rows(&table.head)?;
    let groups = table.groups.iter().map(|group| grid.rows(group)).collect::<Result<Vec<_>, _>>()?;
    let heights = head.heights();
    let mut above: f32 = heights.iter().sum();
    let repeated = above <= flow.body() * HEAD;

    if table.shows_caption && !table.caption.is_empty() {
        let first = groups.first().map_or(0.0, |group| group.heights().iter().sum::<f32>());
        flow.keep(flow.set(CAPTION).height() + above + first.min(flow.body() / 2.0));
        flow.paragraph(&table.caption, CAPTION);
    }
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
    let last = groups.len().saturating_sub(1);
    for (index, group) in groups.iter().enumerate() {
        let heights = group.heights();
        let height: f32 = heights.iter().sum();
        let fits = height <= flow.body() - above;
        let needed = if fits { height } else { (flow.body() / 4.0).min(height) };
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
            group.whole(flow, &heights, rims);
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

    fn rows(&self, rows: &[Row]) -> Result<Rows, Unfit> {
        let width = self.columns.len() - 1;
        // How many rows, counted from the present one, each column is taken for.
        let mut taken = vec![0; width];
        let mut cells = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            let mut column = 0;
            for cell in &row.cells {
                while taken.get(column).is_some_and(|taken| 0 < *taken) {
                    column += 1;
                }
                let end = column + usize::from(cell.columns.max(1));
                let spanned = taken.get_mut(column..end).ok_or(Unfit)?;
                if spanned.iter().any(|taken| 0 < *taken) {
                    return Err(Unfit);
                }
                // A span ends with its group.
                let down = usize::from(cell.rows.max(1)).min(rows.len() - number);
                spanned.fill(down);
                cells.push(self.boxed(cell, row.strong, (column, end), (number, down)));
                column = end;
            }
            taken.iter_mut().for_each(|taken: &mut usize| *taken = taken.saturating_sub(1));
        }
        Ok(Rows { cells, count: rows.len(), least: self.style.height() + 2.0 * self.pad.1 })
    }

    fn boxed(
        &self,
        cell: &crate::sheet::Cell,
        strong: bool,
        (from, to): (usize, usize),
        (row, rows): (usize, usize),
    ) -> Boxed {
        let (left, right) = (self.columns[from], self.columns[to]);
        let beside = self.pad.0.min((right - left) / 10.0) + if cell.differs { 1.2 } else { 0.0 };
        let room = right - left - 2.0 * beside;
        let (size, lines) = wrap::set(self.face, &cell.text, self.style.size, room);
        // Long texts and what stands beside them begin at the same height; headings and short texts stand in the middle.
        let centred = self.style.size < SIZE || cell.heads && cell.align == Align::Middle;
        Boxed {
            sides: (left, right),
            row,
            rows,
            lines: lines.into_iter().map(|line| (line, Style { size, strong, ..self.style })).collect(),
            again: Vec::new(),
            align: cell.align,
            centred,
            repeats: cell.heads || 1 < rows,
            shaded: cell.shaded,
            differs: cell.differs,
            pad: (beside, self.pad.1),
            least: 0.0,
        }
    }
}
