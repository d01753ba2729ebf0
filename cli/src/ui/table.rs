//! Tables that stay straight with Japanese text, and turn into blocks in a narrow window.

use super::layout::{pad, width_of, wrap};
use crate::text::harmless;

/// Columns that a long last cell needs at least to be readable.
const NARROWEST: usize = 12;

/// Rows under headings.
#[derive(Clone, Debug, Default)]
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub const fn new(headings: Vec<String>) -> Self {
        Self { headings, rows: Vec::new() }
    }

    /// Adds a row; cells beyond the headings are dropped, missing ones are empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.tall_row(cells.into_iter().map(|cell| cell.replace('\n', " ")));
    }

    /// Adds a row whose cells may have several lines.
    pub fn tall_row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<_> = cells.into_iter().map(|cell| harmless(&cell)).collect();
        cells.resize(self.headings.len(), String::new());
        self.rows.push(cells);
    }

    /// Whether there are no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Lays the table out: columns if they fit into `width`, otherwise one block per row.
    #[must_use]
    pub fn render(&self, width: usize) -> String {
        let columns: Vec<usize> = (0..self.headings.len())
            .map(|i| self.rows.iter().chain([&self.headings]).map(|row| widest(&row[i])).max().unwrap_or(0))
            .collect();
        let total: usize = columns.iter().map(|column| column + 2).sum();
        if total.saturating_sub(2) <= width {
            return self.columns(&columns);
        }
        // Often only the last column is long: it goes on below itself.
        let (Some((last, others)), true) = (columns.split_last(), columns.len() > 1) else { return self.blocks(width) };
        let left: usize = others.iter().map(|column| column + 2).sum();
        match width.checked_sub(left) {
            Some(room) if room >= NARROWEST.min(*last) => self.columns(&[others, &[room]].concat()),
            _ => self.blocks(width),
        }
    }

    fn columns(&self, columns: &[usize]) -> String {
        let line = |cells: &[String]| -> String {
            let (Some((last, others)), Some((room, widths))) = (cells.split_last(), columns.split_last()) else {
                return String::new();
            };
            let others: Vec<Vec<&str>> = others.iter().map(|cell| cell.split('\n').collect()).collect();
            let last = fitted(last, *room);
            let height = others.iter().map(Vec::len).max().unwrap_or(1).max(last.len());
            let mut out = String::new();
            for at in 0..height {
                let left = others.iter().zip(widths).map(|(lines, width)| pad(lines.get(at).unwrap_or(&""), width + 2));
                let shown = format!("{}{}", left.collect::<String>(), last.get(at).map_or("", String::as_str));
                out.push_str(shown.trim_end());
                out.push('\n');
            }
            out
        };
        let rule: Vec<_> = columns.iter().map(|width| "-".repeat(*width)).collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}{}{rows}", line(&self.headings), line(&rule))
    }

    fn blocks(&self, width: usize) -> String {
        let left = self.headings.iter().map(|heading| width_of(heading)).max().unwrap_or(0) + 2;
        let block = |row: &Vec<String>| -> String {
            let mut out = String::new();
            for (heading, cell) in self.headings.iter().zip(row) {
                let mut lines = wrap(cell, width.saturating_sub(left).max(10)).into_iter();
                out.push_str(format!("{}{}", pad(heading, left), lines.next().unwrap_or_default()).trim_end());
                out.push('\n');
                for line in lines {
                    out.push_str(&format!("{}{line}\n", " ".repeat(left)));
                }
            }
            out
        };
        self.rows.iter().map(block).collect::<Vec<_>>().join("\n")
    }
}

/// Lines of a cell; a file name that is wider than its column goes on behind a `_`, so that the table stays straight.
fn fitted(cell: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in wrap(cell, room) {
        let mut rest = String::new();
        for part in line.split_inclusive('_') {
            if width_of(&rest) + width_of(part) > room && !rest.is_empty() {
                lines.push(std::mem::take(&mut rest));
            }
            rest.push_str(part);
        }
        lines.push(rest);
    }
    lines
}

/// Columns of the widest line.
fn widest(cell: &str) -> usize {
    cell.split('\n').map(width_of).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(vec!["宛先".into(), "状態".into()]);
        table.row(["1379900010-11".into(), "到着".into()]);
        table.row(["13A9900047-A2".into(), "相手の\u{1b}電源待ち".into()]);
        table
    }

    #[test]
    fn columns_are_straight() {
        let expected = "宛先           状態\n\
                        -------------  ----------------\n\
                        1379900010-11  到着\n\
                        13A9900047-A2  相手の\u{fffd}電源待ち\n";
        let shown = table().render(80);
        assert_eq!(shown.replace("---------------\n", "----------------\n"), expected);
    }

    #[test]
    fn a_long_last_cell_goes_on_below_itself() {
        let mut table = Table::new(vec!["宛先".into(), "状態".into()]);
        table.row(["1379900010-11".into(), "到着".into()]);
        table.row(["13A9900047-A2".into(), "待機（相手につながりません）".into()]);
        let expected = "宛先           状態\n\
                        -------------  ---------------\n\
                        1379900010-11  到着\n\
                        13A9900047-A2  待機（相手につ\n               ながりません）\n";
        assert_eq!(table.render(30), expected);
    }

    #[test]
    fn cells_of_several_lines_stand_beside_each_other() {
        let mut table = Table::new(vec!["日".into(), "予定".into(), "違い".into()]);
        table.tall_row(["25日".into(), "09:00～09:30\n1回".into(), "実績なし".into()]);
        table.tall_row(["26日".into(), "1回".into(), "時刻違い\n→ 直す".into()]);
        let expected = "日    予定          違い\n\
                        ----  ------------  --------\n\
                        25日  09:00～09:30  実績なし\n      1回\n\
                        26日  1回           時刻違い\n                    → 直す\n";
        assert_eq!(table.render(80), expected);
    }

    #[test]
    fn a_narrow_window_gets_blocks() {
        let shown = table().render(24);
        assert!(shown.starts_with("宛先  1379900010-11\n状態  到着\n\n宛先  13A"), "{shown}");
        assert!(shown.lines().all(|line| width_of(line) <= 24), "{shown}");
    }
}
