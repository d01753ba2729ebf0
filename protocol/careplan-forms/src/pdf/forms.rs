//! The blocks of a sheet, one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cells::{Boxed, Rims, Rows};
use super::flow::{Flow, Spacing, Style, TIGHT, USUAL};
use super::grid;
use super::heading::CONTINUED;
use super::paper::{Item, Page, Weight};
use super::photo::{self, Photo};
use crate::face::Face;
use crate::sheet::{Align, Block, Field, Line, Picture, Sheet};
use crate::wrap;

const TEXT: Style = Style::plain(9.5);
const HEADING: Style = Style::strong(10.0);
const LABEL: Style = Style::plain(8.5);
/// Space beside and above the text of a field.
const PAD: (f32, f32) = (3.0, 2.2);
/// Narrower than this many ems, a field has its label above its value.
const NARROW: f32 = 5.0;

/// A block that does not fit its columns.
#[derive(Debug)]
pub struct Misfit {
    /// Which of the sheet, counted from 0.
    pub block: usize,
}

/// The pages of a sheet: set with less white if it then fits one page, and with no less than that needs.
pub fn place(face: &Face, sheet: &Sheet) -> Result<Vec<Page>, Misfit> {
    let form = Form::new(sheet);
    let usual = form.set(face, USUAL)?;
    if usual.len() != 2 || 1 < form.set(face, TIGHT)?.len() {
        return Ok(usual);
    }
    for part in [0.3, 0.6] {
        let between = form.set(face, USUAL.towards(TIGHT, part))?;
        if between.len() == 1 {
            return Ok(between);
        }
    }
    form.set(face, TIGHT)
}

/// A sheet whose pictures have been looked at.
pub struct Form<'a> {
    sheet: &'a Sheet,
    /// By block.
    photos: Vec<Option<Photo>>,
}

impl<'a> Form<'a> {
    /// Looks at the pictures of a sheet.
    pub fn new(sheet: &'a Sheet) -> Self {
        let photo = |block: &Block| match block {
            Block::Picture(picture) => photo::read(&picture.jpeg),
            _ => None,
        };
        Self { sheet, photos: sheet.blocks.iter().map(photo).collect() }
    }

    /// The pages with so much white.
    pub fn set(&self, face: &Face, spacing: Spacing) -> Result<Vec<Page>, Misfit> {
        let mut flow = Flow::new(face, self.sheet, spacing);
        let has_caption = |block: &&Block| matches!(block, Block::Table(table) if table.shows_caption);
        // Where one table only has a caption, the form's title says enough on following pages.
        let says_again = 1 < self.sheet.blocks.iter().filter(has_caption).count();
        for (block, (content, photo)) in self.sheet.blocks.iter().zip(&self.photos).enumerate() {
            flow.gap();
            match content {
                Block::Fields(lines) => fields(&mut flow, lines).map_err(|_| Misfit { block })?,
                Block::Table(table) => grid::table(&mut flow, table, says_again).map_err(|_| Misfit { block })?,
                Block::Heading(text) => {
                    // With something of what it heads.
                    flow.keep(flow.set(HEADING).height() + 60.0);
                    flow.paragraph(text, HEADING);
                    flow.y -= 2.0;
                }
                Block::Paragraph(text) => flow.paragraph(text, TEXT),
                Block::Picture(picture) => show(&mut flow, picture, *photo),
                Block::Signature(before) => signature(&mut flow, before),
            }
        }
        Ok(flow.finish())
    }
}

/// Shows labelled values. Labels that begin at the same place are equally wide, as on forms drawn with a ruler.
fn fields(flow: &mut Flow<'_>, lines: &[Line]) -> Result<(), grid::Unfit> {
    let labels = label_widths(flow, lines);
    let last = lines.len().saturating_sub(1);
    // Where the frame of the line above ends.
    let mut above = None;
    for (index, line) in lines.iter().enumerate() {
        let rows = row(flow, line, &labels)?;
        let heights = rows.heights();
        let height: f32 = heights.iter().sum();
        let fits = height <= flow.body();
        if flow.room() < if fits { height } else { flow.body() / 4.0 } {
            if let Some(right) = above {
                let (y, left) = (flow.y, flow.sides().0);
                flow.edges().across(y, left, right, Weight::Middle);
            }
            flow.turn();
        }
        above = rows.cells.last().map(|cell| cell.sides.1);
        let rim = |outer: bool| if outer { Weight::Middle } else { Weight::Thin };
        let first = index == 0 || flow.fresh();
        let rims = Rims { top: rim(first), bottom: rim(index == last), sides: flow.sides() };
        if fits {
            rows.whole(flow, &heights, rims);
        } else {
            rows.broken(flow, rims, |flow| flow.turn());
        }
    }
    Ok(())
}

fn row(flow: &Flow<'_>, line: &Line, labels: &BTreeMap<u16, f32>) -> Result<Rows, grid::Unfit> {
    let sum: u32 = line.iter().map(|field| u32::from(field.shares)).sum();
    let scale = if u32::from(crate::sheet::SHARES) < sum { f32::from(crate::sheet::SHARES) / sum as f32 } else { 1.0 };
    let share = flow.share() * scale;
    let pad = PAD.1 * flow.spacing.pad;
    let least = flow.set(TEXT).height() + 2.0 * pad;
    let mut cells = Vec::new();
    let mut place = 0;
    for field in line {
        if field.shares == 0 {
            return Err(grid::Unfit);
        }
        let left = flow.sides().0 + f32::from(place) * share;
        let right = left + f32::from(field.shares) * share;
        // Never narrower than this field's own label was measured.
        let label = labels.get(&place).copied().unwrap_or_default().min((right - left) / 2.0);
        place += field.shares;
        let room = flow.body() * 0.7;
        let height = f32::from(field.lines.max(1)) * flow.set(TEXT).height();
        if is_above(field, right - left) {
            let mut cell = boxed(flow, &field.value, TEXT, (left, right), Align::Start);
            let label = boxed(flow, &field.label, LABEL, (left, right), Align::Start).lines;
            cell.least = (height + label.len() as f32 * flow.set(LABEL).height() + 2.0 * pad).min(room);
            cell.again = match field.label.as_str() {
                "" => Vec::new(),
                words => boxed(flow, &format!("{words}{CONTINUED}"), LABEL, (left, right), Align::Start).lines,
            };
            cell.lines.splice(0..0, label);
            cells.push(cell);
            continue;
        }
        let between = if field.label.is_empty() { left } else { left + label };
        if !field.label.is_empty() {
            let mut cell = boxed(flow, &field.label, LABEL, (left, between), Align::Start);
            cell.centred = true;
            cell.repeats = true;
            cells.push(cell);
        }
        let mut cell = boxed(flow, &field.value, TEXT, (between, right), Align::Start);
        cell.centred = field.lines <= 1;
        cell.least = (height + 2.0 * pad).min(room);
        cells.push(cell);
    }
    Ok(Rows { cells, count: 1, least })
}

/// How wide the labels are, by where their fields begin.
fn label_widths(flow: &Flow<'_>, lines: &[Line]) -> BTreeMap<u16, f32> {
    let mut widths: BTreeMap<u16, f32> = BTreeMap::new();
    for line in lines {
        let mut place = 0;
        for field in line {
            let width = f32::from(field.shares) * flow.share();
            if !field.label.is_empty() && !is_above(field, width) {
                let room = width * 0.4 - 2.0 * PAD.0;
                let size = wrap::size(flow.face, &field.label, LABEL.size, room);
                let lines = wrap::wrap(flow.face, &field.label, size, room);
                let label = lines.iter().map(|line| line.width).fold(0.0, f32::max) + 2.0 * PAD.0 + 0.1;
                let widest = widths.entry(place).or_default();
                *widest = widest.max(label);
            }
            place += field.shares;
        }
    }
    widths
}

fn is_above(field: &Field, width: f32) -> bool {
    field.above || width < NARROW * TEXT.size
}

fn boxed(flow: &Flow<'_>, text: &str, style: Style, (left, right): (f32, f32), align: Align) -> Boxed {
    let beside = PAD.0.min((right - left) / 10.0);
    let room = right - left - 2.0 * beside;
    let style = flow.set(style);
    let size = wrap::size(flow.face, text, style.size, room);
    let lines = wrap::wrap(flow.face, text, size, room);
    Boxed {
        sides: (left, right),
        row: 0,
        rows: 1,
        lines: lines.into_iter().map(|line| (line, Style { size, ..style })).collect(),
        again: Vec::new(),
        align,
        centred: false,
        repeats: false,
        shaded: false,
        differs: false,
        pad: (beside, PAD.1 * flow.spacing.pad),
        least: 0.0,
    }
}

/// Shows a picture as wide as the page, but not higher than half of it and not larger than it is at 72 dots an inch.
fn show(flow: &mut Flow<'_>, picture: &Picture, photo: Option<Photo>) {
    let Some(Photo { width, height, turn }) = photo else {
        flow.paragraph(&format!("画像を表示できません: {}", picture.description), TEXT);
        return;
    };
    let (left, right) = flow.sides();
    let scale = ((right - left) / width).min(flow.body() * 0.5 / height).min(1.0);
    let size = (width * scale, height * scale);
    flow.keep(size.1);
    let at = (left + (right - left - size.0) / 2.0, flow.y);
    flow.push(Item::Picture { at, size, turn, jpeg: Arc::clone(&picture.jpeg) });
    flow.y += size.1;
}

/// Shows lines to sign on, which all begin at the same place.
fn signature(flow: &mut Flow<'_>, before: &[String]) {
    let (left, right) = flow.sides();
    let half = (right - left) / 2.0;
    let texts: Vec<_> = before.iter().map(|text| wrap::wrap(flow.face, text, TEXT.size, half)).collect();
    let widest = texts.iter().flatten().map(|line| line.width).fold(0.0, f32::max);
    let style = flow.set(TEXT);
    let (lead, sign) = (style.height(), flow.spacing.sign);
    // A signature is not torn from its last line.
    for lines in &texts {
        let all = sign + lines.len().saturating_sub(1) as f32 * lead;
        flow.keep(all);
        flow.y += (sign - lead - 3.0).min(flow.room() - lead).max(0.0);
        for line in lines {
            if flow.room() < lead {
                flow.turn();
            }
            flow.text(line, style, (left, left + half), Align::Start, flow.y);
            flow.y += lead;
        }
        if lines.is_empty() {
            flow.y += lead;
        }
        let from = left + widest + 8.0;
        let y = flow.y + 1.0;
        flow.edges().across(y, from, (from + 250.0).min(right), Weight::Thin);
        flow.y += 3.0;
    }
}
