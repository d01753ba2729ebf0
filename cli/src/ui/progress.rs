//! A bar on stderr for work that takes its time.

use std::io::Write;

use super::layout::{pad, width_of};

/// A bar; it takes itself away when dropped. Draws nothing where stderr is no terminal.
#[derive(Debug)]
pub struct Progress {
    label: Option<String>,
    done: u64,
    total: u64,
    width: usize,
    drawn: String,
}

impl Progress {
    pub(super) fn new(label: Option<String>, total: u64, width: usize) -> Self {
        Self { label, done: 0, total, width, drawn: String::new() }
    }

    /// Counts one step; steps beyond the total change nothing.
    pub fn step(&mut self) {
        self.done = (self.done + 1).min(self.total);
        let Some(label) = &self.label else { return };
        let line = line(label, self.done, self.total, self.width);
        // Drawn only when it looks different: a thousand files are not a thousand writes.
        if line != self.drawn {
            let _ = write!(std::io::stderr(), "\r{line}");
            self.drawn = line;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if !self.drawn.is_empty() {
            let _ = write!(std::io::stderr(), "\r{}\r", " ".repeat(width_of(&self.drawn)));
        }
    }
}

/// `label [####......] 4/10`, in less than `width` columns, so that the line does not break.
fn line(label: &str, done: u64, total: u64, width: usize) -> String {
    let count = format!("{done}/{total}");
    let room = width.saturating_sub(width_of(label) + count.len() + 6).min(30);
    let filled = usize::try_from((done * room as u64).checked_div(total).unwrap_or(0)).unwrap_or(room);
    if room < 5 {
        return format!("{label} {count}");
    }
    format!("{label} [{}] {count}", pad(&"#".repeat(filled), room).replace(' ', "."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_grows_and_fits() {
        assert_eq!(line("送信", 0, 2, 40), "送信 [...........................] 0/2");
        assert_eq!(line("送信", 2, 2, 20), "送信 [#######] 2/2");
        assert_eq!(line("送信", 1, 2, 12), "送信 1/2");
        assert_eq!(line("x", 0, 0, 40).matches('#').count(), 0);
    }
}
