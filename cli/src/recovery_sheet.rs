//! The recovery sheet (復旧用紙): the code that opens a directory's keys when the passphrase is
//! lost or the machine is gone, made for paper.
//!
//! The code comes from the store as text, groups joined by hyphens, the last character of each
//! checking the others; the sheet numbers the groups, because a typing error is reported by the
//! group's number, and draws the same text as a QR code.

use std::path::Path;

use zeroize::Zeroizing;

use crate::{
    error::CommandError,
    moment, msg, private_file,
    qr::{self, Medium},
    text::{Message, Text},
    ui::{Ui, layout::wrap},
};
use musubi_protocol::time::Timestamp;

/// Columns that a printer's page and every console have room for.
const WIDTH: usize = 76;
/// Groups in a line.
const GROUPS: usize = 4;

/// What stands on a sheet.
pub struct Sheet<'a> {
    /// The code, as the store gave it.
    pub code: &'a str,
    /// Whose keys it opens: the office's name and number, or the authority's name.
    pub owner: &'a str,
    /// When it was made.
    pub made: Timestamp,
}

impl Sheet<'_> {
    /// The sheet as text, for paper or for the screen.
    ///
    /// # Errors
    /// A code too long for a QR code: a fault of the program.
    pub fn render(&self, text: &Text, medium: Medium) -> Result<Zeroizing<String>, CommandError> {
        let say = |message: &Message| wrap(&text.show(message), WIDTH).join("\n");
        let rule = "=".repeat(WIDTH);
        let mut out = Zeroizing::new(String::with_capacity(8 * 1024)); // grows once at most: fewer copies in memory
        for part in [
            &rule,
            &say(&msg!("sheet-title")),
            &rule,
            "",
            &say(&msg!("sheet-owner", owner = self.owner)),
            &say(&msg!("sheet-made", time = moment::friendly(text, self.made))),
            "",
            &say(&msg!("sheet-purpose")),
            "",
            &say(&msg!("sheet-keep")),
            "",
        ] {
            out.push_str(part);
            out.push('\n');
        }
        for line in grouped(self.code).iter() {
            out.push_str(line);
            out.push('\n');
        }
        for part in ["", &say(&msg!("sheet-check")), ""] {
            out.push_str(part);
            out.push('\n');
        }
        out.push_str(&qr::drawing(self.code, medium)?);
        out.push_str(&say(&msg!("sheet-use")));
        out.push('\n');
        out.push_str(&rule);
        out.push('\n');
        Ok(out)
    }

    /// Writes the sheet to a new file that only its owner may read, or to the screen where no file
    /// is named. With `--json` a file must be named: stdout belongs to the result.
    ///
    /// # Errors
    /// An existing file, or one that cannot be written.
    pub fn hand_over(&self, ui: &mut Ui, file: Option<&Path>) -> Result<(), CommandError> {
        check_place(ui, file)?;
        let medium = if file.is_some() { Medium::Paper } else { Medium::Screen };
        let sheet = self.render(ui.text(), medium)?;
        match file {
            Some(path) => {
                private_file::create(path, sheet.as_bytes()).map_err(CommandError::writing(path))?;
                ui.note(&msg!("sheet-written", path = path));
            }
            None => ui.text_line(&sheet),
        }
        Ok(())
    }
}

/// Checks that there is a place for the sheet, before keys are made that only it would open.
///
/// # Errors
/// A file that exists already, or `--json` without a file (exit code 2).
pub fn check_place(ui: &Ui, file: Option<&Path>) -> Result<(), CommandError> {
    match file {
        Some(path) if path.symlink_metadata().is_ok() => {
            Err(CommandError::writing(path)(std::io::ErrorKind::AlreadyExists.into()))
        }
        None if ui.json() => Err(CommandError::usage(msg!("err-sheet-nowhere"))),
        _ => Ok(()),
    }
}

/// The groups with their numbers: `1  K3W9M     2  7Q2RS`.
fn grouped(code: &str) -> Zeroizing<Vec<String>> {
    let groups: Zeroizing<Vec<String>> =
        Zeroizing::new(code.split('-').enumerate().map(|(at, group)| format!("{:>6}  {group}", at + 1)).collect());
    Zeroizing::new(groups.chunks(GROUPS).map(|line| line.join("    ")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        text::Lang,
        ui::{layout::width_of, testing::ui},
    };

    const CODE: &str = "3WR4C-2MK3Y-EJ2SF-D9XRP-S7DE8-QZ0DN-3RQMB-0MB2H";

    fn sheet() -> Sheet<'static> {
        Sheet { code: CODE, owner: "みほん通所 1379900028", made: Timestamp(1_795_346_384) }
    }

    #[test]
    fn the_sheet_holds_every_group_and_fits_the_page() {
        for lang in [Lang::Ja, Lang::En] {
            let shown = sheet().render(&Text::new(lang), Medium::Paper).unwrap();
            assert!(CODE.split('-').all(|group| shown.contains(group)), "{}", *shown);
            assert!(shown.contains("みほん通所 1379900028"));
            assert!(shown.lines().all(|line| width_of(line) <= WIDTH), "{}", *shown);
        }
    }

    #[test]
    fn the_sheet_never_replaces_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sheet.txt");
        let (mut ui, out, err) = ui(Lang::Ja, true, None);
        sheet().hand_over(&mut ui, Some(&path)).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("0MB2H"));
        assert_eq!(sheet().hand_over(&mut ui, Some(&path)).unwrap_err().code(), "file-exists");
        assert_eq!(sheet().hand_over(&mut ui, None).unwrap_err().exit_code(), 2);
        let unused = dir.path().join("unused.txt");
        check_place(&ui, Some(&unused)).unwrap();
        assert!(!unused.exists());
        assert!(!out.text().contains("0MB2H") && !err.text().contains("0MB2H"));
    }
}
