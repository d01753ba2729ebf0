//! Forms for terminals: characters of one width or two, nothing else.
//!
//! A table stands in columns where they fit, or else as a list with a line per cell. Nothing is cut: what is too long goes
//! on in the next line.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::{
    sheet::{Align, Block, Cell, Line, Row, Sheet, Table},
    show::visible,
};

/// Between columns.
const GAP: &str = "  ";

/// Before what belongs to the entry above it.
const INDENT: usize = 4;

/// The narrowest terminal that texts are broken for: room for two wide characters and an indent.
const NARROWEST: usize = 20;

/// Returns a form for a terminal of so many columns; one that is narrower than 20 gets lines of 20.
#[must_use]
pub fn text(sheet: &Sheet, width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut out = Out { lines: Vec::new(), width };
    let corner = if sheet.corner.is_empty() { String::new() } else { format!("［{}］", sheet.corner) };
    out.paragraph(&format!("{corner}{}", sheet.title), 0);
    if !sheet.subtitle.is_empty() {
        out.paragraph(&sheet.subtitle, 0);
    }
    out.lines.push("=".repeat(width));
    for block in &sheet.blocks {
        match block {
            Block::Fields(lines) => lines.iter().for_each(|line| out.fields(line)),
            Block::Table(table) => out.table(table),
            Block::Heading(text) => {
                out.lines.push(String::new());
                out.paragraph(text, 0);
            }
            Block::Paragraph(text) => out.paragraph(text, 0),
            Block::Picture(picture) => out.paragraph(&format!("［画像：{}］", picture.description), 0),
            Block::Signature(before) => {
                before.iter().for_each(|text| out.paragraph(&format!("{text} ____________________"), 0));
            }
        }
    }
    if !sheet.foot.is_empty() {
        out.lines.push("-".repeat(width));
        out.paragraph(&sheet.foot, 0);
    }
    let mut all = out.lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n");
    all.push('\n');
    all
}

struct Out {
    lines: Vec<String>,
    width: usize,
}

impl Out {
    fn paragraph(&mut self, text: &str, indent: usize) {
        for line in wrapped(text, self.width - indent) {
            self.lines.push(" ".repeat(indent) + &line);
        }
    }

    /// Fields that fit stand beside each other.
    fn fields(&mut self, line: &Line) {
        let mut beside = String::new();
        for field in line {
            let shown = format!("{}：{}", field.label, field.value);
            let fits = |before: &str| before.width() + GAP.len() + shown.width() <= self.width;
            if field.above || shown.contains('\n') || self.width < shown.width() {
                self.flush(&mut beside);
                self.paragraph(&format!("{}：", field.label), 0);
                self.paragraph(&field.value, 2);
            } else if beside.is_empty() {
                beside = clean(&shown);
            } else if fits(&beside) {
                beside = beside + GAP + &clean(&shown);
            } else {
                self.flush(&mut beside);
                beside = clean(&shown);
            }
        }
        self.flush(&mut beside);
    }

    fn flush(&mut self, beside: &mut String) {
        if !beside.is_empty() {
            self.lines.push(std::mem::take(beside));
        }
    }

    fn table(&mut self, table: &Table) {
        self.lines.push(String::new());
        if table.shows_caption {
            self.paragraph(&format!("〔{}〕", table.caption), 0);
        }
        // What heads all columns is a title, and needs none of them.
        let heads_all =
            |row: &&Row| matches!(row.cells.as_slice(), [cell] if usize::from(cell.columns) == table.widths.len());
        let (titles, head): (Vec<&Row>, Vec<&Row>) = table.head.iter().partition(heads_all);
        let stripped: Table;
        let table = if titles.is_empty() {
            table
        } else {
            titles.iter().flat_map(|row| &row.cells).for_each(|cell| self.paragraph(&format!("〔{}〕", cell.text), 0));
            stripped = Table { head: head.into_iter().cloned().collect(), ..table.clone() };
            &stripped
        };
        let rows = table.head.len() + table.groups.iter().map(Vec::len).sum::<usize>();
        let grid = Grid::new(table);
        match grid.columns(self.width) {
            Some(widths) if rows > 0 => self.columns(table, &grid, &widths),
            _ => self.list(table, &grid),
        }
    }

    fn columns(&mut self, table: &Table, grid: &Grid<'_>, widths: &[usize]) {
        let rule = "-".repeat(widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1));
        for (at, row) in grid.rows.iter().enumerate() {
            if at == table.head.len() && at > 0 {
                self.lines.push(rule.clone());
            }
            let cells: Vec<Vec<String>> = row
                .iter()
                .zip(widths)
                .map(|(place, width)| match place {
                    Some((cell, true)) => wrapped(&cell.text, *width),
                    _ => Vec::new(),
                })
                .collect();
            for line in 0..cells.iter().map(Vec::len).max().unwrap_or_default() {
                let parts: Vec<String> = cells
                    .iter()
                    .zip(widths)
                    .zip(row)
                    .map(|((lines, width), place)| {
                        let shown = lines.get(line).map(String::as_str).unwrap_or_default();
                        let room = " ".repeat(width.saturating_sub(shown.width()));
                        let at_end = place.is_some_and(|(cell, _)| cell.align == Align::End);
                        if at_end { room + shown } else { shown.to_owned() + &room }
                    })
                    .collect();
                self.lines.push(parts.join(GAP));
            }
        }
    }

    /// A line for each cell that says something, after what heads its column.
    fn list(&mut self, table: &Table, grid: &Grid<'_>) {
        let heads = table.head.len();
        for row in grid.rows.iter().skip(heads) {
            let mut begins = true;
            let mut short = String::new();
            for (at, place) in row.iter().enumerate() {
                let Some((cell, true)) = place else { continue };
                if cell.text.is_empty() {
                    continue;
                }
                // What names its row needs no name.
                let label = if at > 0 && cell.heads { String::new() } else { grid.label(heads, at) };
                let shown = if label.is_empty() { cell.text.clone() } else { format!("{label}：{}", cell.text) };
                let shown = clean(&shown.replace('\n', " "));
                if begins {
                    // What goes on under cells of a row above is no new entry.
                    let sign = if at == 0 { '■' } else { '・' };
                    self.paragraph(&format!("{sign} {shown}"), 0);
                    begins = false;
                } else if cell.heads || cell.text.contains('\n') {
                    self.flush_indented(&mut short);
                    self.paragraph(&shown, INDENT);
                } else if short.is_empty() {
                    short = shown;
                } else if short.width() + GAP.len() + shown.width() + INDENT <= self.width {
                    short = short + GAP + &shown;
                } else {
                    self.flush_indented(&mut short);
                    short = shown;
                }
            }
            self.flush_indented(&mut short);
        }
        if grid.rows.len() == heads {
            let names: Vec<String> = (0..table.widths.len()).map(|at| grid.label(heads, at)).collect();
            self.paragraph(&format!("{}：なし", names.join("、")), 0);
        }
    }

    fn flush_indented(&mut self, short: &mut String) {
        if !short.is_empty() {
            let text = std::mem::take(short);
            self.paragraph(&text, INDENT);
        }
    }
}

/// A table with every place of every row: the cell that covers it, and whether it begins there.
struct Grid<'a> {
    rows: Vec<Vec<Option<(&'a Cell, bool)>>>,
}

impl<'a> Grid<'a> {
    fn new(table: &'a Table) -> Self {
        let columns = table.widths.len();
        let mut rows = Vec::new();
        for group in std::iter::once(&table.head).chain(&table.groups) {
            let first = rows.len();
            rows.extend(std::iter::repeat_n(vec![None; columns], group.len()));
            for (at, row) in group.iter().enumerate() {
                let mut column = 0;
                for cell in &row.cells {
                    while rows[first + at].get(column).is_some_and(Option::is_some) {
                        column += 1;
                    }
                    let down = usize::from(cell.rows).min(group.len() - at);
                    let right = usize::from(cell.columns);
                    for (below, line) in rows[first + at..first + at + down].iter_mut().enumerate() {
                        for (beside, place) in line.iter_mut().skip(column).take(right).enumerate() {
                            *place = Some((cell, below == 0 && beside == 0));
                        }
                    }
                    column += right;
                }
            }
        }
        Self { rows }
    }

    /// Returns what heads a column. What heads several is left out where the rest names the column all the same.
    fn label(&self, heads: usize, column: usize) -> String {
        let own = |column: usize| self.head(heads, column, |cell| cell.columns == 1);
        let mine = own(column);
        let columns = self.rows.first().map_or(0, Vec::len);
        let is_unique = !mine.is_empty() && (0..columns).filter(|&other| own(other) == mine).count() == 1;
        if is_unique { mine } else { self.head(heads, column, |_| true) }
    }

    fn head(&self, heads: usize, column: usize, counts: impl Fn(&Cell) -> bool) -> String {
        let mut texts: Vec<&str> = Vec::new();
        for row in self.rows.iter().take(heads) {
            let place = row.get(column).copied().flatten().filter(|(cell, _)| counts(cell));
            if let Some((cell, _)) = place
                && !texts.contains(&cell.text.as_str())
            {
                texts.push(&cell.text);
            }
        }
        clean(&texts.join(" ").replace('\n', " "))
    }

    /// Returns the widths that the columns need; `None` if they do not fit, or where a cell spans columns.
    ///
    /// Columns of long texts may become narrower, as long as each keeps room for ten wide characters.
    fn columns(&self, width: usize) -> Option<Vec<usize>> {
        const ENOUGH: usize = 20;
        let spans = self.rows.iter().flatten().flatten().any(|(cell, _)| cell.columns > 1);
        if spans {
            return None;
        }
        let count = self.rows.first()?.len();
        let mut widths = vec![0; count];
        for row in &self.rows {
            for (width, place) in widths.iter_mut().zip(row) {
                let Some((cell, _)) = place else { continue };
                let longest = cell.text.split('\n').map(|line| clean(line).width()).max().unwrap_or_default();
                *width = longest.max(*width);
            }
        }
        let room = width.checked_sub(GAP.len() * count.saturating_sub(1))?;
        while room < widths.iter().sum() {
            let widest = widths.iter_mut().max()?;
            if *widest <= ENOUGH {
                return None;
            }
            *widest -= 1;
        }
        Some(widths)
    }
}

/// Returns a text with a number for each character that a terminal would obey.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match visible(character) {
            Some(shown) if character != '\n' => out.push_str(&shown),
            _ => out.push(character),
        }
    }
    out
}

/// Breaks a text into lines that are at most so wide; an empty text is one line.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in clean(text).split('\n') {
        let mut now = String::new();
        let mut used = 0;
        for character in line.chars() {
            let more = character.width().unwrap_or_default();
            if used + more > width && !now.is_empty() {
                lines.push(std::mem::take(&mut now));
                used = 0;
            }
            now.push(character);
            used += more;
        }
        lines.push(now);
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(wrapped("あいうab", 4), ["あい", "うab"]);
        assert_eq!(wrapped("ﾊﾝｶｸ", 4), ["ﾊﾝｶｸ"]);
        assert_eq!(wrapped("a\n\nb", 4), ["a", "", "b"]);
        assert_eq!(wrapped("", 4), [""]);
    }

    #[test]
    fn what_heads_several_columns_is_left_out_where_the_rest_is_enough() {
        let row = |cells: Vec<Cell>| Row { cells, strong: false };
        let table = Table {
            caption: String::new(),
            shows_caption: false,
            widths: vec![10, 10, 10, 10],
            head: vec![
                row(vec![Cell::head("甲").columns(2), Cell::head("乙").columns(2)]),
                row(["名", "日", "所", "日"].map(Cell::head).into()),
            ],
            groups: Vec::new(),
            small: false,
        };
        let grid = Grid::new(&table);
        assert_eq!([0, 1, 2, 3].map(|column| grid.label(2, column)), ["名", "甲 日", "所", "乙 日"]);
    }

    proptest! {
        #[test]
        fn nothing_is_dropped_or_too_wide(of in "[あ-ん漢字ｱ-ﾝa-z①㈱～|\\n<> ]{0,80}", width in 2usize..30) {
            let lines = wrapped(&of, width);
            prop_assert!(lines.iter().all(|line| line.width() <= width));
            prop_assert_eq!(lines.concat(), of.replace('\n', ""));
        }
    }
}
